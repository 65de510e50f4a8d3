"""Dates of open requests follow the calendar: what an announcement concerns is computed anew (DOMAIN "Deadlines")."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from app.core.work import Work
from app.domain import holidays as calendars
from app.domain.calendar import Calendar
from app.domain.deadlines import Schedule, rescheduled, schedule
from app.models.rights_request import RightsRequest
from app.policies.overlay import overlaid
from app.repositories import holidays, overlay, rights_requests
from app.services import escalation, events, reminders
from app.services.events import EventType
from app.services.rights_requests import extended_days, record, rule_of, schedule_of, step

BATCH = 100
LATER = timedelta(seconds=1)
"""So long after a request is looked at again of which a task was in other hands."""
DATES = ("decide_by", "decide_by_internal", "complete_by", "complete_by_internal")


async def calendar(work: Work) -> Calendar:
    """The newest calendar, for dates that are kept: none is published until the unit of work ends.

    So a request that is received while holidays are announced is either found by that announcement, or knows of it.
    """
    connection = await work.driver()
    await overlay.lock_shared(connection)
    entries = await overlay.entries_after(connection, work.pack.overlay_entries)
    return Calendar.of(overlaid(work.pack, entries))


async def mark(work: Work, before: Calendar, after: Calendar, days: Sequence[date], *, provisional: bool) -> int:
    """Mark the open requests that a change of these days may concern; tells how many. The calendar is locked."""
    changed = calendars.changed_days(before, after, days)
    furthest = [calendars.furthest(before, day) for day in changed]
    return await holidays.mark_concerned(work, changed, furthest, provisional=provisional)


async def reschedule_next(work: Work, *, wait: bool = False) -> bool:
    """Compute the dates of some marked requests anew, and tell of those that change; their tasks follow what is sooner.

    False: none is marked.
    """
    if await holidays.first_marked(work) is None:
        return False
    now_known = await calendar(work)  # before the rows, in the order that whoever publishes keeps
    marked = await holidays.lock_marked(work, BATCH, wait=wait)
    for request in marked:
        reschedule(work, request, now_known)
    passed_over = await escalation.bring_forward(work, [one for one in marked if one.closed_at is None])
    for request in marked:
        request.reschedule_at = work.now + LATER if request.id in passed_over else None
    return bool(marked)


async def next_reschedule(work: Work) -> datetime | None:
    """Since when the next marked request waits."""
    return await holidays.first_marked(work)


def dates_of(work: Work, request: RightsRequest, now_known: Calendar) -> Schedule:
    """The deadlines of a request by this calendar, with its extension and the days that its clock stood still."""
    rule = rule_of(work, request.kind, request.scope)
    extended = extended_days(rule, request)
    return schedule(rule, request.received_on, now_known, extended_days=extended, paused_days=request.paused_days)


def reschedule(work: Work, request: RightsRequest, now_known: Calendar) -> None:
    """Compute the dates of a request anew, and tell of it if they change; a closed one keeps its own."""
    if request.closed_at is not None:
        return
    anew = dates_of(work, request, now_known)
    before = schedule_of(request)
    after = rescheduled(before, anew, work.today, decided=request.decided_at is not None)
    if after == before:
        return
    take_over(request, after)
    request.version += 1
    if after == replace(before, provisional=after.provisional):
        return
    reminders.plan(work, request, reminders.unfired_since(work, request))
    _tell(work, request, before, after)


def take_over(request: RightsRequest, dates: Schedule) -> None:
    """Give a request its new dates; while its clock stands still none of them counts."""
    request.decide_by, request.decide_by_internal = dates.decide_by, dates.decide_by_internal
    request.complete_by, request.complete_by_internal = dates.complete_by, dates.complete_by_internal
    due_on = dates.decide_by if request.decided_at is None else dates.complete_by
    request.due_on = due_on if request.paused_on is None else date.max
    request.provisional = dates.provisional


def _tell(work: Work, request: RightsRequest, before: Schedule, after: Schedule) -> None:
    old, new = ({name: getattr(dates, name).isoformat() for name in DATES} for dates in (before, after))
    rights_requests.add(work, step(work, request.id, EventType.REQUEST_RESCHEDULED, before=old, after=new))
    events.announce(
        work,
        EventType.REQUEST_RESCHEDULED,
        request_id=str(request.id),
        kind=request.kind,
        subject_ref=request.subject_ref,
        before=old,
        after=new,
    )
    record(work, request, EventType.REQUEST_RESCHEDULED, before=old, after=new)
