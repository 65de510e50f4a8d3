"""A part of a result on the wire: read record by record, for the whole of it may not fit into memory."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from app.core.json_items import ItemSplitter, ItemTooLong
from app.core.spool import BLOCK, Spool, Spooled
from app.core.strict_json import MAX_DEPTH, loads
from app.domain.errors import FieldError, InvalidInput
from app.schemas.tasks import MOST_RECORDS, CollectedIn
from app.schemas.types import error_code, pointer
from app.services.parts import Incoming

PART_LIMIT = 64 * 1024 * 1024
PART_NAME = "^[A-Za-z0-9._-]+$"
RECORD_LIMIT = 1024 * 1024
MOST_FAULTS = 100


def parts_schema() -> dict[str, Any]:
    """What a part holds."""
    records = {"$ref": "#/components/schemas/CollectedIn"}
    return {"type": "array", "maxItems": MOST_RECORDS, "items": records}


def incoming(body: Spooled) -> Incoming:
    """A part as the service takes it."""
    assert isinstance(body.content, tuple), "read by read_part"  # noqa: S101  (the route says so)
    return Incoming(body.spool, body.content)


async def read_part(spool: Spool) -> tuple[str, ...]:
    """The references of the records in a part, in order, each checked as those of `result.records` are.

    In a thread of its own, for the loop serves others meanwhile. Raises `MalformedJson`, `InvalidInput` with the first
    hundred faults.
    """
    return await asyncio.to_thread(_read, spool)


def _read(spool: Spool) -> tuple[str, ...]:
    refs: list[str] = []
    faults: list[FieldError] = []
    try:
        for text in _items(spool):
            position = len(refs)
            ref, wrong = _record(text, position)
            refs.append(ref)
            faults += wrong
            if position == MOST_RECORDS:
                faults.append(FieldError("", "too_long"))
            if len(faults) >= MOST_FAULTS or position == MOST_RECORDS:
                break
    except ItemTooLong as error:
        faults.append(FieldError(f"/{error.position}", "too_long"))
    if faults:
        raise InvalidInput(faults)
    return tuple(refs)


def _items(spool: Spool) -> Iterator[bytes]:
    splitter = ItemSplitter(RECORD_LIMIT)
    for number, block in enumerate(spool.blocks()):
        if number == 0:
            _check_is_array(block)
        yield from splitter.feed(block)
    splitter.close()


def _check_is_array(beginning: bytes) -> None:
    """What begins as something else is another type, or no JSON at all."""
    begins = beginning.lstrip(b" \t\r\n")[:1]
    if len(beginning) < BLOCK and begins != b"[":
        loads(beginning)
        raise InvalidInput([FieldError("", "wrong_type")])


def _record(text: bytes, position: int) -> tuple[str, Sequence[FieldError]]:
    try:
        return CollectedIn.model_validate(loads(text, max_depth=MAX_DEPTH - 1)).record_ref, ()
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return "", [FieldError(pointer(("body", position, *one["loc"])), error_code(one["type"])) for one in found]
