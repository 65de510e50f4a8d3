"""Deadlines of rights requests: a pure function of receipt, rule and calendar (Civil Code 193/3, 193/7, 193/8).

Nothing here is stored as a status: whether a request is overdue is asked of today's date.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.domain.calendar import Calendar
from app.domain.periods import ends_on
from app.domain.policy import IdentityRule, Period, RightRule

DUE_SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class Schedule:
    """The days by which a request is to be decided and carried out.

    The internal dates are the last working days on or before the raw day. `provisional`: a year without a list of
    holidays was involved.
    """

    received_on: date
    decide_by: date
    decide_by_internal: date
    complete_by: date
    complete_by_internal: date
    provisional: bool


class SlaState(StrEnum):
    """How a request stands against its deadline."""

    ON_TRACK = "on_track"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    MET = "met"
    MISSED = "missed"


def schedule(
    rule: RightRule, received_on: date, calendar: Calendar, *, extended_days: int = 0, paused_days: int = 0
) -> Schedule:
    """The deadlines of a request received on `received_on`; that day is not counted.

    `extended_days` go on from the old last day of deciding and carry the completion along only where it would come
    first; `paused_days` put both off. A right with 0 days is due on the day itself, working day or not.
    """
    decide_days = rule.decide_within + extended_days + paused_days
    complete_days = max(rule.complete_within + paused_days, decide_days)
    decide, complete = (_Due.after(received_on, days, calendar) for days in (decide_days, complete_days))
    return Schedule(
        received_on=received_on,
        decide_by=decide.legal,
        decide_by_internal=decide.internal,
        complete_by=complete.legal,
        complete_by_internal=complete.internal,
        provisional=decide.provisional or complete.provisional,
    )


def stops_on(
    rule: RightRule, standing: Schedule, today: date, *, extended_days: int = 0, paused_days: int = 0
) -> date | None:
    """The day with which the clock stops when the subject is asked something `today`; None: it runs on.

    It runs on without the pack's leave, and once it has run out. Where nothing but days off is left of the time to decide,
    it has stopped with the last day that counted: so who asks in time has time left after the answer.
    """
    if not rule.pause_for_information or today > standing.decide_by:
        return None
    days = rule.decide_within + extended_days + paused_days
    return min(today, ends_on(standing.received_on, Period(days=days)))


def waited(stopped_on: date, today: date) -> int:
    """The days that a clock stood still which goes on `today`: those after the one with which it stopped, today included."""
    return max((today - stopped_on).days, 0)


@dataclass(frozen=True, slots=True)
class _Due:
    legal: date
    internal: date
    provisional: bool

    @classmethod
    def after(cls, received_on: date, days: int, calendar: Calendar) -> "_Due":
        if days == 0:
            return cls(received_on, received_on, provisional=False)
        raw = ends_on(received_on, Period(days=days))
        legal = calendar.next_working_day(raw)
        internal = max(calendar.last_working_day(raw), received_on)
        return cls(legal, internal, any(calendar.is_provisional(day) for day in (internal, raw, legal)))


def rescheduled(standing: Schedule, anew: Schedule, today: date, *, decided: bool) -> Schedule:
    """The schedule after the calendar has changed.

    What was decided keeps the dates of deciding. No date is brought forward to where it would lie in the past: who was in
    time when the calendar changed is in time still.
    """
    return Schedule(
        received_on=standing.received_on,
        decide_by=standing.decide_by if decided else moved(standing.decide_by, anew.decide_by, today),
        decide_by_internal=standing.decide_by_internal
        if decided
        else moved(standing.decide_by_internal, anew.decide_by_internal, today),
        complete_by=moved(standing.complete_by, anew.complete_by, today),
        complete_by_internal=moved(standing.complete_by_internal, anew.complete_by_internal, today),
        provisional=anew.provisional,
    )


def moved(standing: date, anew: date, today: date) -> date:
    """A date after the calendar has changed: not brought forward to where it would lie in the past."""
    return standing if anew < min(standing, today) else anew


def due_by(schedule: Schedule, decided_on: date | None) -> date:
    """The legal date that counts now: of the decision, and once that is made of the completion."""
    return schedule.decide_by if decided_on is None else schedule.complete_by


def days_left(schedule: Schedule, today: date, decided_on: date | None) -> int:
    """Days from `today` to the date that counts; negative when overdue."""
    return (due_by(schedule, decided_on) - today).days


def sla_state(
    schedule: Schedule,
    today: date,
    decided_on: date | None = None,
    closed_on: date | None = None,
    *,
    lapsed: bool = False,
    paused: bool = False,
) -> SlaState:
    """How the request stands. A closed one has met or missed its dates; one that lapsed left nothing to decide: met.

    While its clock stands still (`paused`) it is neither due nor overdue.
    """
    if closed_on is not None:
        ended_by = decided_on or closed_on
        in_time = ended_by <= schedule.decide_by and (decided_on is None or closed_on <= schedule.complete_by)
        return SlaState.MET if in_time or lapsed else SlaState.MISSED
    if paused:
        return SlaState.ON_TRACK
    left = days_left(schedule, today, decided_on)
    if left < 0:
        return SlaState.OVERDUE
    return SlaState.DUE_SOON if left <= DUE_SOON_DAYS else SlaState.ON_TRACK


def lapses_on(rule: IdentityRule, received_on: date) -> date:
    """The first day on which a request whose identity is still unproven has lapsed."""
    return ends_on(received_on, Period(days=rule.lapse_days + 1))
