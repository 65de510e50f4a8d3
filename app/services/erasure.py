"""Erasure, destruction and anonymisation (PDPA s.33; policy clause 12(7)): what it may touch, and how it is carried out."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from app.core.ids import new_id
from app.core.work import Work
from app.domain.erasure import ErasureGround, ErasureMethod, method_for
from app.domain.rights_request import ItemAssessment, ItemDecision, ItemOutcome
from app.domain.vocabulary import Assurance, Basis, Channel, RetentionAction, Right, Storage
from app.models.record import DeferredErasure, ErasureLedgerEntry, HeldRecord
from app.models.rights_request import RightsRequest, Task
from app.repositories import erasures, subjects
from app.services import (
    audit,
    consent_withdrawals,
    erasure_assessment,
    keys,
    message_delivery,
    packages,
    tasks,
)
from app.services.consent_withdrawals import Withdrawal
from app.services.erasure_assessment import assess, categories, erasure_scope
from app.services.keys import KeyPurpose
from app.services.rights_requests import reason_document

CONSENT_BASES = frozenset({Basis.CONSENT, Basis.EXPLICIT_CONSENT})
_TASKS = {ErasureMethod.ERASE: "erase", ErasureMethod.ANONYMISE: "anonymise"}
_STATES = {"erase": "erased", "destroy_paper": "erased", "anonymise": "anonymised"}


__all__ = ["assess", "carry_out", "categories", "finish", "give_up", "receive", "take_effect", "task_done"]


def method_of(request: RightsRequest) -> ErasureMethod:
    """How the request's records end: as asked, but never anonymised where processing was unlawful."""
    return method_for(ErasureGround(request.scope["ground"]), ErasureMethod(request.scope["method"]))


async def receive(_: Work, __: RightsRequest, ___: Assurance) -> None:
    """Nothing is erased on a bare submission."""


async def take_effect(work: Work, request: RightsRequest) -> None:
    """Erasure because consent is withdrawn: the consents behind the records in scope end now (PDPA s.19, s.33(2))."""
    if request.scope["ground"] != ErasureGround.CONSENT_WITHDRAWN:
        return
    await subjects.lock(work, request.subject_ref)  # no push adds a record before the consents end
    records = await erasures.in_scope(work, request.subject_ref, *erasure_scope(request))
    purposes = sorted({row.purpose for row in records if row.purpose and row.lawful_basis in CONSENT_BASES})
    if purposes:
        given = Withdrawal(Channel(request.channel))
        await consent_withdrawals.withdraw_by_request(work, request.subject_ref, purposes, given)


async def carry_out(
    work: Work, request: RightsRequest, assessed: Sequence[ItemAssessment], decided: Sequence[ItemDecision]
) -> int:
    """Lock what was granted against every purpose, make the tasks, put off what only a period keeps.

    Returns the number of tasks.
    """
    granted = [item.ref for item in decided if item.outcome is ItemOutcome.GRANTED]
    await erasures.set_state(work, request.subject_ref, granted, "locked")
    rows = await erasures.named(work, request.subject_ref, granted)
    await _defer(work, request, assessed, {item.ref for item in decided if item.outcome is ItemOutcome.REFUSED})
    return _assign(work, request, rows)


def _assign(work: Work, request: RightsRequest, rows: Sequence[HeldRecord]) -> int:
    """One task for each system that holds granted records; paper goes to staff."""
    method = method_of(request)
    by_holder: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        on_paper = row.storage == Storage.PAPER
        kind = "destroy_paper" if on_paper else _TASKS[method]
        holder = (tasks.holder_of(row), kind)
        by_holder[holder].append(row.record_ref)
    for (system, kind), refs in sorted(by_holder.items()):
        payload = {"method": method, "right": Right.ERASURE}
        tasks.create(work, kind=kind, system=system, request=request, record_refs=refs, payload=payload)
    return len(by_holder)


async def _defer(work: Work, request: RightsRequest, assessed: Sequence[ItemAssessment], refused: set[str]) -> None:
    put_off = [
        DeferredErasure(
            subject_ref=request.subject_ref,
            record_ref=found.ref,
            request_id=request.id,
            until=found.refusable_until,
            evaluate_on=found.refusable_until + timedelta(days=1),
            method=method_of(request),
            because=[reason_document(reason) for reason in found.because],
            created_at=work.now,
        )
        for found in assessed
        if found.ref in refused and found.refusable_until is not None
    ]
    erasures.defer(work, put_off)
    await erasures.set_state(work, request.subject_ref, [row.record_ref for row in put_off], "storage_only")


async def task_done(work: Work, task: Task) -> None:
    """A system has erased, destroyed or anonymised: leave tombstones and a line in the erasure ledger, and no package with it."""
    await subjects.lock(work, task.subject_ref)
    await erasures.bury(work, task.subject_ref, task.record_refs, _STATES[task.kind])
    await erasures.end_deferred(work, task.subject_ref, task.record_refs)
    await packages.withdraw(work, task.subject_ref, task.record_refs)
    assert task.request_id is not None, "an erasure is asked for"  # noqa: S101  (only requests make these tasks)
    _to_ledger(work, task.request_id, task.subject_ref, task.record_refs, task.kind, whole_subject=False)


async def give_up(_: Work, __: RightsRequest) -> None:
    """Consents that were withdrawn stay so: whoever wants to give them again does."""


async def finish(work: Work, request: RightsRequest) -> None:
    """When everything was asked for and nothing is left, the subject's own profile and its key go too."""
    if request.scope["scope"] != "all" or await erasures.count_live(work, request.subject_ref) > 0:
        return
    subject = await subjects.lock(work, request.subject_ref)
    if subject is None or subject.erased_at is not None:
        return
    if (await erasure_assessment.profile(work, subject)).action is not RetentionAction.DISPOSE:
        return
    given = Withdrawal(Channel(request.channel))
    await consent_withdrawals.withdraw_by_request(work, subject.subject_ref, sorted(work.pack.purposes), given)
    await keys.destroy(work, subject.subject_ref, KeyPurpose.PROFILE)
    await packages.remove_all(work, subject.subject_ref)
    await message_delivery.forget_addresses(work, subject.subject_ref)
    subjects.bury(work, subject)
    audit.record(work, "subject.erased", "subject", subject.subject_ref, subject_ref=subject.subject_ref)
    _to_ledger(work, request.id, subject.subject_ref, [], method_of(request), whole_subject=True)


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
