"""How the deadlines of rights requests are kept."""

from collections.abc import Sequence

from app.core.work import Work
from app.domain.vocabulary import RequestKind
from app.repositories import sla
from app.repositories.sla import Gauge

__all__ = ["Gauge", "gauges"]
DUE_SOON_DAYS = 7


async def gauges(work: Work) -> Sequence[Gauge]:
    """Of each right, how many requests are open, due within a week, and overdue; a right without any is 0 of each."""
    found = {gauge.kind: gauge for gauge in await sla.gauges(work, DUE_SOON_DAYS)}
    return [found.get(kind, Gauge(kind, 0, 0, 0)) for kind in RequestKind]
