"""How requests stood and stand against their deadlines, counted in the database: reports over many, no decision about one."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from app.core.work import Work

_REGISTER = """
WITH told AS (
    SELECT kind, date_trunc('month', received_on)::date AS month,
           CASE WHEN status IN ('cancelled', 'lapsed') THEN status ELSE coalesce(outcome, 'open') END AS outcome,
           closed_at IS NULL AS open, due_on, received_on, decide_by, complete_by,
           (decided_at AT TIME ZONE 'Asia/Bangkok')::date AS decided_on,
           CASE WHEN status IN ('refused', 'completed') THEN (closed_at AT TIME ZONE 'Asia/Bangkok')::date END AS completed_on
    FROM rights_request
    WHERE received_on BETWEEN $1 AND $2 AND ($3::text IS NULL OR kind = $3)
)
SELECT kind, month, outcome,
       count(*)::int AS received,
       (count(*) FILTER (WHERE decided_on <= decide_by))::int AS decided_in_time,
       (count(*) FILTER (WHERE decided_on > decide_by))::int AS decided_late,
       (count(*) FILTER (WHERE completed_on <= complete_by))::int AS completed_in_time,
       (count(*) FILTER (WHERE completed_on > complete_by))::int AS completed_late,
       (count(*) FILTER (WHERE open))::int AS open,
       (count(*) FILTER (WHERE open AND due_on < $4))::int AS overdue,
       (count(*) FILTER (WHERE outcome = 'lapsed'))::int AS lapsed,
       (count(*) FILTER (WHERE outcome = 'cancelled'))::int AS cancelled,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY decided_on - received_on) AS median_days_to_decide,
       max(decided_on - received_on) AS max_days_to_decide
FROM told GROUP BY kind, month, outcome ORDER BY kind, month, outcome
"""
_GAUGES = """
SELECT kind, count(*)::int AS open,
       (count(*) FILTER (WHERE due_on BETWEEN $1 AND $2))::int AS due_soon,
       (count(*) FILTER (WHERE due_on < $1))::int AS overdue
FROM rights_request WHERE closed_at IS NULL GROUP BY kind
"""


class Figures(NamedTuple):
    """Requests of one right that were received in one month and had one outcome; `open`, `lapsed` and `cancelled` are such."""

    kind: str
    month: date
    outcome: str
    received: int
    decided_in_time: int
    decided_late: int
    completed_in_time: int
    completed_late: int
    open: int
    overdue: int
    lapsed: int
    cancelled: int
    median_days_to_decide: int | None
    max_days_to_decide: int | None


class Gauge(NamedTuple):
    """How many requests of one right are open, and of these due soon and overdue."""

    kind: str
    open: int
    due_soon: int
    overdue: int


async def figures(work: Work, since: date, until: date, kind: str | None) -> Sequence[Figures]:
    """The requests received from one day to another, both included."""
    rows = await (await work.driver()).fetch(_REGISTER, since, until, kind, work.today)
    return [Figures(*row) for row in rows]


async def gauges(work: Work, due_soon_days: int) -> Sequence[Gauge]:
    """Open requests by right, from one index alone."""
    rows = await (await work.driver()).fetch(_GAUGES, work.today, work.today + timedelta(days=due_soon_days))
    return [Gauge(*row) for row in rows]
