"""Parts of what tasks collect, and their chunks."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import col, select

from app.core.work import Work
from app.models.package import TaskPart
from app.models.rights_request import Task

ADD_CHUNK = "INSERT INTO task_part_chunk (part_id, position, box) VALUES ($1, $2, $3)"
GET_CHUNK = "SELECT box FROM task_part_chunk WHERE part_id = $1 AND position = $2"
GET_RESULT = "SELECT result FROM task WHERE id = $1"
DELETE = "DELETE FROM task_part WHERE id = ANY($1)"
DELETE_OF_SUBJECT = "DELETE FROM task_part USING task WHERE task.id = task_id AND task.subject_ref = $1"
FORGET_OF_SUBJECT = "UPDATE task SET result = NULL WHERE subject_ref = $1 AND result IS NOT NULL"
DELETE_OF_REQUEST = "DELETE FROM task_part USING task WHERE task.id = task_id AND task.request_id = $1"
FORGET_OF_REQUEST = "UPDATE task SET result = NULL WHERE request_id = $1 AND result IS NOT NULL"


async def add(work: Work, part: TaskPart) -> None:
    """Keep a new part, ready for its chunks."""
    work.session.add(part)
    await work.session.flush()


async def add_chunk(work: Work, part_id: UUID, position: int, box: bytes) -> None:
    """Keep one chunk of it."""
    await (await work.driver()).execute(ADD_CHUNK, part_id, position, box)


async def get_chunk(work: Work, part_id: UUID, position: int) -> bytes | None:
    """One chunk of it."""
    box: bytes | None = await (await work.driver()).fetchval(GET_CHUNK, part_id, position)
    return box


async def get_result(work: Work, task_id: UUID) -> bytes | None:
    """What was delivered with a task itself."""
    box: bytes | None = await (await work.driver()).fetchval(GET_RESULT, task_id)
    return box


async def of_task(work: Work, task_id: UUID) -> Sequence[TaskPart]:
    """The parts of a task, in the order in which they were put."""
    statement = select(TaskPart).where(TaskPart.task_id == task_id).order_by(col(TaskPart.id))
    return (await work.session.exec(statement)).all()


async def collected(work: Work, request_id: UUID) -> Sequence[tuple[Task, Sequence[TaskPart]]]:
    """The tasks of a request that have collected something, each with its parts."""
    statement = select(Task).where(Task.request_id == request_id, Task.kind == "collect").order_by(col(Task.id))
    return [(task, await of_task(work, task.id)) for task in (await work.session.exec(statement)).all()]


async def delete(work: Work, part_ids: Collection[UUID]) -> None:
    """Drop parts with their chunks."""
    await (await work.driver()).execute(DELETE, list(part_ids))


async def forget_request(work: Work, request_id: UUID) -> None:
    """Drop all that was collected for a request."""
    driver = await work.driver()
    await driver.execute(DELETE_OF_REQUEST, request_id)
    await driver.execute(FORGET_OF_REQUEST, request_id)


async def forget_subject(work: Work, subject_ref: str) -> None:
    """Drop all that was collected about a subject."""
    driver = await work.driver()
    await driver.execute(DELETE_OF_SUBJECT, subject_ref)
    await driver.execute(FORGET_OF_SUBJECT, subject_ref)
