"""What a pack says of the controller and of the days on which it is closed."""

import re
from collections.abc import Iterator

from app.domain.policy import OfficeHours, PolicyPack
from app.domain.reminders import ADDRESS
from app.policies.scalars import FIRST_BUDDHIST_YEAR
from app.policies.yaml_source import Finding

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def the_controller_can_be_reached(pack: PolicyPack) -> Iterator[Finding]:
    """Opening hours that open before they close, on days of the week, clauses that say who it is, an address that is one."""
    if pack.controller.management is not None and not ADDRESS.fullmatch(pack.controller.management):
        yield Finding(("controller", "management"), "no e-mail address")
    if pack.controller.office_hours is not None:
        yield from _hours_are_hours(pack.controller.office_hours)
    if not pack.controller.clauses:
        yield Finding(("controller", "clauses"), "missing citation: the clauses that name the controller")


def _hours_are_hours(hours: OfficeHours) -> Iterator[Finding]:
    for index, day in enumerate(hours.days):
        if day not in WEEK:
            yield Finding(("controller", "office_hours", "days", str(index)), f"`{day}` is none of: {', '.join(WEEK)}")
    times = {"opens": hours.opens, "closes": hours.closes}
    odd = [name for name, text in times.items() if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text)]
    for name in odd:
        yield Finding(("controller", "office_hours", name), f"`{times[name]}` is not a time like 08:30")
    if not odd and hours.opens >= hours.closes:
        yield Finding(("controller", "office_hours", "closes"), "closes before it opens")


def holidays_lie_in_their_year(pack: PolicyPack) -> Iterator[Finding]:
    """Each holiday belongs to the year of its list; fixed ones exist in every year."""
    for year, holidays in pack.holidays.items():
        at = ("holidays", str(year))
        if year >= FIRST_BUDDHIST_YEAR:
            yield Finding(at, f"`{year}` is a Buddhist-era year: write {year - 543}")
            continue
        for day in holidays.days:
            if day.year != year:
                yield Finding((*at, "days", day.isoformat()), f"`{day.isoformat()}` is not in {year}")
    days = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    for index, fixed in enumerate(pack.fixed_holidays):
        if not (1 <= fixed.month <= 12 and 1 <= fixed.day <= days[fixed.month - 1]):
            yield Finding(("fixed_holidays", str(index)), "not a day of every year")
