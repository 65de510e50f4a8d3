"""PDF by Typst: offline, with the fonts that ship, the same bytes for the same content."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from typst import Fonts, PDFStandard

STANDARDS: list["PDFStandard"] = ["a-2a", "ua-1"]
"""PDF/A-2a to be kept, PDF/UA-1 to be read by everybody."""
log = structlog.get_logger("sitthi.documents")


def pdf(template: str, content: Mapping[str, object], *, at: int) -> bytes:
    """A document of a template of this package, named without its ending, made at an instant (seconds since 1970).

    The content reaches the template as data, so no text in it is ever read as markup. A text with characters that the
    font lacks, which the standards forbid, is set without them. It takes time: not for the event loop.
    """
    import typst  # noqa: PLC0415  (84 MB that many processes never need)

    source = _source(template)
    inputs = {"content": json.dumps(content, ensure_ascii=False)}
    try:
        return typst.compile(
            source,
            format="pdf",
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs=inputs,
            pdf_standards=STANDARDS,
            timestamp=at,
        )
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
    log.warning("pdf_without_standards", template=template)
    return typst.compile(
        source, format="pdf", font_paths=_fonts(), ignore_system_fonts=True, sys_inputs=inputs, timestamp=at
    )


@cache
def _source(template: str) -> bytes:
    return files(__package__).joinpath(f"{template}.typ").read_bytes()


@cache
def _fonts() -> "Fonts":
    import typst  # noqa: PLC0415  (as above)

    folder = files("fontpkg_sarabun").joinpath("files")
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
