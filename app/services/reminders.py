"""Reminders of deadlines: each once, whatever the number of workers, at the start of its day in Bangkok (DOMAIN "Deadlines").

A request knows when it is next to be reminded of. So a look at what is due costs what is due, not what is open.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from app.core.clock import start_of, today_in_bangkok
from app.core.work import Work
from app.domain.deadlines import Schedule
from app.domain.reminders import Addressee, Deadline, Reminder, addressees, deadline_of, first_from, reminders
from app.models.rights_request import RightsRequest
from app.repositories import reminders as given
from app.repositories import rights_requests
from app.repositories.reminders import Given
from app.services import events, messages
from app.services.events import EventType
from app.services.rights_requests import record, schedule_of, step

BATCH = 100
"""So many requests at most are reminded of in one unit of work."""


def plan(work: Work, request: RightsRequest, since: date) -> None:
    """Set when the request is next to be reminded of: by what falls on `since` or later. A closed or paused one is left alone."""
    runs = request.closed_at is None and request.paused_on is None
    coming = first_from(*_dates(request), since) if runs else None
    if coming is None:
        request.next_reminder_at = None
    elif coming.on == work.today:
        request.next_reminder_at = max(start_of(coming.on), work.now)
    else:
        request.next_reminder_at = start_of(coming.on)


def unfired_since(work: Work, request: RightsRequest) -> date:
    """The first day of which a reminder may still be owed: today, or when the one fell due that was not given yet."""
    owed = request.next_reminder_at
    return work.today if owed is None else min(work.today, today_in_bangkok(owed))


async def remind_next(work: Work, *, wait: bool = False) -> bool:
    """Give the reminders that are due of some requests, those missed while nobody looked too. False: none is due."""
    due = await given.lock_due(work, BATCH, wait=wait)
    owed = [(request, reminder) for request in due for reminder in _owed(work, request)]
    fresh = await given.give(work, [_given(request, reminder) for request, reminder in owed])
    for request, reminder in owed:
        if (request.id, _deadline(request), reminder.mark) in fresh:
            await _tell(work, request, reminder)
    for request in due:
        plan(work, request, work.today + timedelta(days=1))
    return bool(due)


async def next_reminder(work: Work) -> datetime | None:
    """When the next reminder falls due, or should have: the start of a day in Bangkok."""
    return await given.first_due(work)


def _owed(work: Work, request: RightsRequest) -> Iterator[Reminder]:
    since = unfired_since(work, request)
    return (one for one in reminders(*_dates(request)) if since <= one.on <= work.today)


def _dates(request: RightsRequest) -> tuple[date, date]:
    """The internal and the legal date that the request runs against now."""
    dates: Schedule = schedule_of(request)
    if request.decided_at is None:
        return dates.decide_by_internal, dates.decide_by
    return dates.complete_by_internal, dates.complete_by


def _deadline(request: RightsRequest) -> Deadline:
    return deadline_of(extended=request.extensions > 0, decided=request.decided_at is not None)


def _given(request: RightsRequest, reminder: Reminder) -> Given:
    told = addressees(reminder, assigned=request.assigned_to is not None)
    return Given(request.id, _deadline(request), reminder.mark, _dates(request)[1], told)


async def _tell(work: Work, request: RightsRequest, reminder: Reminder) -> None:
    """One event, whoever it is for; the timeline and the audit log say the same, and an e-mail to each whose address is known."""
    event = EventType.REQUEST_OVERDUE if reminder.overdue else EventType.REQUEST_DUE_SOON
    due_on = _dates(request)[1]
    told = addressees(reminder, assigned=request.assigned_to is not None)
    detail = {
        "deadline": Deadline.COMPLETE if request.decided_at is not None else Deadline.DECIDE,
        "due_on": due_on.isoformat(),
        "days_left": (due_on - reminder.on).days,
        "mark": reminder.mark,
        "addressees": list(told),
    }
    assigned_to = request.assigned_to if Addressee.ASSIGNEE in told else None  # may be somebody's address: in no event
    rights_requests.add(work, step(work, request.id, event, **detail, assigned_to=assigned_to))
    events.announce(
        work,
        event,
        request_id=str(request.id),
        reference=request.reference,
        kind=request.kind,
        subject_ref=request.subject_ref,
        **detail,
    )
    record(work, request, event, **detail, assigned_to=assigned_to)
    await messages.remind_officers(
        work, told, "overdue" if reminder.overdue else "due_soon", request.reference, request
    )
