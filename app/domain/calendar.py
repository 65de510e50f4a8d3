"""Working days of the controller, and dates as people read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from app.domain.policy import PolicyPack

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_BUDDHIST_ERA = 543
_THAI_MONTHS = (
    *("มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน"),
    *("กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม"),
)
_ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True)
class Calendar:
    """Which days count as working days: not weekends, not holidays of the pack, corrected by announcements.

    A year without a list knows weekends, `fixed` dates (month, day) and announcements only: it is provisional.
    """

    holidays: Mapping[int, frozenset[date]]
    fixed: frozenset[tuple[int, int]]
    announced: frozenset[date] = frozenset()
    cancelled: frozenset[date] = frozenset()

    @classmethod
    def of(cls, pack: PolicyPack) -> Self:
        """The calendar of a policy, with the days that were announced or cancelled since its lists were made."""
        said = pack.announced_days.values()
        return cls(
            holidays={year: frozenset(listed.days) for year, listed in pack.holidays.items()},
            fixed=frozenset((holiday.month, holiday.day) for holiday in pack.fixed_holidays),
            announced=frozenset(one.day for one in said if not one.cancelled),
            cancelled=frozenset(one.day for one in said if one.cancelled),
        )

    def is_working_day(self, day: date) -> bool:
        """Whether the controller's office is open on `day`."""
        if day.weekday() >= _SATURDAY or day in self.announced:
            return False
        if day in self.cancelled:
            return True
        if self.is_provisional(day):
            return (day.month, day.day) not in self.fixed
        return day not in self.holidays[day.year]

    def is_provisional(self, day: date) -> bool:
        """Whether the list of holidays for the year of `day` is still missing."""
        return day.year not in self.holidays

    def next_working_day(self, day: date) -> date:
        """The first working day on or after `day` (Civil Code 193/8)."""
        while day < date.max and not self.is_working_day(day):
            day += _ONE_DAY
        return day

    def last_working_day(self, day: date) -> date:
        """The last working day on or before `day`."""
        while day > date.min and not self.is_working_day(day):
            day -= _ONE_DAY
        return day


def thai_date(day: date) -> str:
    """`day` in words, in the Buddhist era: 15 มกราคม 2573."""
    return f"{day.day} {_THAI_MONTHS[day.month - 1]} {day.year + _BUDDHIST_ERA}"


def english_date(day: date) -> str:
    """`day` in words, in the Common Era: 15 January 2030."""
    return f"{day.day} {_ENGLISH_MONTHS[day.month - 1]} {day.year}"
