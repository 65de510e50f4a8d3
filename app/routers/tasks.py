"""Work for the systems that hold data."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from app.core.access import GuardedRoute, allow, spooled
from app.core.paging import DEFAULT_LIMIT
from app.core.spool import Spooled
from app.core.work import Work
from app.domain.errors import (
    BadCursor,
    IllegalTransition,
    LeaseLost,
    LegalHoldInForce,
    ProofRequired,
    SubjectErased,
)
from app.domain.vocabulary import Permission
from app.routers.pages import Cursor, Limit
from app.schemas.parts import PART_LIMIT, PART_NAME, incoming, parts_schema, read_part
from app.schemas.tasks import Claimed, ClaimedTask, ClaimIn, CompletionIn, FailureIn, Lease, PartOut, TaskOut, TaskPage
from app.schemas.types import Code, Id
from app.services import fulfilment, parts, tasks

router = APIRouter(prefix="/v1/tasks", route_class=GuardedRoute, tags=["tasks"])
TaskId = Annotated[Id, Path(description="The task's id")]


@router.get("", operation_id="listTasks", summary="Tasks, oldest first")
async def list_tasks(
    work: Annotated[Work, allow(Permission.TASK_READ, raises=(BadCursor,))],
    system: Annotated[Code | None, Query(description="Only of this system")] = None,
    status: Annotated[Literal["open", "claimed", "completed"] | None, Query(description="Only in this status")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> TaskPage:
    """A system sees its own; staff see all."""
    return TaskPage.model_validate(await tasks.page(work, system, status, cursor, limit))


@router.post("/claims", operation_id="claimTasks", summary="Take tasks for a while")
async def claim_tasks(body: ClaimIn, work: Annotated[Work, allow(Permission.TASK_WORK)]) -> Claimed:
    """Under a lease: complete or fail each before it runs out, or another worker may take it.

    A system has up to 1,000 living leases in all: what is over is not handed out until some are completed, failed or run
    out. A task that fails, or whose lease runs out, stands behind those that were waiting by then; after five failures it
    is escalated, and still retried.

    What a legal hold covers can't be claimed before the release. The payload of a `correct` task holds the values to
    write here and nowhere else.
    """
    claimed = await tasks.claim(work, body.system, body.max, body.lease)
    return Claimed(items=[ClaimedTask.of(task, await fulfilment.instructions(work, task)) for task in claimed])


@router.put(
    "/{task_id}/parts/{name}",
    operation_id="putTaskPart",
    summary="Deliver a part of a result",
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": parts_schema()}}}},
)
async def put_task_part(
    task_id: TaskId,
    name: Annotated[
        str, Path(description="What the part is called", json_schema_extra={"maxLength": 64, "pattern": PART_NAME})
    ],
    body: Annotated[Spooled, spooled()],
    work: Annotated[
        Work,
        allow(
            Permission.TASK_WORK,
            sees=tasks.see,
            raises=(LeaseLost, SubjectErased),
            body_limit=PART_LIMIT,
            spools=read_part,
        ),
    ],
    lease: Annotated[Lease | None, Query(description="The claim's; compared where it is given")] = None,
) -> PartOut:
    """Of a `collect` task that is claimed: up to 64 MiB, a JSON array of records as `result.records` of a completion is.

    Each record stands in one part. A part of the same name is replaced; the completion names the parts that count.
    """
    return PartOut.model_validate(await parts.put(work, task_id, name, lease, incoming(body)))


@router.post("/{task_id}/completion", operation_id="completeTask", summary="Complete a task")
async def complete_task(
    task_id: TaskId,
    body: CompletionIn,
    work: Annotated[
        Work,
        allow(Permission.TASK_WORK, sees=tasks.see, raises=(LeaseLost, ProofRequired, LegalHoldInForce, SubjectErased)),
    ],
) -> TaskOut:
    """Erasing and destroying want proof of an act that has happened, and no legal hold in force.

    Collecting wants a result: records among those of the task, here or in parts that were put. Completed before: as it stands.
    """
    proof = body.proof.proof(max(work.now, work.real_now)) if body.proof else None
    return TaskOut.model_validate(await fulfilment.complete_task(work, task_id, body.lease, proof, body.delivered))


@router.post("/{task_id}/failure", operation_id="failTask", summary="Give a task back")
async def fail_task(
    task_id: TaskId,
    body: FailureIn,
    work: Annotated[Work, allow(Permission.TASK_WORK, sees=tasks.see, raises=(LeaseLost,))],
) -> TaskOut:
    """It can be claimed again after `retry_after`, or after a growing delay."""
    return TaskOut.model_validate(await tasks.fail(work, task_id, body.lease, body.reason, body.retry_after))


@router.post("/{task_id}/requeue", operation_id="requeueTask", summary="Put a task back into the queue")
async def requeue_task(
    task_id: TaskId,
    work: Annotated[Work, allow(Permission.TASK_REQUEUE, sees=tasks.see_any, raises=(IllegalTransition,))],
) -> TaskOut:
    """It can be claimed at once; a lease that somebody has on it is lost. What is completed stays so."""
    return TaskOut.model_validate(await tasks.requeue(work, task_id))
