"""Open rights requests, counted."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from app.core.work import Work

_GAUGES = """
SELECT kind, count(*)::int AS open,
       (count(*) FILTER (WHERE due_on BETWEEN $1 AND $2))::int AS due_soon,
       (count(*) FILTER (WHERE due_on < $1))::int AS overdue
FROM rights_request WHERE closed_at IS NULL GROUP BY kind
"""


class Gauge(NamedTuple):
    """How many requests of one right are open, and of these due soon and overdue."""

    kind: str
    open: int
    due_soon: int
    overdue: int


async def gauges(work: Work, due_soon_days: int) -> Sequence[Gauge]:
    """Open requests by right."""
    rows = await (await work.driver()).fetch(_GAUGES, work.today, work.today + timedelta(days=due_soon_days))
    return [Gauge(*row) for row in rows]
