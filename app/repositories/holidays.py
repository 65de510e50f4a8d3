"""Requests whose dates a change of the calendar touches, and the years that it was warned of."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import col

from app.core.work import Work
from app.models.rights_request import RightsRequest
from app.repositories import process, set_aside

MARKING_SECONDS = 120.0
"""Longer than other statements may take: a list of a year concerns all that is open, and can't be published in parts."""
MARK = """
WITH changed AS (SELECT * FROM unnest($1::date[], $2::date[]) AS changed (day, furthest)),
concerned AS (
    SELECT r.id FROM changed JOIN rights_request r ON r.decide_by BETWEEN day AND furthest
    WHERE r.decide_by_internal <= day AND r.decided_at IS NULL AND r.closed_at IS NULL
    UNION SELECT r.id FROM changed JOIN rights_request r ON r.complete_by BETWEEN day AND furthest
    WHERE r.complete_by_internal <= day AND r.closed_at IS NULL
    UNION SELECT r.id FROM rights_request r WHERE $3 AND r.provisional AND r.closed_at IS NULL
),
held AS (SELECT r.id FROM rights_request r JOIN concerned USING (id) ORDER BY r.id FOR NO KEY UPDATE OF r)
UPDATE rights_request SET reschedule_at = $4 FROM held WHERE held.id = rights_request.id
"""
WARNED_FROM = """
SELECT year FROM holiday_warning WHERE year >= $1
UNION SELECT object_id::integer FROM set_aside WHERE kind = 'missing_holidays' AND until > now()
"""
WARN = "INSERT INTO holiday_warning (year, warned_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING year"


async def mark_concerned(work: Work, changed: Sequence[date], furthest: Sequence[date], *, provisional: bool) -> int:
    """Mark the open requests that changed days may concern, each with the last date for which it matters, and tell how many.

    `provisional`: besides, all whose dates were computed without a list of holidays.
    """
    await work.session.flush()
    await process.bound_statements(work, MARKING_SECONDS)
    driver = await work.driver()
    done = await driver.execute(MARK, changed, furthest, provisional, work.now, timeout=MARKING_SECONDS)
    return int(done.rpartition(" ")[2])


async def lock_marked(work: Work, limit: int, *, wait: bool) -> Sequence[RightsRequest]:
    """Requests whose dates are to be computed anew; without `wait` past those that others hold."""
    at = col(RightsRequest.reschedule_at)
    order = [at, col(RightsRequest.id)]
    return await set_aside.take(
        work, "rescheduling", RightsRequest, [at <= work.now], order=order, limit=limit, wait=wait
    )


async def first_marked(work: Work) -> datetime | None:
    """Since when the first of them waits."""
    return await set_aside.first(work, "rescheduling", RightsRequest, col(RightsRequest.reschedule_at))


async def warned_from(work: Work, year: int) -> Sequence[int]:
    """The years from this one on that it was warned of, or that are set aside."""
    return [row["year"] for row in await (await work.driver()).fetch(WARNED_FROM, year)]


async def warn(work: Work, year: int) -> bool:
    """Keep that it was warned of a year; False: it was before."""
    work.in_hand.take("missing_holidays", year)
    return await (await work.driver()).fetchval(WARN, year, work.now) is not None
