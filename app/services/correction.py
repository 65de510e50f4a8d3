"""Correction (PDPA s.35, s.36; policy clause 12(2)): the values stay sealed, and only who must write one is told it.

From proof of identity to the decision the accuracy of the records concerned counts as under check: that is read from
the request itself (`repositories.open_requests`), so that nothing needs lifting.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.work import Work
from app.domain.correction import assess_item
from app.domain.policy import Bilingual
from app.domain.rights_request import ItemAssessment, ItemDecision, ItemOutcome
from app.domain.vocabulary import Assurance, RequestKind
from app.models.record import HeldRecord
from app.models.rights_request import RightsRequest, Task
from app.repositories import erasures, records, rights_requests
from app.services import correction_notices, keys, tasks
from app.services.keys import KeyPurpose
from app.services.rights_requests import get, is_deceased, takes_part


@dataclass(frozen=True, slots=True)
class Change:
    """One change that is asked for; its values None for who takes no part, and once the evidence was destroyed."""

    ref: str
    record_ref: str | None
    field: str
    current: str | None = None
    proposed: str | None = None
    evidence: Sequence[str] | None = None


async def receive(_: Work, __: RightsRequest, ___: Assurance) -> None:
    """Nothing is under check on a bare submission."""


async def take_effect(_: Work, __: RightsRequest) -> None:
    """The request under review is itself the mark that accuracy is under check."""


async def assess(work: Work, request: RightsRequest) -> list[ItemAssessment]:
    """Each change; one of a record that is not held can't be made."""
    deceased = await is_deceased(work, request)
    kinds = {row.record_ref: row.kind for row in await _named(work, request)}
    return [
        assess_item(
            change.ref,
            _label(work, change, kinds),
            held=change.record_ref is None or change.record_ref in kinds,
            deceased=deceased,
        )
        for change in _outline(request)
    ]


def _outline(request: RightsRequest) -> list[Change]:
    """The changes without their values."""
    return [Change(str(at), **change) for at, change in enumerate(request.scope["changes"])]


async def _named(work: Work, request: RightsRequest) -> Sequence[HeldRecord]:
    refs = sorted({change.record_ref for change in _outline(request) if change.record_ref is not None})
    return await erasures.named(work, request.subject_ref, refs)


def _label(work: Work, change: Change, kinds: dict[str, str]) -> Bilingual:
    if change.record_ref is None:
        return Bilingual(change.field, change.field)
    of_kind = work.pack.label_of_kind(kinds.get(change.record_ref, change.record_ref))
    return Bilingual(f"{of_kind.th}: {change.field}", f"{of_kind.en}: {change.field}")


async def categories(work: Work, request: RightsRequest) -> frozenset[str]:
    """Those of the records that are named, and the fields, where a category is called like one."""
    of_records = {code for row in await _named(work, request) for code in row.categories}
    return frozenset(of_records | {change.field for change in _outline(request)})


async def carry_out(
    work: Work, request: RightsRequest, _: Sequence[ItemAssessment], decided: Sequence[ItemDecision]
) -> int:
    """A task for each holder of a record to correct, and for nobody else; staff look after what no system is known to hold."""
    granted = {item.ref for item in decided if item.outcome is ItemOutcome.GRANTED}
    changes = [change for change in _outline(request) if change.ref in granted]
    if not changes:
        return 0
    rows = await records.held(work, request.subject_ref)
    wanted: dict[str, list[Change]] = defaultdict(list)
    refs: dict[str, set[str]] = defaultdict(set)
    for change in changes:
        concerned = [row for row in rows if _may_hold(work, change, row)]
        for holder in {tasks.holder_of(row) for row in concerned} or {tasks.PAPER}:
            wanted[holder].append(change)
            refs[holder] |= {row.record_ref for row in concerned if tasks.holder_of(row) == holder}
    for system, its in sorted(wanted.items()):
        asked = [{"ref": change.ref, "record_ref": change.record_ref, "field": change.field} for change in its]
        payload = {"right": RequestKind.CORRECTION, "changes": asked}
        tasks.create(
            work,
            kind=correction_notices.CORRECT,
            system=system,
            request=request,
            record_refs=sorted(refs[system]),
            payload=payload,
        )
    return len(wanted)


def _may_hold(work: Work, change: Change, row: HeldRecord) -> bool:
    """Whether a record may hold what is to be corrected: the one that is named; else any of the category called like the field."""
    if change.record_ref is not None:
        return row.record_ref == change.record_ref
    return change.field not in work.pack.categories or change.field in row.categories


async def give_up(_: Work, __: RightsRequest) -> None:
    """Nothing is under check any more: the request says so itself."""


async def task_done(work: Work, task: Task) -> None:
    """The record is right where it lies; with the last of them, who was told the wrong value is told the right one."""
    request = await rights_requests.get_for_task(work, task)
    assert request is not None, "a correction is asked for"  # noqa: S101  (only requests make these tasks)
    await correction_notices.corrected(work, request, task)


async def finish(_: Work, __: RightsRequest) -> None:
    """What was corrected stays so."""


async def changes_of(work: Work, request_id: UUID) -> list[Change]:
    """The changes that a request asks for, values only for those who take part; none for other rights.

    Officers' reading is recorded. Raises `NotFound`.
    """
    request = await get(work, request_id)
    if request.kind != RequestKind.CORRECTION:
        return []
    outline = _outline(request)
    if not takes_part(work, request, "request.changes_read"):
        return outline
    return await _filled(work, request, outline)


async def _filled(work: Work, request: RightsRequest, outline: Sequence[Change]) -> list[Change]:
    place = f"request/{request.id}/particulars"
    values: Any = await keys.unseal(work, request.subject_ref, KeyPurpose.EVIDENCE, request.particulars, place)
    if values is None:
        return list(outline)
    return [
        Change(change.ref, change.record_ref, change.field, **said)
        for change, said in zip(outline, values, strict=True)
    ]


async def instructions(work: Work, task: Task) -> dict[str, Any]:
    """The payload of a task with the values to write, or to pass on, for the system that has claimed it and nobody else."""
    request = await rights_requests.get_for_task(work, task)
    assert request is not None, "a correction is asked for"  # noqa: S101  (only requests make these tasks)
    filled = {change.ref: change for change in await _filled(work, request, _outline(request))}
    changes = [
        {**change, "current": filled[change["ref"]].current, "proposed": filled[change["ref"]].proposed}
        for change in task.payload["changes"]
    ]
    return {**task.payload, "changes": changes}
