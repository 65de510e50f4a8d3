"""The sandbox: a clock that partners move, an outbox that they read, and a reset (API 12). Absent in production."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from app.core.work import Work
from app.domain.errors import FieldError, InvalidInput
from app.repositories import outbox, process, rights_requests
from app.services import consent_expiry, identity, keys
from app.services.events import key_of

OUTBOX_LIMIT = 200
LATEST = datetime(2201, 1, 1, 14, tzinfo=UTC)
"""The end of the last day that the API can name, anywhere on earth."""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that would have been sent."""

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
    while (due := await _next_due(work)) is not None and due[0] <= until:
        at, happen = due
        await happen(replace(work, now=at))
        await work.transaction.flush()


async def _next_due(work: Work) -> tuple[datetime, Callable[[Work], Awaitable[object]]] | None:
    """What falls due first, and when."""
    due = [(await identity.next_lapse(work), _lapse), (await consent_expiry.next_expiry(work), _expire)]
    return min(((at, happen) for at, happen in due if at is not None), key=lambda pair: pair[0], default=None)


async def _lapse(work: Work) -> None:
    await rights_requests.lock_oldest_unproven(work)
    await identity.lapse_next(work)


async def _expire(work: Work) -> None:
    await consent_expiry.expire_next(work, wait=True)


async def reset(work: Work) -> None:
    """Empty the sandbox, as freshly migrated, with the real clock."""
    await process.reset_sandbox(work)
    work.session.expire_all()
