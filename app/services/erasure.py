"""Erasure, destruction and anonymisation (PDPA s.33; policy clause 12(7)): what it may touch, and how it is carried out."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.work import Work
from app.domain.erasure import ErasureAssessment, ErasureGround, ErasureMethod, assess_item, method_for
from app.domain.policy import Bilingual
from app.domain.reasons import Reason
from app.domain.retention import Record
from app.domain.rights_request import DECEASED_SUBJECT, NO_DATA_HELD, ItemDecision, ItemOutcome, refused_for
from app.domain.vocabulary import Right, Storage
from app.models.record import DeferredErasure, ErasureLedgerEntry, HeldRecord
from app.models.rights_request import RightsRequest, Task
from app.models.subject import Subject
from app.repositories import erasures, subjects
from app.services import keys, retention, tasks
from app.services.keys import KeyPurpose
from app.services.provisional import erasure_scope

PAPER = "paper"
DEFAULT_KIND = "member_data"
_TASKS = {ErasureMethod.ERASE: "erase", ErasureMethod.ANONYMISE: "anonymise"}
_STATES = {"erase": "erased", "destroy_paper": "erased", "anonymise": "anonymised"}


async def assess(work: Work, request: RightsRequest) -> list[ErasureAssessment]:
    """What law and pack say today about each record in scope."""
    subject = await subjects.get(work, request.subject_ref)
    assert subject is not None, "a request has a subject"  # noqa: S101  (foreign key)
    record_refs, categories = erasure_scope(request)
    records = await erasures.in_scope(work, request.subject_ref, record_refs, categories)
    if subject.deceased_on is not None and subject.deceased_on <= work.today:
        return [_unfounded(DECEASED_SUBJECT, row.record_ref, work, row.kind) for row in records]
    ground = ErasureGround(request.scope["ground"])
    withdrawn = await erasures.withdrawn_purposes(work, request.subject_ref)
    facts = await retention.facts_of(work, subject, records, except_request=request.id)
    found = []
    for row in records:
        record, circumstances = facts[row.record_ref]
        past = row.purpose in withdrawn
        found.append(assess_item(record, work.pack, circumstances, work.today, ground=ground, consent_withdrawn=past))
    held = {row.record_ref for row in records}
    missing = [ref for ref in record_refs or [] if ref not in held]
    return found + [_unfounded(NO_DATA_HELD, ref, work, ref) for ref in missing]


def _unfounded(ground: str, ref: str, work: Work, kind: str) -> ErasureAssessment:
    rule = work.pack.rule_for(kind)
    return ErasureAssessment(refused_for(ground, ref, rule.label if rule else Bilingual(kind, kind)), None)


async def carry_out(
    work: Work, request: RightsRequest, assessed: Sequence[ErasureAssessment], decided: Sequence[ItemDecision]
) -> int:
    """Lock what was granted against every purpose, make the tasks, put off what only a period keeps.

    Returns the number of tasks.
    """
    granted = [item.ref for item in decided if item.outcome is ItemOutcome.GRANTED]
    await erasures.set_state(work, request.subject_ref, granted, "locked")
    rows = await erasures.in_scope(work, request.subject_ref, granted, None)
    await _defer(work, request, assessed, {item.ref for item in decided if item.outcome is ItemOutcome.REFUSED})
    return _assign(work, request, rows)


def _assign(work: Work, request: RightsRequest, rows: Sequence[HeldRecord]) -> int:
    """One task for each system that holds granted records; paper goes to staff."""
    method = method_for(ErasureGround(request.scope["ground"]), ErasureMethod(request.scope["method"]))
    by_holder: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        on_paper = row.storage == Storage.PAPER
        holder = (PAPER, "destroy_paper") if on_paper else (row.system, _TASKS[method])
        by_holder[holder].append(row.record_ref)
    for (system, kind), refs in sorted(by_holder.items()):
        payload = {"method": method, "right": Right.ERASURE}
        tasks.create(work, kind=kind, system=system, request=request, record_refs=refs, payload=payload)
    return len(by_holder)


async def _defer(work: Work, request: RightsRequest, assessed: Sequence[ErasureAssessment], refused: set[str]) -> None:
    put_off = [
        DeferredErasure(
            subject_ref=request.subject_ref,
            record_ref=found.item.ref,
            request_id=request.id,
            until=found.refusable_until,
            method=request.scope["method"],
            because=[reason_document(reason) for reason in found.item.because],
            created_at=work.now,
        )
        for found in assessed
        if found.item.ref in refused and found.refusable_until is not None
    ]
    erasures.defer(work, put_off)
    await erasures.set_state(work, request.subject_ref, [row.record_ref for row in put_off], "storage_only")


async def record_done(work: Work, task: Task) -> None:
    """A system has erased, destroyed or anonymised: leave tombstones and a line in the erasure ledger."""
    await subjects.lock(work, task.subject_ref)
    await erasures.bury(work, task.subject_ref, task.record_refs, _STATES[task.kind])
    await erasures.end_deferred(work, task.subject_ref, task.record_refs)
    assert task.request_id is not None, "an erasure is asked for"  # noqa: S101  (only requests make these tasks)
    _to_ledger(work, task.request_id, task.subject_ref, task.record_refs, task.kind, whole_subject=False)


async def finish(work: Work, request: RightsRequest) -> None:
    """When everything was asked for and nothing is left, the subject's own profile and its key go too."""
    if request.scope["scope"] != "all" or await erasures.count_live(work, request.subject_ref) > 0:
        return
    subject = await subjects.lock(work, request.subject_ref)
    if subject is None or subject.erased_at is not None or not await _profile_is_free(work, subject):
        return
    await keys.destroy(work, subject.subject_ref, KeyPurpose.PROFILE)
    subjects.bury(work, subject)
    _to_ledger(work, request.id, subject.subject_ref, [], request.scope["method"], whole_subject=True)


async def _profile_is_free(work: Work, subject: Subject) -> bool:
    """Whether the rule for member data, which the profile is, lets it go too."""
    profile = Record(record_ref="profile", kind=DEFAULT_KIND)
    circumstances = await retention.circumstances_of_subject(work, subject)
    found = assess_item(profile, work.pack, circumstances, work.today, ground=ErasureGround.NO_LONGER_NECESSARY)
    return found.item.proposed is ItemOutcome.GRANTED


def _to_ledger(
    work: Work, request_id: UUID, subject_ref: str, record_refs: Sequence[str], method: str, *, whole_subject: bool
) -> None:
    entry = ErasureLedgerEntry(
        id=new_id(work.now),
        at=work.now,
        subject_ref=subject_ref,
        record_refs=list(record_refs),
        method=method,
        request_id=request_id,
        whole_subject=whole_subject,
    )
    erasures.add_to_ledger(work, entry)


def reason_document(reason: Reason) -> dict[str, Any]:
    """A reason as it is stored and answered."""
    return {
        "rule": reason.rule,
        "clause": reason.clause,
        "law": reason.law,
        "ground": reason.ground,
        "until": reason.until.isoformat() if reason.until else None,
        "th": reason.text.th,
        "en": reason.text.en,
    }
