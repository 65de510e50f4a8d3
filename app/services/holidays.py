"""Holidays: what is known of a year, and what the cabinet announces while the service runs (LAW E4; DOMAIN "Deadlines")."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

import structlog

from app.core.clock import start_of
from app.core.database import is_lost
from app.core.work import Work
from app.domain import holidays as calendars
from app.domain.calendar import Calendar
from app.domain.errors import FieldError, InvalidInput
from app.domain.policy import Bilingual, PolicyPack
from app.policies.overlay import HOLIDAYS, Entry, overlaid
from app.repositories import holidays, overlay, process
from app.services import audit, deletion_case_reminders, events, messages, rescheduling
from app.services.events import EventType

AT_ONCE = 5
"""So many batches of requests are rescheduled with the announcement itself; the loop does the rest."""
log = structlog.get_logger("sitthi.holidays")


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day that is off, or was and is not any more. `origin`: `list`, `fixed_date` or `announcement`."""

    day: date
    label: Bilingual
    origin: str
    cancelled: bool
    source: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Year:
    """What is known of a year. `provisional`: its list is missing. `missing`: years whose list should be there by now."""

    year: int
    provisional: bool
    source: str | None
    verified: bool
    missing: list[int]
    items: list[Holiday]


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the DPO says of days. `year`: `announced` is the whole list of that year."""

    source: str
    reason: str
    announced: tuple[tuple[date, Bilingual], ...]
    cancelled: tuple[date, ...]
    year: int | None


@dataclass(frozen=True, slots=True)
class Announced:
    """What came of an announcement. `concerned`: open requests whose dates are computed anew."""

    announcement: Announcement
    announced_at: datetime
    policy: str
    concerned: int


def read(work: Work, year: int | None) -> Year:
    """The holidays of a year, by default this one, in order."""
    wanted = work.today.year if year is None else year
    listed = work.pack.holidays.get(wanted)
    return Year(
        year=wanted,
        provisional=listed is None,
        source=listed.source if listed else None,
        verified=listed.verified if listed else False,
        missing=missing(work),
        items=sorted(_days(work.pack, wanted), key=lambda one: one.day),
    )


def missing(work: Work) -> list[int]:
    """The years whose list should be there by now and is not."""
    return calendars.missing_years(Calendar.of(work.pack), work.today)


def _days(pack: PolicyPack, year: int) -> list[Holiday]:
    said = {day: one for day, one in pack.announced_days.items() if day.year == year}
    listed = pack.holidays.get(year)
    if listed is not None:
        known = [Holiday(day, label, "list", False, listed.source, None) for day, label in listed.days.items()]
    else:
        fixed = ((date(year, one.month, one.day), one.label) for one in pack.fixed_holidays)
        known = [Holiday(day, label, "fixed_date", False, None, None) for day, label in fixed]
    announced = [
        Holiday(one.day, one.label, "announcement", one.cancelled, one.source, one.reason) for one in said.values()
    ]
    return [one for one in known if one.day not in said] + announced


async def announce(work: Work, asked: Announcement) -> Announced:
    """Announce holidays or cancel them, for good, or give the list of a whole year. Raises `InvalidInput`.

    Open requests that it concerns get their new dates at once, or within moments where there are many of them.
    """
    _check(asked, work.today)
    connection = await work.driver()
    await overlay.lock(connection)
    before = overlaid(work.pack, await overlay.entries_after(connection, work.pack.overlay_entries))
    entry = Entry(HOLIDAYS, _content(asked), work.now)
    after = overlaid(before, [entry])
    await overlay.append(connection, after.overlay_entries, entry, work.actor.sub)
    anew = replace(work, pack=after)
    await process.remember_policy(anew)
    concerned = await _reschedule(anew, Calendar.of(before), asked)
    _tell(anew, asked, concerned)
    return Announced(asked, work.now, after.sha256, concerned)


async def _reschedule(work: Work, before: Calendar, asked: Announcement) -> int:
    after = Calendar.of(work.pack)
    named = [day for day, _ in asked.announced] + list(asked.cancelled)
    days = list(calendars.days_of(asked.year)) if asked.year is not None else named
    first_list = asked.year is not None and asked.year not in before.holidays
    concerned = await rescheduling.mark(work, before, after, days, provisional=first_list)
    await deletion_case_reminders.look_again(work)
    for _ in range(AT_ONCE if concerned else 0):
        if not await _reschedule_some(work):
            break
    return concerned


async def _reschedule_some(work: Work) -> bool:
    """A request whose dates can't be computed holds up no announcement: the loop finds it, sets it aside, and does the rest."""
    try:
        async with work.part():
            return await rescheduling.reschedule_next(work)
    except Exception as error:
        if is_lost(error):
            raise
        return False


def _check(asked: Announcement, today: date) -> None:
    """Each day once, all of them in the year of a list; what is past is not cancelled, for nobody could keep to it."""
    days = [(f"/announced/{at}/day", day) for at, (day, _) in enumerate(asked.announced)]
    cancelled = [(f"/cancelled/{at}", day) for at, day in enumerate(asked.cancelled)]
    faults, seen = [], set()
    for pointer, day in [*days, *cancelled]:
        if day in seen:
            faults.append(FieldError(pointer, "not_allowed"))
        elif asked.year is not None and day.year != asked.year:
            faults.append(FieldError(pointer, "out_of_range"))
        seen.add(day)
    faults += [FieldError(pointer, "out_of_range") for pointer, day in cancelled if day < today]
    if asked.year is not None and cancelled:
        faults.append(FieldError("/cancelled", "not_allowed"))
    if asked.year is not None and asked.year < today.year:
        faults.append(FieldError("/year", "out_of_range"))
    if not seen:
        faults.append(FieldError("/announced", "missing"))
    if faults:
        raise InvalidInput(faults)


def _content(asked: Announcement) -> dict[str, Any]:
    return {
        "source": asked.source,
        "reason": asked.reason,
        "announced": [{"day": day.isoformat(), "label": asdict(label)} for day, label in asked.announced],
        "cancelled": [day.isoformat() for day in asked.cancelled],
        "year": asked.year,
    }


def _tell(work: Work, asked: Announcement, concerned: int) -> None:
    told: dict[str, Any] = {
        "announced": [day.isoformat() for day, _ in asked.announced],
        "cancelled": [day.isoformat() for day in asked.cancelled],
        "year": asked.year,
        "requests": concerned,
    }
    events.announce(work, EventType.HOLIDAYS_ANNOUNCED, **told)
    audit.record(work, EventType.HOLIDAYS_ANNOUNCED, "holidays", work.pack.overlay_entries, **told)


async def warn_next(work: Work, *, wait: bool = False) -> bool:  # noqa: ARG001  (nothing is held)
    """Warn, once for each year, that a list of holidays is missing three months ahead. False: nothing to warn of."""
    year = await _unlisted(work)
    if start_of(calendars.missed_from(year)) > work.now or not await holidays.warn(work, year):
        return False
    log.warning("holidays_missing", year=year)
    events.announce(work, EventType.HOLIDAYS_MISSING, year=year)
    audit.record(work, EventType.HOLIDAYS_MISSING, "holidays", year)
    await messages.tell_officer(work, "holidays_missing", str(year))
    return True


async def next_warning(work: Work) -> datetime | None:
    """When the next missing list is warned of, or should have been."""
    return start_of(calendars.missed_from(await _unlisted(work)))


async def _unlisted(work: Work) -> int:
    warned = await holidays.warned_from(work, work.today.year)
    return calendars.next_unlisted(Calendar.of(work.pack), work.today, warned)
