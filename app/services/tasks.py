"""Work for the systems that hold data, and for staff where it lies on paper: claimed under a lease, completed with proof."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from app.core.ids import new_id
from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.errors import Forbidden, IllegalTransition, LeaseLost, LegalHoldInForce, NotFound, ProofRequired
from app.domain.vocabulary import Permission, Role, Storage
from app.models.record import HeldRecord
from app.models.rights_request import RightsRequest, Task
from app.repositories import subjects, tasks
from app.services import audit, erasure_assessment, escalation, events, keys, legal_holds
from app.services.events import EventType
from app.services.keys import KeyPurpose

PAPER = "paper"
DESTROYING = frozenset({"erase", "anonymise", "destroy_paper"})
ASK_AGAIN = timedelta(days=1)
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)
MOST_LEASES = 1_000
"""So many living leases a system has at most; claims that are made at the very same time may pass it by what they ask."""

MOST_LOOKED_AT = 200
"""So many tasks are looked at in one claim: where law or a hold keeps more than that, the next claim goes on."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How, when and under which reference something was erased or destroyed."""

    method: str
    performed_at: datetime
    reference: str
    note: str | None = None


def create(
    work: Work, *, kind: str, system: str, request: RightsRequest, record_refs: Sequence[str], payload: dict[str, Any]
) -> None:
    """Make a task and tell the systems."""
    task = Task(
        id=new_id(work.now),
        kind=kind,
        system=system,
        subject_ref=request.subject_ref,
        request_id=request.id,
        record_refs=list(record_refs),
        payload=payload,
        not_before=work.now,
        escalate_at=escalation.due_at(request.complete_by_internal, work.now),
        created_at=work.now,
    )
    _add(work, task)


def _add(work: Work, task: Task) -> None:
    tasks.add(work, task)
    about = {"kind": task.kind, "system": task.system, "request_id": str(task.request_id)}
    events.announce(work, EventType.TASK_CREATED, task_id=str(task.id), **about)


def holder_of(row: HeldRecord) -> str:
    """Who works on a record: the system that holds it, or staff where it lies on paper."""
    return PAPER if row.storage == Storage.PAPER else row.system


def own_systems(work: Work) -> frozenset[str]:
    """The systems whose tasks the actor works on: its own, and paper for staff."""
    own = {work.actor.system} if Role.CORE_BANKING in work.actor.roles and work.actor.system else set()
    if work.actor.roles & {Role.STAFF, Role.DPO}:
        own.add(PAPER)
    return frozenset(own)


async def see(work: Work, path: Mapping[str, str]) -> None:
    """Whether the actor may see the task that a path names. Raises `NotFound`."""
    await _lock_own(work, _id_in(path))


async def see_any(work: Work, path: Mapping[str, str]) -> None:
    """Whether there is the task that a path names, whoever works on it. Raises `NotFound`."""
    if await tasks.lock(work, _id_in(path)) is None:
        raise NotFound


def _id_in(path: Mapping[str, str]) -> UUID:
    try:
        return UUID(path["task_id"])
    except ValueError:
        raise NotFound from None


async def page(work: Work, system: str | None, status: str | None, cursor: str | None, limit: int) -> Page[Task]:
    """Tasks, oldest first; a system sees its own, one without a name none. Raises `BadCursor`, `Forbidden`."""
    reading = {role for role in work.actor.roles if Permission.TASK_READ in work.pack.roles.get(role, frozenset())}
    if reading <= {Role.CORE_BANKING}:
        if system not in {None, work.actor.system}:
            raise Forbidden
        if work.actor.system is None:
            return Page([], None)
        system = work.actor.system
    scope = f"tasks/{system}/{status}"
    after = UUID(decode_cursor(work.ring, scope, cursor)[0]) if cursor else None
    rows = await tasks.page(work, system, status, after, limit + 1)
    more = encode_cursor(work.ring, scope, [str(rows[limit - 1].id)]) if len(rows) > limit else None
    return Page(rows[:limit], more)


async def claim(work: Work, system: str, limit: int, lease: timedelta) -> Sequence[Task]:
    """Take open tasks of a system for as long as the lease lasts; what must be kept after all is left.

    No more than keep its living leases within `MOST_LEASES`. Raises `Forbidden` for another's system.
    """
    if system not in own_systems(work):
        raise Forbidden
    limit = min(limit, MOST_LEASES - await tasks.count_leased(work, system, MOST_LEASES))
    claimed: list[Task] = []
    looked_at = 0
    while looked_at < MOST_LOOKED_AT and len(claimed) < limit:
        found = await tasks.lock_claimable(work, system, limit - len(claimed))
        if not found:
            break
        looked_at += len(found)
        begun = [task for task in found if await _may_begin(work, task)]
        for task in begun:
            await _hand_out(work, task, lease)
        claimed += begun
    if claimed:
        audit.record(work, "tasks.claimed", "system", system, tasks=[str(task.id) for task in claimed])
    return claimed


async def _hand_out(work: Work, task: Task, lease: timedelta) -> None:
    """Lease a task. Should the lease run out, the task stands in the queue behind those that were there before that."""
    await escalation.failed(work, task, task.attempts)
    task.status = "claimed"
    task.lease = uuid4()
    task.lease_until = task.not_before = work.now + lease
    task.fence += 1
    task.attempts += 1


async def _may_begin(work: Work, task: Task) -> bool:
    """Whether the task's records may still be destroyed; those that law or a hold keeps now wait in a task of their own."""
    kept = await erasure_assessment.kept_now(work, task) if task.kind in DESTROYING else frozenset()
    free = [ref for ref in task.record_refs if ref not in kept]
    if kept and free:
        _set_aside(work, task, sorted(kept))
        task.record_refs = free
    elif kept:
        task.not_before = work.now + ASK_AGAIN
        _record(work, task, "task.put_off", record_refs=sorted(kept))
    return bool(free) or not kept


def _set_aside(work: Work, task: Task, kept: Sequence[str]) -> None:
    waiting = Task(
        id=new_id(work.now),
        kind=task.kind,
        system=task.system,
        subject_ref=task.subject_ref,
        request_id=task.request_id,
        record_refs=list(kept),
        payload=task.payload,
        not_before=work.now,
        escalate_at=task.escalate_at,
        created_at=work.now,
    )
    _add(work, waiting)
    _record(work, waiting, "task.set_aside", of=str(task.id))


async def _held(work: Work, task: Task) -> frozenset[str]:
    """The records that the task would destroy in spite of a legal hold."""
    if task.kind not in DESTROYING:
        return frozenset()
    return await legal_holds.held_among(work, task.subject_ref, task.record_refs)


async def close(work: Work, task_id: UUID, lease: str, proof: Proof | None) -> tuple[Task, bool]:
    """Close a task under its lease; tells whether this call did it, or an earlier one had.

    Raises `NotFound`, `LeaseLost`, `ProofRequired`, `LegalHoldInForce`.
    """
    task = await _lock_own(work, task_id)
    if task.status == "completed":
        return task, False
    _check_lease(work, task, lease)
    if proof is None and task.kind in DESTROYING:
        raise ProofRequired
    await subjects.lock(work, task.subject_ref)
    if held := await _held(work, task):
        _record(work, task, "task.refused_under_legal_hold", record_refs=sorted(held))
        raise LegalHoldInForce
    task.status = "completed"
    task.completed_at, task.completed_by = work.now, work.actor.sub
    task.lease = task.lease_until = None
    if proof is not None:
        content = {
            "method": proof.method,
            "performed_at": proof.performed_at.isoformat(),
            "reference": proof.reference,
            "note": proof.note,
        }
        task.proof = await keys.seal(work, task.subject_ref, KeyPurpose.EVIDENCE, content, f"task/{task.id}/proof")
    _record(work, task, "task.completed", proof=proof is not None)
    await work.session.flush()
    return task, True


async def fail(work: Work, task_id: UUID, lease: str, reason: str, retry_after: timedelta | None) -> Task:
    """Give a task back after a failure; it can be claimed again after a delay that grows, or as asked, up to six hours.

    Raises `NotFound`, `LeaseLost`.
    """
    task = await _lock_own(work, task_id)
    _check_lease(work, task, lease)
    delay = retry_after if retry_after is not None else FIRST_RETRY * 2 ** min(task.attempts - 1, 9)
    task.status = "open"
    task.not_before = work.now + min(delay, LONGEST_RETRY)
    task.lease = task.lease_until = None
    task.failure = await keys.seal(work, task.subject_ref, KeyPurpose.EVIDENCE, reason, f"task/{task.id}/failure")
    _record(work, task, "task.failed", attempts=task.attempts)
    await escalation.failed(work, task, task.attempts)
    return task


async def requeue(work: Work, task_id: UUID) -> Task:
    """Put a task that is not completed back into the queue, whoever has it and however long it was put off.

    Raises `NotFound`, `IllegalTransition`.
    """
    task = await tasks.lock(work, task_id)
    if task is None:
        raise NotFound
    if task.status == "completed":
        raise IllegalTransition(allowed=())
    task.status = "open"
    task.not_before = work.now
    task.lease = task.lease_until = None
    _record(work, task, "task.requeued", attempts=task.attempts)
    return task


async def hold(work: Work, task_id: UUID, lease: str | None) -> Task:
    """A task that one of the actor's systems has claimed, locked, while its lease lives; `lease` None: whichever that is.

    Raises `NotFound`, `LeaseLost`.
    """
    task = await _lock_own(work, task_id)
    _check_lease(work, task, str(task.lease) if lease is None else lease)
    return task


async def _lock_own(work: Work, task_id: UUID) -> Task:
    task = await tasks.lock(work, task_id)
    if task is None or task.system not in own_systems(work):
        raise NotFound
    return task


def _check_lease(work: Work, task: Task, lease: str) -> None:
    lives = task.lease_until is not None and task.lease_until > work.now
    if task.status != "claimed" or str(task.lease) != lease or not lives:
        raise LeaseLost


def _record(work: Work, task: Task, action: str, **details: object) -> None:
    audit.record(
        work, action, "task", task.id, subject_ref=task.subject_ref, kind=task.kind, system=task.system, **details
    )
