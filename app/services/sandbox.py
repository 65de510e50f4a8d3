"""The sandbox: a clock that partners move, an outbox that they read, and a reset (API 12). Absent in production."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from app.core.work import ANONYMOUS, SYSTEM, Work, Works
from app.domain.errors import FieldError, InvalidInput
from app.repositories import outbox, process
from app.services import keys, set_aside
from app.services.due import DUE, Due
from app.services.message_delivery import key_of

OUTBOX_LIMIT = 200
PATIENCE = timedelta(seconds=30)
"""So long a move of the clock is waited for; the loop goes on with what is left."""
AT_ONCE, SECONDS_AT_ONCE = 50, 1.0
"""So many things that fall due come about in one unit of work, and none begins later: whoever else moves the clock waits."""
LATEST = datetime(2201, 1, 1, 14, tzinfo=UTC)
"""The end of the last day that the API can name, anywhere on earth."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Where the clock is. `catching_up`: not yet where it is moved to."""

    now: datetime
    catching_up: bool


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


async def move_clock(works: Works, request_id: str, *, advance: timedelta | None, at: datetime | None) -> Moved:
    """Shift the sandbox's clock; it ticks on from there. Returns when what fell due has happened, or after `PATIENCE`.

    One unit of work after another, so that a crash loses nothing, and who reads meanwhile sees the clock where it has
    come to. A move that another finds under way is finished first. Raises `InvalidInput` beyond `LATEST`.
    """
    latest = works.clock.now() + PATIENCE
    await _catch_up(works, request_id, latest)
    async with works.open(SYSTEM, request_id) as work:
        aim = await _aim(work, advance, at)
    if await _catch_up(works, request_id, latest):
        return Moved(aim, catching_up=False)
    async with works.open(ANONYMOUS, request_id) as work:
        return Moved(work.now, catching_up=True)


async def _catch_up(works: Works, request_id: str, latest: datetime) -> bool:
    """Whether the clock has come to where it is moved to; not, when patience ends before."""

    async def go_on(works: Works) -> bool:
        async with works.open(SYSTEM, request_id) as work:
            return await catch_up(work)

    while await set_aside.doing(works, request_id, go_on) is not False:
        if works.clock.now() >= latest:
            return False
    return True


async def _aim(work: Work, advance: timedelta | None, at: datetime | None) -> datetime:
    """Note where the clock is to be moved, from where it is or is already being moved to."""
    row = await process.lock_sandbox(work)
    offset = row.clock_offset if row.catching_up_to is None else row.catching_up_to
    aim = at if at is not None else work.real_now + offset + (advance or timedelta(0))
    if aim > LATEST:
        raise InvalidInput([FieldError("/advance" if at is None else "/at", "out_of_range")])
    row.catching_up_to = aim - work.real_now
    return aim


async def catch_up(work: Work) -> bool:
    """Let some of what falls due on the way happen, in order, each at its own instant, the clock with it.

    False: the clock has come to where it was moved to, or it was not moved.
    """
    row = await process.lock_sandbox(work)
    if row.catching_up_to is None:
        return False
    aim = work.real_now + row.catching_up_to
    tries, latest = 0, time.monotonic() + SECONDS_AT_ONCE
    while _goes_on(work, tries, latest):
        first = await _first_due(work)
        if first is None or first[0] > aim:
            row.clock_offset, row.catching_up_to = row.catching_up_to, None
            return False
        at, due = first
        more = True
        while more and _goes_on(work, tries, latest):
            more = await due.happen(replace(work, now=at), wait=True)
            await work.transaction.flush()
            tries += 1
        row.clock_offset = max(row.clock_offset, at - work.real_now)
    return True


def _goes_on(work: Work, tries: int, latest: float) -> bool:
    return tries == 0 or (tries < AT_ONCE and not work.in_hand.is_full and time.monotonic() < latest)


async def is_catching_up(work: Work) -> bool:
    """Whether the clock is being moved: what falls due comes about by that alone."""
    return await process.is_catching_up(work)


async def _first_due(work: Work) -> tuple[datetime, Due] | None:
    """What falls due first, and when."""
    waiting = [(await due.next_at(work), due) for due in DUE]
    return min(((at, due) for at, due in waiting if at is not None), key=lambda pair: pair[0], default=None)


async def reset(work: Work) -> None:
    """Empty the sandbox, as freshly migrated, with the real clock; a move of the clock that is under way ends.

    In a transaction that has read nothing yet: it waits for all that have, and none of these may wait for it.
    """
    await work.begin_again()
    await process.reset_sandbox(work)
    work.session.expire_all()
