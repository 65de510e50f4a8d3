"""The clock of a request stands still while the subject is asked, where the pack lets it: the Act itself stops none (LAW B2)."""

from datetime import date

from app.core.work import Work
from app.domain.calendar import Calendar
from app.domain.deadlines import stops_on, waited
from app.models.rights_request import RightsRequest
from app.services import reminders, rescheduling
from app.services.rights_requests import extended_days, rule_of, schedule_of


def pause(work: Work, request: RightsRequest) -> None:
    """Stop the clock of a request whose subject is asked now. What the pack does not let stop runs on, and so what is overdue."""
    rule = rule_of(work, request.kind, request.scope)
    extended = extended_days(rule, request)
    request.paused_on = stops_on(
        rule, schedule_of(request), work.today, extended_days=extended, paused_days=request.paused_days
    )
    if request.paused_on is not None:
        request.due_on, request.next_reminder_at = date.max, None


def resume(work: Work, request: RightsRequest) -> None:
    """Let the clock go on, by an answer or whatever else ends the wait: its dates lie as many days later as it stood still.

    An announcement of holidays that is made meanwhile is looked for once more.
    """
    if request.paused_on is None:
        return
    request.paused_days += waited(request.paused_on, work.today)
    request.paused_on = None
    request.due_on = request.decide_by
    rescheduling.reschedule(work, request, Calendar.of(work.pack))
    reminders.plan(work, request, work.today)
    request.reschedule_at = work.now
