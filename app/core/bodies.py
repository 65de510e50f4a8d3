"""Takes in the body of a request up to a limit: whole into memory, or into a spool that is read at once."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

from starlette.requests import ClientDisconnect, Request

from app.core.edge import CallerGone
from app.core.spool import Spool, Spooled, SpoolReader
from app.core.strict_json import check_content_encoding, check_content_type
from app.domain.errors import InvalidInput, MalformedJson, Unavailable, UnsupportedMediaType

STREAM = "application/octet-stream"
Unfit = InvalidInput | MalformedJson | UnsupportedMediaType
Received = bytes | Spooled | Unfit | None
"""A body: its bytes, or where they are spooled; what is wrong with a spooled one; None for more than the limit."""


async def bounded(request: Request, limit: int) -> bytes | None:
    """All of it; None for more than the limit, as soon as that is known. Raises `CallerGone`."""
    if _declares_more(request, limit):
        return None
    received = bytearray()
    async for piece in _stream(request):
        received += piece
        if len(received) > limit:
            return None
    return bytes(received)


@asynccontextmanager
async def whole(request: Request, limit: int) -> AsyncIterator[Received]:
    """The same, as a block; a GET has none."""
    yield await bounded(request, limit) if request.method != "GET" else b""


@asynccontextmanager
async def spooled(request: Request, limit: int, directory: Path, read: SpoolReader) -> AsyncIterator[Received]:
    """The body in a spool, for as long as the block lasts. Raises `CallerGone`, `Unavailable` where the disk is full."""
    with _on_disk(), closing(Spool(directory)) as spool:
        yield await _read(request, spool, read) if await _fill(spool, request, limit) else None


@contextmanager
def _on_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable from error


async def _fill(spool: Spool, request: Request, limit: int) -> bool:
    if _declares_more(request, limit):
        return False
    received = 0
    async for piece in _stream(request):
        received += len(piece)
        if received > limit:
            return False
        spool.write(piece)
    spool.flush()
    return True


async def _read(request: Request, spool: Spool, read: SpoolReader) -> Spooled | Unfit:
    try:
        _check_streamed(request)
        return Spooled(spool, await read(spool))
    except (InvalidInput, MalformedJson, UnsupportedMediaType) as error:
        return error


def check_kind(request: Request) -> None:
    """Take JSON alone, and not compressed. Raises `UnsupportedMediaType`."""
    check_content_type(request.headers.get("content-type"))
    check_content_encoding(request.headers.get("content-encoding"))


def _check_streamed(request: Request) -> None:
    """The same, but that a stream may be called one, or nothing: what it holds is read as JSON all the same."""
    if request.headers.get("content-type", STREAM) != STREAM:
        check_content_type(request.headers.get("content-type"))
    check_content_encoding(request.headers.get("content-encoding"))


def _declares_more(request: Request, limit: int) -> bool:
    declared = request.headers.get("content-length", "0")
    return declared.isdecimal() and int(declared[:20]) > limit


async def _stream(request: Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect:
        raise CallerGone from None
