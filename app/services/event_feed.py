"""The feed of events: positions given after the commit, so that a reader's cursor passes over nothing.

Transactions commit in another order than that in which their events got their ids. So an event gets its position only
once it is visible, under a lock that holds until the positions themselves are: whoever has read up to a position has
seen all below it. In the same transaction each webhook endpoint that wants the event gets its delivery.

A worker gives positions each second; a reader does too before it reads, so that it finds what has just happened.
A cursor names the event at its position too: in a database that was reset or restored another may stand there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.database import is_lost
from app.core.paging import decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.errors import BadCursor
from app.models.outbox import OutgoingEvent
from app.repositories import event_feed
from app.services import webhook_deliveries
from app.services.events import EventType

BATCH = 500
_SCOPE = "events"


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Some events, and from where to go on; None while there has never been one."""

    items: Sequence[OutgoingEvent]
    next_after: str | None


async def sequence_next(work: Work) -> bool:
    """Give some committed events their positions and their deliveries. False: none waits, or somebody else does it."""
    if not await event_feed.try_lock(work):
        return False
    found = await event_feed.number(work, BATCH)
    await webhook_deliveries.fan_out(work, found)
    return bool(found)


async def page(work: Work, event_type: EventType | None, after: str | None, limit: int) -> FeedPage:
    """Events beyond a cursor, in the order in which they became visible; a cursor fits every filter.

    Raises `BadCursor`, also for one from before a reset or from a database that was lost.
    """
    beyond = await _position_in(work, after) if after else 0
    await _sequence_if_possible(work)
    horizon = await event_feed.horizon(work)
    items = await event_feed.page(work, event_type, beyond, limit)
    last = items[-1].position or 0 if items else 0
    reached = last if len(items) == limit else max(last, horizon)
    return FeedPage(items, await _cursor_at(work, reached) if reached else None)


async def _sequence_if_possible(work: Work) -> None:
    """An event that fails keeps nobody from reading the others: the worker finds it and sets it aside."""
    try:
        async with work.part():
            await sequence_next(work)
    except Exception as error:
        if is_lost(error):
            raise


async def _position_in(work: Work, cursor: str) -> int:
    position, event_id = decode_cursor(work.ring, _SCOPE, cursor)
    if await event_feed.id_at(work, int(position)) != UUID(event_id):
        raise BadCursor
    return int(position)


async def _cursor_at(work: Work, position: int) -> str:
    return encode_cursor(work.ring, _SCOPE, [str(position), str(await event_feed.id_at(work, position))])
