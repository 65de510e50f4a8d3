"""What goes into a package: asked for once, when its building begins; all of it small but the records themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.work import Work
from app.domain.access import Holding
from app.domain.rights_request import ItemOutcome
from app.domain.vocabulary import RequestKind
from app.models.package import TaskPart
from app.models.rights_request import RequestItem, RightsRequest, Task
from app.repositories import erasures, parts, rights_requests, subjects
from app.services import access, package_own_data
from app.services.parts import NOT_DELIVERED

FORMAT = "sitthi-package-1"


@dataclass(frozen=True, slots=True)
class Source:
    """Records that a system delivered: in a part, or (`part` None) with its task."""

    task_id: UUID
    system: str
    record_refs: frozenset[str]
    size: int
    part: TaskPart | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """What is told, and where the records lie that are told. `own`: what the service itself holds, for access alone.

    `gone`: records that were delivered, and have been erased since. `missing`: those that no system delivered.
    """

    subject_ref: str
    request: RightsRequest
    format: str
    made_at: datetime
    policy: str
    controller: Mapping[str, Any]
    holdings: Sequence[Holding]
    left_out: Sequence[RequestItem]
    own: Mapping[str, Any] | None
    sources: Sequence[Source]
    gone: frozenset[str]
    missing: frozenset[str]

    @property
    def kinds(self) -> Mapping[str, str]:
        """The kind of each record that is told about."""
        return {holding.record_ref: holding.kind for holding in self.holdings}


async def gather(work: Work, request: RightsRequest) -> Contents:
    """All that a package of this request is made of."""
    items = (await rights_requests.items_of(work, [request.id]))[request.id]
    granted = {item.ref for item in items if item.outcome == ItemOutcome.GRANTED}
    subject = await subjects.get(work, request.subject_ref)
    assert subject is not None, "a request has a subject"  # noqa: S101  (foreign key)
    of_access = request.kind == RequestKind.ACCESS
    known = work.pack.controller
    collected = await parts.collected(work, request.id)
    sources = [source for found in collected for source in _sources(*found)]
    return Contents(
        subject_ref=request.subject_ref,
        request=request,
        format=request.scope["format"],
        made_at=work.now,
        policy=work.pack.sha256,
        controller={"code": known.code, "name": {"th": known.name.th, "en": known.name.en}},
        holdings=await _holdings(work, request, granted),
        left_out=[item for item in items if item.outcome != ItemOutcome.GRANTED],
        own=await package_own_data.gather(work, subject) if of_access else None,
        sources=sources,
        missing=frozenset(ref for task, _ in collected for ref in task.payload.get(NOT_DELIVERED, ())),
        gone=await _gone(work, request.subject_ref, frozenset().union(*(source.record_refs for source in sources))),
    )


async def _gone(work: Work, subject_ref: str, delivered: frozenset[str]) -> frozenset[str]:
    return delivered.difference(row.record_ref for row in await erasures.named(work, subject_ref, sorted(delivered)))


async def _holdings(work: Work, request: RightsRequest, granted: set[str]) -> list[Holding]:
    if request.kind == RequestKind.ACCESS:
        return [one for one in await access.holdings(work, request) if not granted.isdisjoint(one.categories)]
    return await access.describe(work, request, await erasures.named(work, request.subject_ref, sorted(granted)))


def _sources(task: Task, delivered: Sequence[TaskPart]) -> list[Source]:
    if task.result is not None:
        return [
            Source(
                task.id,
                task.system,
                frozenset(task.record_refs).difference(task.payload.get(NOT_DELIVERED, ())),
                len(task.result),
            )
        ]
    return [Source(task.id, task.system, frozenset(part.record_refs), part.size, part) for part in delivered]
