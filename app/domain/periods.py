"""Calendar periods as the Civil Code counts them (193/3, 193/5)."""

import re
from calendar import monthrange
from datetime import MAXYEAR, date, timedelta

from app.domain.policy import Period

_ISO = re.compile(r"P([1-9][0-9]{0,4})([YMD])")
_ONE_DAY = timedelta(days=1)


def parse_period(iso: str) -> Period:
    """The period that an ISO 8601 duration of one unit names: `P10Y`, `P6M`, `P90D`; any other text is a ValueError."""
    match = _ISO.fullmatch(iso)
    if match is None:
        raise ValueError(f"not a period of whole years, months or days: {iso!r}")
    count, unit = int(match[1]), match[2]
    return Period(
        years=count if unit == "Y" else 0, months=count if unit == "M" else 0, days=count if unit == "D" else 0
    )


def ends_on(trigger: date, period: Period) -> date:
    """The last day of a period whose first day is the day after `trigger`; `date.max` when it lies beyond the calendar.

    Years and months end on the day before the day that corresponds to the first; where the last month lacks that
    day, on its last day, and nothing is subtracted.
    """
    try:
        if period.days:
            return trigger + timedelta(days=period.days)
        first = trigger + _ONE_DAY
    except OverflowError:
        return date.max
    months = first.year * 12 + (first.month - 1) + period.years * 12 + period.months
    year, month = months // 12, months % 12 + 1
    if year > MAXYEAR:
        return date.max
    try:
        return date(year, month, first.day) - _ONE_DAY
    except ValueError:
        return date(year, month, monthrange(year, month)[1])
