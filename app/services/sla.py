"""Deadlines kept and missed: the register of service levels, and what is open now."""

from collections.abc import Sequence
from datetime import date

from app.core.work import Work
from app.domain.deadlines import DUE_SOON_DAYS
from app.domain.errors import FieldError, InvalidInput
from app.domain.vocabulary import RequestKind
from app.repositories import sla
from app.repositories.sla import Figures, Gauge

__all__ = ["Figures", "Gauge", "gauges", "register"]
MOST_YEARS = 10
_DECEMBER = 12


async def register(work: Work, since: date | None, until: date | None, kind: RequestKind | None) -> Sequence[Figures]:
    """Figures by right, month of receipt and outcome; by default of the twelve months that end with this one.

    Raises `InvalidInput` where the end lies before the beginning, or more than ten years after it.
    """
    last = until or work.today
    first = since or (date(last.year, 1, 1) if last.month == _DECEMBER else date(last.year - 1, last.month + 1, 1))
    if not first <= last or last.year - first.year > MOST_YEARS:
        raise InvalidInput([FieldError("/query/until", "out_of_range")])
    return await sla.figures(work, first, last, kind)


async def gauges(work: Work) -> Sequence[Gauge]:
    """Of each right, how many requests are open, due within a week, and overdue; a right without any is 0 of each."""
    found = {gauge.kind: gauge for gauge in await sla.gauges(work, DUE_SOON_DAYS)}
    return [found.get(kind, Gauge(kind, 0, 0, 0)) for kind in RequestKind]
