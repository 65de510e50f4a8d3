"""Which requests are to be reminded of, and which reminders were given: each once, whoever gives it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col

from app.core.work import Work
from app.models.rights_request import RightsRequest
from app.repositories import set_aside

GIVE = """
INSERT INTO request_reminder (request_id, deadline, mark, due_on, addressees, fired_at)
SELECT request_id, deadline, mark, due_on, string_to_array(addressees, ','), $6
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::date[], $5::text[])
    AS given (request_id, deadline, mark, due_on, addressees)
ON CONFLICT DO NOTHING RETURNING request_id, deadline, mark
"""


class Given(NamedTuple):
    """A reminder of a request; `due_on`: the legal date that it is about."""

    request_id: UUID
    deadline: str
    mark: int
    due_on: date
    addressees: Sequence[str]


async def lock_due(work: Work, limit: int, *, wait: bool) -> Sequence[RightsRequest]:
    """Requests of which it is time to remind, the longest due first; without `wait` past those that others hold."""
    at = col(RightsRequest.next_reminder_at)
    order = [at, col(RightsRequest.id)]
    return await set_aside.take(work, "reminder", RightsRequest, [at <= work.now], order=order, limit=limit, wait=wait)


async def first_due(work: Work) -> datetime | None:
    """When the next request is to be reminded of."""
    return await set_aside.first(work, "reminder", RightsRequest, col(RightsRequest.next_reminder_at))


async def give(work: Work, reminders: Sequence[Given]) -> frozenset[tuple[UUID, str, int]]:
    """Keep reminders; tells which of them were not given before."""
    if not reminders:
        return frozenset()
    await work.session.flush()
    driver = await work.driver()
    rows = await driver.fetch(
        GIVE,
        [one.request_id for one in reminders],
        [one.deadline for one in reminders],
        [one.mark for one in reminders],
        [one.due_on for one in reminders],
        [",".join(one.addressees) for one in reminders],
        work.now,
    )
    return frozenset((row["request_id"], row["deadline"], row["mark"]) for row in rows)
