"""The sandbox: a clock that partners move, an outbox that they read, and a reset (API 12). Absent in production."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from app.core.work import Work
from app.domain.errors import FieldError, InvalidInput
from app.repositories import outbox, process
from app.services import keys
from app.services.due import DUE, Due
from app.services.message_delivery import key_of

OUTBOX_LIMIT = 200
LATEST = datetime(2201, 1, 1, 14, tzinfo=UTC)
"""The end of the last day that the API can name, anywhere on earth."""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that was sent, or would have been."""

    at: datetime
    subject_ref: str
    via: str
    to: str
    kind: str
    code: str | None
    text: str


async def read_outbox(work: Work, subject_ref: str | None) -> list[SentMessage]:
    """Codes and messages that would have been sent, newest first."""
    sent = []
    for message in await outbox.messages_for(work, subject_ref, OUTBOX_LIMIT):
        place = f"message/{message.id}"
        content = await keys.unseal(work, message.subject_ref, key_of(message.kind), message.content, place)
        if isinstance(content, Mapping):
            sent.append(
                SentMessage(
                    at=message.at,
                    subject_ref=message.subject_ref,
                    via=message.via,
                    to=content["to"],
                    kind=message.kind,
                    code=content.get("code"),
                    text=content["text"],
                )
            )
    return sent


async def move_clock(work: Work, *, advance: timedelta | None, at: datetime | None) -> datetime:
    """Shift the sandbox's clock; it ticks on from there. Returns its new instant, after what fell due has happened.

    Raises `InvalidInput` where that would be after `LATEST`.
    """
    row = await process.lock_sandbox(work)
    before = work.real_now + row.clock_offset
    after = at if at is not None else before + (advance or timedelta(0))
    if after > LATEST:
        raise InvalidInput([FieldError("/advance" if at is None else "/at", "out_of_range")])
    row.clock_offset = after - work.real_now
    await _catch_up(work, after)
    return after


async def _catch_up(work: Work, until: datetime) -> None:
    """Let everything happen that falls due up to an instant, in order, each at its own."""
    while (first := await _first_due(work)) is not None and first[0] <= until:
        at, due = first
        await due.happen(replace(work, now=at), wait=True)
        await work.transaction.flush()


async def _first_due(work: Work) -> tuple[datetime, Due] | None:
    """What falls due first, and when."""
    waiting = [(await due.next_at(work), due) for due in DUE]
    return min(((at, due) for at, due in waiting if at is not None), key=lambda pair: pair[0], default=None)


async def reset(work: Work) -> None:
    """Empty the sandbox, as freshly migrated, with the real clock."""
    await process.reset_sandbox(work)
    work.session.expire_all()
