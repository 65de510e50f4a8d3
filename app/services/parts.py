"""What is too large for one answer comes in parts: each sealed chunk by chunk, none of them ever whole in memory.

A chunk is bound to its task, its part, its position and their number: none can be moved, and none left out.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.ids import new_id
from app.core.sealing import SealBroken
from app.core.spool import Spool
from app.core.work import Work
from app.domain.errors import FieldError, InvalidInput, SubjectErased
from app.models.package import TaskPart
from app.models.rights_request import Task
from app.repositories import parts, subjects
from app.services import audit, keys, tasks
from app.services.keys import KeyPurpose

COLLECT = "collect"
NOT_DELIVERED = "not_delivered"
"""In the payload of a completed task: the records that its system was asked for and did not deliver."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A part on its way: its bytes, and the records in it, in order."""

    spool: Spool
    record_refs: Sequence[str]


async def put(work: Work, task_id: UUID, name: str, lease: str | None, given: Incoming) -> TaskPart:
    """Keep a part of what a claimed task collects, in place of one of that name.

    What an earlier claim left with the same records gives way. Raises `NotFound`, `LeaseLost`, `SubjectErased`,
    `InvalidInput` for a name that a file can't have, a task that collects nothing, or a record that was not asked for or
    stands in another part.
    """
    if not _NAME.fullmatch(name) or ".." in name or name == ".":
        raise InvalidInput([FieldError("/path/name", "bad_format")])
    task = await tasks.hold(work, task_id, lease)
    if task.kind != COLLECT:
        raise InvalidInput([FieldError("", "not_allowed")])
    subject = await subjects.lock(work, task.subject_ref)
    if subject is None or subject.erased_at is not None:
        raise SubjectErased
    await _make_room(work, task, name, given.record_refs)
    part = TaskPart(
        id=new_id(work.now),
        task_id=task.id,
        name=name,
        size=given.spool.size,
        sha256=given.spool.sha256,
        record_refs=list(given.record_refs),
        chunks=given.spool.block_count,
        fence=task.fence,
        put_at=work.now,
    )
    await parts.add(work, part)
    for position, block in enumerate(given.spool.blocks()):
        box = await keys.seal_bytes(work, task.subject_ref, KeyPurpose.PROFILE, block, _place(part, position))
        await parts.add_chunk(work, part.id, position, box)
    audit.record(
        work, "task.part_put", "task", task.id, subject_ref=task.subject_ref, part=str(part.id), size=part.size
    )
    return part


async def _make_room(work: Work, task: Task, name: str, record_refs: Sequence[str]) -> None:
    """Drop the part that is replaced, and what an earlier claim left with the same records. Raises `InvalidInput`."""
    found = await parts.of_task(work, task.id)
    others = [part for part in found if part.name != name and part.fence == task.fence]
    check_refs(task, record_refs, {ref for part in others for ref in part.record_refs}, "")
    gone = [part for part in found if part.name == name or not set(record_refs).isdisjoint(part.record_refs)]
    await parts.delete(work, [part.id for part in gone])


def check_refs(task: Task, record_refs: Sequence[str], present: Collection[str], pointer: str) -> None:
    """That records are the task's, each there once; `present`: those that came otherwise. Raises `InvalidInput`."""
    awaited = set(task.record_refs).difference(present)
    errors = []
    for at, ref in enumerate(record_refs):
        if ref not in awaited:
            errors.append(FieldError(f"{pointer}/{at}/record_ref", "not_allowed"))
        awaited.discard(ref)
    if errors:
        raise InvalidInput(errors)


async def settle(work: Work, task: Task, names: Sequence[str]) -> frozenset[str]:
    """That a task's result are these parts, each record in one of them; what else was put is dropped.

    Returns the records in them. Raises `InvalidInput`.
    """
    found = {part.name: part for part in await parts.of_task(work, task.id)}
    errors = [
        FieldError(f"/result/parts/{at}", "not_allowed")
        for at, name in enumerate(names)
        if name not in found or name in names[:at] or _overlaps(found, names[: at + 1])
    ]
    if errors:
        raise InvalidInput(errors)
    await parts.delete(work, [part.id for name, part in found.items() if name not in names])
    return frozenset(ref for name in names for ref in found[name].record_refs)


def _overlaps(found: dict[str, TaskPart], names: Sequence[str]) -> bool:
    """Whether the last of these parts holds a record that one before it holds."""
    *before, last = (set(found[name].record_refs) for name in names if name in found)
    return any(not last.isdisjoint(refs) for refs in before)


async def chunk_of(work: Work, subject_ref: str, part: TaskPart, position: int) -> bytes:
    """One chunk of a part. Raises `SealBroken`, also where it is missing or its key was destroyed."""
    box = await parts.get_chunk(work, part.id, position)
    opened = await keys.unseal_bytes(work, subject_ref, KeyPurpose.PROFILE, box, _place(part, position))
    if opened is None:
        raise SealBroken("task")
    return opened


async def result_of(work: Work, subject_ref: str, task_id: UUID) -> bytes:
    """What was delivered with a task itself. Raises `SealBroken`, also where it is gone."""
    box = await parts.get_result(work, task_id)
    opened = await keys.unseal_bytes(work, subject_ref, KeyPurpose.PROFILE, box, result_place(task_id))
    if opened is None:
        raise SealBroken("task")
    return opened


def result_place(task_id: UUID) -> str:
    """What the result of a task is bound to."""
    return f"task/{task_id}/result"


def _place(part: TaskPart, position: int) -> str:
    return f"task/{part.task_id}/part/{part.id}/{position}/{part.chunks}"
