"""Tasks that need somebody's eye: those that keep failing, and those not done when their request is nearly due. Each once."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from app.core.clock import BANGKOK
from app.core.work import Work
from app.models.rights_request import RightsRequest, Task
from app.repositories import rights_requests, tasks
from app.services import audit, events, messages
from app.services.events import EventType
from app.services.rights_requests import step

FAILURES = 5
"""So often a task may fail before it is escalated; a lease that runs out counts as a failure."""
BEFORE = timedelta(days=1)
PATIENCE = timedelta(hours=4)
"""A task that is made late has this long before it is escalated."""


def due_at(due_on: date, made_at: datetime) -> datetime:
    """When a task that is to be done by a day is escalated if it is not: a day before."""
    return max(_day_before(due_on), made_at + PATIENCE)


def _day_before(due_on: date) -> datetime:
    return datetime.combine(due_on - BEFORE, time(), BANGKOK).astimezone(UTC)


async def bring_forward(work: Work, requests: Sequence[RightsRequest]) -> Collection[UUID]:
    """Let tasks be escalated sooner where their requests are due sooner now.

    Returns the requests of which a task is in other hands just now: it is passed over, for whoever completes a task waits
    for its request, which is locked here.
    """
    due = {request.id: _day_before(request.complete_by_internal) for request in requests}
    return await tasks.bring_escalation_forward(work, due, PATIENCE)


async def failed(work: Work, task: Task, failures: int) -> None:
    """Escalate a task that has failed too often."""
    if failures >= FAILURES and task.escalated_at is None:
        await _escalate(work, task, "failures")


async def escalate_next(work: Work, *, wait: bool = False) -> bool:
    """Escalate one task that is not done although its request is nearly due. False: none is, or others are at it.

    Where the request has been put off since the task was made, the task waits on.
    """
    task = await tasks.lock_next_to_escalate(work, wait=wait)
    if task is None:
        return False
    request = await rights_requests.get_for_task(work, task)
    if request is not None:
        task.escalate_at = due_at(request.complete_by_internal, task.created_at)
    if task.escalate_at is not None and task.escalate_at <= work.now:
        await _escalate(work, task, "deadline")
    return True


async def next_escalation(work: Work) -> datetime | None:
    """When the next task is escalated, or should have been."""
    return await tasks.first_escalation(work)


async def _escalate(work: Work, task: Task, why: str) -> None:
    task.escalated_at = work.now
    about = {"task_id": str(task.id), "task_kind": task.kind, "system": task.system, "why": why, "tries": task.attempts}
    if task.request_id is not None:
        rights_requests.add(work, step(work, task.request_id, EventType.TASK_ESCALATED, **about))
    request_id = str(task.request_id) if task.request_id is not None else None
    events.announce(work, EventType.TASK_ESCALATED, request_id=request_id, subject_ref=task.subject_ref, **about)
    audit.record(work, "task.escalated", "task", task.id, subject_ref=task.subject_ref, system=task.system, why=why)
    await messages.tell_officer(work, "task_escalated", str(task.id))
