"""Reminders of the deadlines of deletion cases: each once, on the days of those of requests (PDPA s.20; policy clause 13)."""

from datetime import date, datetime, timedelta
from uuid import UUID

from app.core.clock import start_of, today_in_bangkok
from app.core.work import Work
from app.domain.calendar import Calendar
from app.domain.deadlines import moved
from app.domain.deletion_cases import decide_by
from app.domain.reminders import Reminder, addressees, first_from, reminders
from app.repositories import deletion_case_reminders as given
from app.repositories.deletion_case_reminders import DueCase
from app.services import audit, events, messages, rescheduling
from app.services.events import EventType

BATCH = 20
"""So many cases at most are looked at in one unit of work."""


async def follow(work: Work, case_id: UUID, due_on: date) -> None:
    """Let a new case be looked at once it can be seen: holidays that are announced just now don't know of it yet."""
    await given.plan(work, case_id, due_on, work.now)


async def look_again(work: Work) -> None:
    """Let the dates of all open cases be computed anew, because the calendar has changed."""
    await given.look_again(work)


async def remind_next(work: Work, *, wait: bool = False) -> bool:
    """Give the reminders that are due of some cases, by their dates as the calendar is now. False: none is due."""
    first = await given.first_due(work)
    if first is None or first > work.now:
        return False
    now_known = await rescheduling.calendar(work)  # before the cases, in the order that whoever publishes keeps
    due = await given.lock_due(work, BATCH, wait=wait)
    for case in due:
        due_on = _reschedule(work, case, now_known)
        since = min(work.today, today_in_bangkok(case.next_reminder_at))
        owed = [one for one in reminders(due_on, due_on) if since <= one.on <= work.today]
        fresh = await given.give(work, case.id, due_on, [one.mark for one in owed])
        for reminder in owed:
            if reminder.mark in fresh:
                await _tell(work, case, reminder, due_on)
        coming = first_from(due_on, due_on, work.today + timedelta(days=1))
        await given.plan(work, case.id, due_on, start_of(coming.on) if coming is not None else None)
    return bool(due)


async def next_reminder(work: Work) -> datetime | None:
    """When the next case is to be reminded of, or should have been."""
    return await given.first_due(work)


def _reschedule(work: Work, case: DueCase, now_known: Calendar) -> date:
    """The last day for dealing with a case, told of where the calendar has moved it."""
    anew = decide_by(today_in_bangkok(case.found_at), now_known)
    due_on = moved(case.decide_by, anew, work.today)
    if due_on != case.decide_by:
        _announce(
            work,
            EventType.DELETION_CASE_RESCHEDULED,
            case,
            before=case.decide_by.isoformat(),
            after=due_on.isoformat(),
        )
    return due_on


async def _tell(work: Work, case: DueCase, reminder: Reminder, due_on: date) -> None:
    """One event, the same in the audit log, and an e-mail to the officers: a case is assigned to nobody."""
    told = addressees(reminder, assigned=False)
    event = EventType.DELETION_CASE_OVERDUE if reminder.overdue else EventType.DELETION_CASE_DUE_SOON
    _announce(
        work,
        event,
        case,
        due_on=due_on.isoformat(),
        days_left=(due_on - reminder.on).days,
        mark=reminder.mark,
        addressees=list(told),
    )
    await messages.remind_officers(work, told, "case_overdue" if reminder.overdue else "case_due_soon", str(case.id))


def _announce(work: Work, event: EventType, case: DueCase, **detail: object) -> None:
    events.announce(work, event, case_id=str(case.id), subject_ref=case.subject_ref, reason=case.reason, **detail)
    audit.record(work, event, "deletion_case", case.id, subject_ref=case.subject_ref, reason=case.reason, **detail)
