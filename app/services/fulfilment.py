"""From the last completed task to the completed request."""

from typing import Any
from uuid import UUID

from app.core.work import Work
from app.domain.rights_request import Move, Status, advance
from app.models.rights_request import RightsRequest, Task
from app.repositories import rights_requests
from app.repositories import tasks as task_rows
from app.services import collection, correction, correction_notices, kinds, letters, messages, tasks
from app.services.collection import Delivered
from app.services.events import EventType
from app.services.rights_requests import move, note_event, record
from app.services.tasks import Proof

WITH_VALUES = frozenset({correction_notices.CORRECT, correction_notices.NOTIFY_RECIPIENT})


async def instructions(work: Work, task: Task) -> dict[str, Any]:
    """What the system that has claimed a task needs to know, whatever of it lies sealed."""
    return await correction.instructions(work, task) if task.kind in WITH_VALUES else task.payload


async def complete_task(
    work: Work, task_id: UUID, lease: str, proof: Proof | None, delivered: Delivered | None
) -> Task:
    """Complete a task; what it was for is done, and with the last task the request is completed.

    `delivered`: the result of a task to collect. Raises `NotFound`, `LeaseLost`, `ProofRequired`, `LegalHoldInForce`,
    `InvalidInput` for a result that does not fit the task.
    """
    task, closed_now = await tasks.close(work, task_id, lease, proof)
    if not closed_now:
        return task
    await collection.take_in(work, task, delivered)
    if task.request_id is None:
        return task
    request = await rights_requests.lock(work, task.request_id)
    assert request is not None, "a task belongs to a request"  # noqa: S101  (foreign key)
    await kinds.of(request).task_done(work, task)
    if request.status == Status.IN_FULFILMENT and await task_rows.count_unfinished(work, request.id) == 0:
        await complete(work, request)
    return task


async def complete(work: Work, request: RightsRequest) -> None:
    """Close a request whose work is done: tell the subject first, then let go of what need not be kept."""
    if request.status == Status.IN_FULFILMENT:
        move(work, request, advance(Status.IN_FULFILMENT, Move.FULFIL))
    note_event(work, request, EventType.REQUEST_COMPLETED, outcome=request.outcome)
    await letters.completion(work, request)
    await messages.tell(work, request, "completion")
    await kinds.of(request).finish(work, request)
    record(work, request, "request.completed", outcome=request.outcome)
