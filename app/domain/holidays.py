"""Changes of the calendar while the service runs: which days they touch, and when the next year's list is missed (LAW E4)."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from app.domain.calendar import Calendar

_ONE_DAY = timedelta(days=1)
_DECEMBER = 12


def changed_days(before: Calendar, after: Calendar, days: Iterable[date]) -> list[date]:
    """Those of the days that were working days and no more are, or the other way round."""
    return [day for day in days if before.is_working_day(day) != after.is_working_day(day)]


def furthest(calendar: Calendar, day: date) -> date:
    """The last day that a deadline can have for which `day` matters, by the calendar that the deadline was computed with.

    Between its internal and its legal date lie days off alone: either `day` is one of them, or one of those two itself.
    """
    return calendar.next_working_day(day + _ONE_DAY)


def days_of(year: int) -> Iterator[date]:
    """Every day of a year."""
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += _ONE_DAY


def missed_from(year: int) -> date:
    """The day from which it is warned that the list of a year is missing: three months ahead."""
    return date(year - 1, _DECEMBER - 2, 1)


def missing_years(calendar: Calendar, today: date) -> list[int]:
    """The years whose list is missing and should be there by now: this one, and from October on the next."""
    wanted = [today.year, today.year + 1] if today >= missed_from(today.year + 1) else [today.year]
    return [year for year in wanted if year not in calendar.holidays]


def next_unlisted(calendar: Calendar, today: date, warned: Iterable[int]) -> int:
    """The first year from this one on that has no list and was not warned of."""
    known = {*calendar.holidays, *warned}
    year = today.year
    while year in known:
        year += 1
    return year
