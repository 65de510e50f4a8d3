"""The work on deletion cases: opened by staff, listed by deadline, and dealt with (PDPA s.20; policy clause 13; LAW T-11).

A case ends with the data erased, or kept on another basis than consent; the consents that it is about end with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.deletion_cases import DeletionOutcome, DeletionReason, check_resolution
from app.domain.errors import FieldError, IllegalTransition, InvalidInput, NotFound, SubjectErased, VersionConflict
from app.domain.vocabulary import Basis, Channel, Permission
from app.models.subject import Subject
from app.repositories import deletion_cases
from app.repositories import subjects as registered
from app.repositories.deletion_cases import Case, Wanted
from app.services import audit, consent_withdrawals, keys, subjects, unlawful_data
from app.services import deletion_cases as cases
from app.services.consent_withdrawals import Withdrawal
from app.services.deletion_cases import CLOSED, OPEN, SELF
from app.services.events import EventType
from app.services.keys import KeyPurpose


@dataclass(frozen=True, slots=True)
class Finding:
    """What staff have found. `purposes` None: whatever the subject has consented to alone."""

    subject_ref: str
    reason: DeletionReason
    purposes: Sequence[str] | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a case is dealt with; `basis`: on which the data is kept."""

    outcome: DeletionOutcome
    basis: Basis | None
    note: str | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as one actor may see it; the notes are None for those who can't open cases."""

    id: UUID
    subject_ref: str
    reason: str
    purposes: Sequence[str]
    consent_ids: Sequence[UUID]
    status: str
    found_by: str
    found_at: datetime
    decide_by: date
    overdue: bool
    note: str | None
    outcome: str | None
    basis: str | None
    resolution_note: str | None
    request_id: UUID | None
    closed_by: str | None
    closed_at: datetime | None
    version: int


async def report(work: Work, finding: Finding) -> tuple[CaseView, bool]:
    """Open a case and start its clock; tells whether it is new, for one that is open already takes the finding up.

    Raises `NotFound`, `SubjectErased`, `InvalidInput`.
    """
    await subjects.visible(work, finding.subject_ref)
    subject = await _lock(work, finding.subject_ref)
    if subject.erased_at is not None:
        raise SubjectErased
    named = finding.purposes
    unknown = [at for at, code in enumerate(named or ()) if code not in work.pack.purposes]
    if unknown:
        raise InvalidInput([FieldError(f"/purposes/{at}", "not_allowed") for at in unknown])
    in_force, _ = await deletion_cases.consents_in_force(work, finding.subject_ref)
    if named is None:
        by_age = (await cases.given_alone(work, finding.subject_ref))[finding.reason]
        concerned = by_age or [one for one in in_force if one.given_as == SELF]
    else:
        concerned = [one for one in in_force if one.purpose in named]
    purposes = [one.purpose for one in concerned] if named is None else named
    case, created = await cases.open_case(work, finding.subject_ref, finding.reason, purposes, concerned, finding.note)
    return await _view(work, case), created


async def resolve(work: Work, case_id: UUID, given: Resolution, expected_version: int | None) -> CaseView:
    """Close a case; one that was closed in the same way before stays as it was.

    Raises `NotFound`, `InvalidInput`, `IllegalTransition`, `VersionConflict`, and `SubjectErased` where nothing is left
    to keep.
    """
    subject = await _lock(work, (await visible(work, case_id)).subject_ref)
    case = await visible(work, case_id)
    if case.status == CLOSED and (case.outcome, case.basis) == (given.outcome, given.basis):
        return await _view(work, case)
    if expected_version not in {None, case.version}:
        raise VersionConflict
    if case.status == CLOSED:
        raise IllegalTransition([])
    lacks = {
        one.consent_id for one in (await cases.given_alone(work, case.subject_ref))[DeletionReason.MINOR_WITHOUT_PARENT]
    }
    check_resolution(given.outcome, given.basis, still_lacking=not lacks.isdisjoint(case.consent_ids))
    if subject.erased_at is not None and given.outcome is DeletionOutcome.KEEP:
        raise SubjectErased
    case = replace(
        case,
        status=CLOSED,
        outcome=given.outcome,
        basis=given.basis,
        note=await cases.add_note(work, case, "closed", given.note),
        request_id=await _carry_out(work, subject, case, given.outcome),
        closed_by=work.actor.sub,
        closed_at=work.now,
        version=case.version + 1,
    )
    await deletion_cases.save(work, case)
    cases.announce(work, EventType.DELETION_CASE_CLOSED, case)
    return await _view(work, case)


async def _carry_out(work: Work, subject: Subject, case: Case, outcome: DeletionOutcome) -> UUID | None:
    """End the consents that lack somebody's word; returns the request under which the data is erased."""
    if outcome is DeletionOutcome.UNFOUNDED:
        return None
    in_force, _ = await deletion_cases.consents_in_force(work, case.subject_ref)
    ending = [one.purpose for one in in_force if one.consent_id in case.consent_ids]
    if ending:
        given = Withdrawal(Channel.COUNTER)
        await consent_withdrawals.withdraw_by_request(work, case.subject_ref, ending, given)
    if outcome is DeletionOutcome.KEEP or subject.erased_at is not None:
        return None
    return await unlawful_data.ask_for_erasure(work, subject, case)


async def see(work: Work, path: Mapping[str, str]) -> None:
    """Whether the actor may see the case that a path names. Raises `NotFound`."""
    await visible(work, UUID(path["case_id"]))


async def visible(work: Work, case_id: UUID) -> Case:
    """The case; only those who see everyone may ask. Raises `NotFound`."""
    case = await deletion_cases.find(work, case_id)
    if case is None:
        raise NotFound
    await subjects.visible(work, case.subject_ref)
    return case


async def read(work: Work, case_id: UUID) -> CaseView:
    """One case. Raises `NotFound`."""
    case = await visible(work, case_id)
    _note_reading(work, [case])
    return await _view(work, case)


async def page(
    work: Work, subject_ref: str | None, status: str | None, due_before: date | None, cursor: str | None, limit: int
) -> Page[CaseView]:
    """Cases by deadline; None: any. Raises `NotFound` for an unknown subject, `BadCursor`."""
    if subject_ref is not None:
        await subjects.visible(work, subject_ref)
    wanted = Wanted(subject_ref, status, due_before)
    scope = f"deletion-cases {wanted}"
    after = None
    if cursor is not None:
        due, last = decode_cursor(work.ring, scope, cursor)
        after = date.fromisoformat(due), UUID(last)
    rows = await deletion_cases.page(work, wanted, after, limit + 1)
    shown = rows[:limit]
    _note_reading(work, shown)
    more = None
    if len(rows) > limit:
        more = encode_cursor(work.ring, scope, [shown[-1].decide_by.isoformat(), str(shown[-1].id)])
    await keys.load(work, {case.subject_ref for case in shown}, KeyPurpose.EVIDENCE)
    return Page([await _view(work, case) for case in shown], more)


async def _lock(work: Work, subject_ref: str) -> Subject:
    """The subject's row orders all that happens to its cases."""
    subject = await registered.lock(work, subject_ref)
    if subject is None:
        raise NotFound
    return subject


def _note_reading(work: Work, shown: Sequence[Case]) -> None:
    """Notes are free text about people: who reads them is recorded, whole pages in one entry."""
    noted = {str(case.id): case.subject_ref for case in shown if case.note is not None}
    if noted and work.actor.may(Permission.DELETION_CASE_WRITE):
        subject_ref = shown[0].subject_ref if len(set(noted.values())) == 1 else None
        which = next(iter(noted)) if len(noted) == 1 else "page"
        audit.record(work, "deletion_case.note_read", "deletion_case", which, subject_ref=subject_ref, cases=noted)


async def _view(work: Work, case: Case) -> CaseView:
    told = work.actor.may(Permission.DELETION_CASE_WRITE)
    notes = await cases.notes_of(work, case) if told else {}
    return CaseView(
        id=case.id,
        subject_ref=case.subject_ref,
        reason=case.reason,
        purposes=case.purposes,
        consent_ids=case.consent_ids,
        status=case.status,
        found_by=case.found_by,
        found_at=case.found_at,
        decide_by=case.decide_by,
        overdue=case.status == OPEN and case.decide_by < work.today,
        note=notes.get("opened"),
        outcome=case.outcome,
        basis=case.basis,
        resolution_note=notes.get("closed"),
        request_id=case.request_id,
        closed_by=case.closed_by,
        closed_at=case.closed_at,
        version=case.version,
    )
