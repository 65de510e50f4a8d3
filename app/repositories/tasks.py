"""Tasks for the systems that hold data."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, or_, select, update

from app.core.work import Work
from app.models.rights_request import Task
from app.repositories import set_aside

BRING_FORWARD = """
WITH late AS (
    SELECT task.id, request_id, greatest(due_at, created_at + $3) AS due_at
    FROM task JOIN unnest($1::uuid[], $2::timestamptz[]) AS asked (request_id, due_at) USING (request_id)
    WHERE status <> 'completed' AND escalated_at IS NULL AND escalate_at > greatest(due_at, created_at + $3)
),
held AS (SELECT task.id FROM task JOIN late USING (id) FOR NO KEY UPDATE OF task SKIP LOCKED),
brought AS (
    UPDATE task SET escalate_at = late.due_at FROM late JOIN held USING (id) WHERE task.id = late.id RETURNING task.id
)
SELECT DISTINCT request_id FROM late WHERE id NOT IN (SELECT id FROM brought)
"""


def add(work: Work, task: Task) -> None:
    """Keep a new task."""
    work.session.add(task)


async def add_notice_once(work: Work, task: Task) -> bool:
    """Keep a `notify_subject` task of no request, unless the subject has had one; tells whether it was kept."""
    made = insert(Task).values(**task.model_dump()).on_conflict_do_nothing().returning(col(Task.id))
    return (await work.session.exec(made)).one_or_none() is not None


async def lock(work: Work, task_id: UUID) -> Task | None:
    """A task, locked until the unit of work ends."""
    statement = select(Task).where(Task.id == task_id).with_for_update().execution_options(populate_existing=True)
    return (await work.session.exec(statement)).one_or_none()


async def lock_claimable(work: Work, system: str, limit: int) -> Sequence[Task]:
    """Open tasks of a system, and those whose lease has run out, oldest first; what another claim holds is skipped."""
    statement = (
        select(Task)
        .where(
            Task.system == system,
            col(Task.not_before) <= work.now,
            or_(Task.status == "open", (col(Task.status) == "claimed") & (col(Task.lease_until) <= work.now)),
        )
        .order_by(col(Task.not_before), col(Task.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await work.session.exec(statement)).all()


async def count_leased(work: Work, system: str, limit: int) -> int:
    """How many of a system's tasks are in somebody's hands now, counted up to `limit`."""
    living = (
        select(Task.id)
        .where(Task.system == system, Task.status == "claimed", col(Task.lease_until) > work.now)
        .limit(limit)
        .subquery()
    )
    return (await work.session.exec(select(func.count()).select_from(living))).one()


async def lock_next_to_escalate(work: Work, *, wait: bool = False) -> Task | None:
    """The unfinished task longest due for escalation; `wait`: for whoever holds it, else it is skipped."""
    escalate_at = col(Task.escalate_at)
    due = [escalate_at <= work.now, col(Task.escalated_at).is_(None), col(Task.status) != "completed"]
    found = await set_aside.take(work, "task_escalation", Task, due, order=[escalate_at], limit=1, wait=wait)
    return next(iter(found), None)


async def first_escalation(work: Work) -> datetime | None:
    """When the next task is due for escalation."""
    at = col(Task.escalate_at)
    waits = [col(Task.escalated_at).is_(None), col(Task.status) != "completed", at.is_not(None)]
    return await set_aside.first(work, "task_escalation", Task, at, *waits)


async def bring_escalation_forward(work: Work, due: Mapping[UUID, datetime], patience: timedelta) -> Collection[UUID]:
    """Let unfinished tasks of requests be escalated at these instants, or so long after they were made, if that is sooner.

    What others hold is passed over; returns the requests where that is so.
    """
    found = await (await work.driver()).fetch(BRING_FORWARD, list(due), list(due.values()), patience)
    return frozenset(row["request_id"] for row in found)


async def wake(work: Work, subject_ref: str) -> None:
    """Let the subject's open tasks be claimed now: what put them off is over."""
    await work.session.exec(
        update(Task)
        .where(col(Task.subject_ref) == subject_ref, col(Task.status) == "open", col(Task.not_before) > work.now)
        .values(not_before=work.now)
    )


async def page(work: Work, system: str | None, status: str | None, after: UUID | None, limit: int) -> Sequence[Task]:
    """Tasks in the order in which they were made."""
    statement = select(Task).order_by(col(Task.id)).limit(limit)
    if system is not None:
        statement = statement.where(Task.system == system)
    if status is not None:
        statement = statement.where(Task.status == status)
    if after is not None:
        statement = statement.where(col(Task.id) > after)
    return (await work.session.exec(statement)).all()


async def completed_of(work: Work, request_id: UUID) -> Sequence[Task]:
    """The completed tasks of a request, in the order in which they were made."""
    statement = select(Task).where(Task.request_id == request_id, Task.status == "completed").order_by(col(Task.id))
    return (await work.session.exec(statement)).all()


async def count_unfinished(work: Work, request_id: UUID, kind: str | None = None) -> int:
    """How many tasks of a request, or of a kind among them, are not completed yet."""
    statement = select(func.count()).where(Task.request_id == request_id, Task.status != "completed")
    if kind is not None:
        statement = statement.where(Task.kind == kind)
    return (await work.session.exec(statement)).one()
