"""Tasks for the systems that hold data."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, any_
from sqlmodel import col, func, or_, select

from app.core.work import Work
from app.models.record import LegalHold
from app.models.rights_request import Task


def add(work: Work, task: Task) -> None:
    """Keep a new task."""
    work.session.add(task)


async def lock(work: Work, task_id: UUID) -> Task | None:
    """A task, locked until the unit of work ends."""
    statement = select(Task).where(Task.id == task_id).with_for_update().execution_options(populate_existing=True)
    return (await work.session.exec(statement)).one_or_none()


async def lock_claimable(work: Work, system: str, limit: int, destroying: Collection[str]) -> Sequence[Task]:
    """Open tasks of a system, and those whose lease has run out, oldest first; what another claim holds is skipped.

    `destroying`: the kinds of task that wait while legal holds cover all their records.
    """
    statement = (
        select(Task)
        .where(
            Task.system == system,
            col(Task.not_before) <= work.now,
            or_(Task.status == "open", (col(Task.status) == "claimed") & (col(Task.lease_until) <= work.now)),
            or_(col(Task.kind).not_in(destroying), _names_free_records()),
        )
        .order_by(col(Task.not_before), col(Task.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await work.session.exec(statement)).all()


def _names_free_records() -> ColumnElement[bool]:
    record_ref = func.unnest(col(Task.record_refs)).column_valued("record_ref")
    holds = select(LegalHold.id).where(
        LegalHold.subject_ref == Task.subject_ref,
        col(LegalHold.released_at).is_(None),
        or_(col(LegalHold.record_refs).is_(None), record_ref == any_(col(LegalHold.record_refs))),
    )
    return select(record_ref).where(~holds.exists()).exists()


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


async def count_unfinished(work: Work, request_id: UUID) -> int:
    """How many tasks of a request are not completed yet."""
    statement = select(func.count()).where(Task.request_id == request_id, Task.status != "completed")
    return (await work.session.exec(statement)).one()
