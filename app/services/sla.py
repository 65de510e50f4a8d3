"""How the deadlines of rights requests are kept."""

from collections.abc import Sequence
from datetime import timedelta

from app.core.work import Work
from app.repositories import sla

SOON = timedelta(days=7)


async def gauges(work: Work) -> Sequence[tuple[str, str, int]]:
    """How many requests of each right are open, due soon, and overdue: right, state, count."""
    return [
        (right, state, count)
        for right, *counts in await sla.count_open(work, soon=work.today + SOON)
        for state, count in zip(("open", "due_soon", "overdue"), counts, strict=True)
    ]
