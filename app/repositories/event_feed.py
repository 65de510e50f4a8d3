"""Events in the order in which they became visible."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, func, select

from app.core.work import Work
from app.models.outbox import OutgoingEvent
from app.repositories import set_aside

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('event_feed', 0))"
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('event_feed', 0))"
HORIZON = "SELECT coalesce(max(position), 0) FROM outgoing_event WHERE position IS NOT NULL"
WAITING = """
SELECT id FROM outgoing_event WHERE position IS NULL
  AND id::text NOT IN (SELECT object_id FROM set_aside WHERE kind = 'outgoing_event' AND until > now())
ORDER BY id LIMIT $1
"""
NUMBER = """
UPDATE outgoing_event AS event SET position = $1 + place
FROM unnest($2::uuid[]) WITH ORDINALITY AS waiting (id, place) WHERE event.id = waiting.id
RETURNING event.id, event.type, event.occurred_at, event.data::text AS data
"""


class Sequenced(NamedTuple):
    """An event that has its position now; `data` is JSON text."""

    id: UUID
    type: str
    occurred_at: datetime
    data: str


async def lock(work: Work) -> None:
    """Let nobody give positions until the unit of work ends; who does now is waited for."""
    await (await work.driver()).execute(LOCK)


async def try_lock(work: Work) -> bool:
    """The same without waiting; False: somebody gives positions just now."""
    return bool(await (await work.driver()).fetchval(TRY_LOCK))


async def horizon(work: Work) -> int:
    """The highest position; 0 where there is no event."""
    return int(await (await work.driver()).fetchval(HORIZON))


async def id_at(work: Work, position: int) -> UUID | None:
    """The event at a position; None: there is no such position."""
    statement = select(OutgoingEvent.id).where(OutgoingEvent.position == position)
    return (await work.session.exec(statement)).one_or_none()


async def number(work: Work, limit: int) -> Sequence[Sequenced]:
    """Give committed events without a position the next ones, in the order of their ids. The feed is locked."""
    driver = await work.driver()
    waiting = [row["id"] for row in await driver.fetch(WAITING, work.in_hand.room(limit))]
    if not waiting:
        return ()
    work.in_hand.take("outgoing_event", *waiting)
    rows = await driver.fetch(NUMBER, await horizon(work), waiting)
    return sorted(Sequenced(*row) for row in rows)


async def page(work: Work, event_type: str | None, after: int, limit: int) -> Sequence[OutgoingEvent]:
    """Events beyond a position, in order."""
    position = col(OutgoingEvent.position)
    statement = select(OutgoingEvent).where(position > after).order_by(position).limit(limit)
    if event_type is not None:
        statement = statement.where(OutgoingEvent.type == event_type)
    return (await work.session.exec(statement)).all()


async def first_waiting(work: Work) -> datetime | None:
    """When the first event that has no position yet occurred."""
    sound = set_aside.is_sound("outgoing_event", OutgoingEvent)
    statement = select(func.min(OutgoingEvent.occurred_at)).where(col(OutgoingEvent.position).is_(None), sound)
    return (await work.session.exec(statement)).one()
