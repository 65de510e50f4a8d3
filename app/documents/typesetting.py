"""PDF by Typst: offline, with the fonts that ship, the same bytes for the same content."""

import asyncio
import ctypes
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from typst import Fonts, PDFStandard

STANDARDS: list["PDFStandard"] = ["a-2a", "ua-1"]
"""PDF/A-2a to be kept, PDF/UA-1 to be read by everybody."""
LARGE = 100_000
"""Characters of content after which memory is given back at once: tens of megabytes."""
FORGOTTEN_AFTER = 12
"""The compiler keeps what it worked out until as many documents made no use of it."""
log = structlog.get_logger("sitthi.documents")
_one_at_a_time = ThreadPoolExecutor(max_workers=1, thread_name_prefix="typesetting")


async def typeset(template: str, content: Mapping[str, object], *, at: int) -> bytes:
    """The same as `pdf`, beside the event loop, one document at a time: that bounds what memory they take."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_one_at_a_time, lambda: pdf(template, content, at=at))


def pdf(template: str, content: Mapping[str, object], *, at: int) -> bytes:
    """A document of a template of this package, named without its ending, made at an instant (seconds since 1970).

    The content reaches the template as data, so no text in it is ever read as markup. A text with characters that the
    font lacks, which the standards forbid, is set without them. It takes time: not for the event loop.
    """
    import typst  # noqa: PLC0415  (84 MB that many processes never need)

    told = json.dumps(content, ensure_ascii=False)
    try:
        return _compile(_source(template), told, at, STANDARDS)
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
        log.warning("pdf_without_standards", template=template)
        return _compile(_source(template), told, at, [])
    finally:
        if len(told) > LARGE:
            _forget()


def _compile(source: bytes, told: str, at: int, standards: list["PDFStandard"]) -> bytes:
    import typst  # noqa: PLC0415  (as above)

    return typst.compile(
        source,
        format="pdf",
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"content": told},
        pdf_standards=standards,
        timestamp=at,
    )


def _forget() -> None:
    """Let the compiler forget what it worked out, and give the memory back to the system where the C library can."""
    for _ in range(FORGOTTEN_AFTER):
        _compile(b"", "", 0, [])
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@cache
def _source(template: str) -> bytes:
    return files(__package__).joinpath(f"{template}.typ").read_bytes()


@cache
def _fonts() -> "Fonts":
    import typst  # noqa: PLC0415  (as above)

    folder = files("fontpkg_sarabun").joinpath("files")
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
