"""What the systems deliver of a subject's data for access and portability: asked for in tasks, checked, sealed.

It waits in the tasks, under the subject's profile key, for the package that is made of it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.core.work import Work
from app.domain.access import THIRD_PARTY
from app.domain.errors import FieldError, InvalidInput, SubjectErased
from app.models.record import HeldRecord
from app.models.rights_request import RightsRequest, Task
from app.repositories import subjects
from app.services import keys, parts, tasks
from app.services.keys import KeyPurpose
from app.services.parts import COLLECT, NOT_DELIVERED


@dataclass(frozen=True, slots=True)
class Collected:
    """One record as its system delivers it, by field."""

    record_ref: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class InParts:
    """A result that came before, in parts of these names."""

    names: Sequence[str]


Delivered = Sequence[Collected] | InParts
"""What a task to collect has collected."""


def ask(work: Work, request: RightsRequest, rows: Sequence[HeldRecord], **wanted: Any) -> int:
    """A task for each holder of the records, to deliver them as `wanted`; returns their number.

    Its `categories` are those of the records, and none but `wanted["categories"]` where these are named. What it says of
    others in the records of `redact_third_persons` is not to be delivered.
    """
    by_holder: dict[str, list[HeldRecord]] = defaultdict(list)
    for row in rows:
        by_holder[tasks.holder_of(row)].append(row)
    for system, its in sorted(by_holder.items()):
        found = {code for row in its for code in row.categories}
        categories = sorted(found.intersection(wanted.get("categories", found)))
        redact = [row.record_ref for row in its if THIRD_PARTY in row.categories]
        payload = {"right": request.kind, **wanted, "categories": categories, "redact_third_persons": redact}
        refs = [row.record_ref for row in its]
        tasks.create(work, kind=COLLECT, system=system, request=request, record_refs=refs, payload=payload)
    return len(by_holder)


async def take_in(work: Work, task: Task, delivered: Delivered | None) -> None:
    """Keep what a system delivered with its task, sealed; only a task to collect has such a result, and must have one.

    Raises `InvalidInput`, also for a record that was not asked for, or delivered twice, and for a part that is not there;
    `SubjectErased`: their key is never made anew.
    """
    if (delivered is None) == (task.kind == COLLECT):
        raise InvalidInput([FieldError("/result", "missing" if delivered is None else "not_allowed")])
    if delivered is None:
        return
    if isinstance(delivered, InParts):
        _note_missing(task, await parts.settle(work, task, delivered.names))
        return
    subject = await subjects.get(work, task.subject_ref)
    if subject is not None and subject.erased_at is not None:
        raise SubjectErased
    parts.check_refs(task, [one.record_ref for one in delivered], (), "/result/records")
    await parts.settle(work, task, ())
    _note_missing(task, {one.record_ref for one in delivered})
    content = [asdict(one) for one in delivered]
    place = parts.result_place(task.id)
    task.result = await keys.seal(work, task.subject_ref, KeyPurpose.PROFILE, content, place)


def _note_missing(task: Task, delivered: Collection[str]) -> None:
    """Keep which records a system was asked for and did not deliver: the package says so."""
    if missing := sorted(set(task.record_refs).difference(delivered)):
        task.payload = {**task.payload, NOT_DELIVERED: missing}
