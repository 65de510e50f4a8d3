"""Deletion cases: data was collected without the consent that the Act wants (PDPA s.20; policy clause 13; LAW A11, T-11).

A case opens the moment that this is found, by what is registered about the subject or by staff, and its clock starts.
How it ends is in `services.deletion_handling`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from app.core.clock import today_in_bangkok
from app.core.ids import new_id
from app.core.work import Work
from app.domain.calendar import Calendar
from app.domain.capacity import Person
from app.domain.deletion_cases import DeletionOutcome, DeletionReason, decide_by, lacking, without_consent
from app.domain.notices import superseded_at
from app.repositories import deletion_cases
from app.repositories.deletion_cases import Case, Given
from app.services import audit, deletion_case_reminders, events, keys
from app.services.events import EventType
from app.services.keys import KeyPurpose

OPEN, CLOSED = "open", "closed"
SELF = "self"
"""In which capacity a subject consents who consents alone."""


async def look(work: Work, subject_ref: str) -> None:
    """Open a case for what, by all that is known of the subject now, was consented to or is held without the word it needs.

    For whoever changes a subject, which is locked, and has written the change.
    """
    await _look_at_consents(work, subject_ref)
    await look_at_records(work, [subject_ref])


async def _look_at_consents(work: Work, subject_ref: str) -> None:
    alone = await given_alone(work, subject_ref)
    if not any(alone.values()):
        return
    settled = _settled(await deletion_cases.of_subject(work, subject_ref))
    for reason in DeletionReason:
        found = [one for one in alone[reason] if one.consent_id not in settled]
        if found:
            await open_case(work, subject_ref, reason, [one.purpose for one in found], found, None)


async def look_at_records(work: Work, subject_refs: Collection[str]) -> None:
    """Open a case for each of the subjects who, not acting alone today, never had the consent their records are held on.

    Records on any other basis, or on none that is stated, show nothing. The subjects are locked.
    """
    known = await deletion_cases.persons(work, subject_refs)
    reasons = {ref: reason for ref, person in known.items() if (reason := _reason_today(work, person)) is not None}
    resting = await deletion_cases.held_on_consent(work, reasons) if reasons else {}
    if not resting:
        return
    cases: dict[str, list[Case]] = {ref: [] for ref in resting}
    for case in await deletion_cases.of_subjects(work, resting):
        cases[case.subject_ref].append(case)
    asked = [case.request_id for former in cases.values() for case in former if case.request_id is not None]
    erasing = await deletion_cases.still_asked(work, asked) if asked else frozenset()
    for ref, held in resting.items():
        consented = _consented(work, known[ref], held.consents, _settled(cases[ref]))
        dealt_with = [case.purposes for case in cases[ref] if _is_dealt_with(case, reasons[ref], erasing)]
        found = without_consent(held.purposes, consented).difference(*([None, *purposes] for purposes in dealt_with))
        if found:
            await open_case(work, ref, reasons[ref], sorted(filter(None, found)), concerned=[], note=None)


def _reason_today(work: Work, person: Person) -> DeletionReason | None:
    """Whose word the subject needs today; the dead need nobody's, for the Act protects the living."""
    return None if person.dead(work.today) else lacking(person, work.today, work.pack.minors_alone)


def _consented(work: Work, person: Person, consents: Sequence[Given], settled: Collection[UUID]) -> frozenset[str]:
    """The purposes to which a consent is active that was given by whom it needs."""
    return frozenset(
        one.purpose
        for one in consents
        if _is_active(work, one)
        and (one.given_as != SELF or one.consent_id in settled or _lacking(work, person, one) is None)
    )


def _is_active(work: Work, one: Given) -> bool:
    fresh = superseded_at(work.pack.notices.values(), one.purpose, one.granted_at, one.notice_version)
    return (one.expires_on is None or one.expires_on >= work.today) and (fresh is None or fresh > work.now)


def _lacking(work: Work, person: Person, one: Given) -> DeletionReason | None:
    return lacking(person, today_in_bangkok(one.granted_at), work.pack.minors_alone)


def _is_dealt_with(case: Case, reason: DeletionReason, erasing: Collection[UUID]) -> bool:
    """Whether a former case answers for what it was about: kept on another basis, being erased, or said to be in order."""
    if case.outcome == DeletionOutcome.UNFOUNDED:
        return case.reason == reason != DeletionReason.MINOR_WITHOUT_PARENT
    return case.outcome == DeletionOutcome.KEEP or case.request_id in erasing


def _settled(cases: Sequence[Case]) -> Collection[UUID]:
    """The consents of which somebody has said that the court's order came after them."""
    return {
        consent_id
        for case in cases
        if case.outcome == DeletionOutcome.UNFOUNDED and case.reason != DeletionReason.MINOR_WITHOUT_PARENT
        for consent_id in case.consent_ids
    }


async def open_case(
    work: Work,
    subject_ref: str,
    reason: DeletionReason,
    purposes: Sequence[str],
    concerned: Sequence[Given],
    note: str | None,
) -> tuple[Case, bool]:
    """A new case, or the one that is open for the same reason, whose clock runs on; tells which."""
    cases = await deletion_cases.of_subject(work, subject_ref)
    former = next((case for case in cases if case.status == OPEN and case.reason == reason), None)
    case = former or Case(
        id=new_id(work.now),
        subject_ref=subject_ref,
        reason=reason,
        purposes=[],
        consent_ids=[],
        found_by=work.actor.sub,
        found_at=work.now,
        decide_by=decide_by(work.today, Calendar.of(work.pack)),
    )
    grown = replace(
        case,
        purposes=list(dict.fromkeys([*case.purposes, *purposes])),
        consent_ids=list(dict.fromkeys([*case.consent_ids, *(one.consent_id for one in concerned)])),
    )
    if former is None:
        grown = replace(grown, note=await add_note(work, grown, "opened", note))
        await deletion_cases.save(work, grown)
        await deletion_case_reminders.follow(work, grown.id, grown.decide_by)
        announce(work, EventType.DELETION_CASE_OPENED, grown)
    elif grown != former:
        grown = replace(grown, version=former.version + 1)
        await deletion_cases.save(work, grown)
        record(work, "deletion_case.extended", grown)
    return grown, former is None


async def given_alone(work: Work, subject_ref: str) -> Mapping[DeletionReason, Sequence[Given]]:
    """The consents in force that the subject gave alone and could not, by whose word they lack."""
    in_force, person = await deletion_cases.consents_in_force(work, subject_ref)
    found: dict[DeletionReason, list[Given]] = {reason: [] for reason in DeletionReason}
    for one in in_force:
        if one.given_as == SELF:
            reason = _lacking(work, person, one)
            if reason is not None:
                found[reason].append(one)
    return found


async def add_note(work: Work, case: Case, of: str, text: str | None) -> bytes | None:
    """The sealed notes of a case with one more, `of` its opening or its closing; unchanged where nothing is said."""
    if text is None:
        return case.note
    notes = {**await notes_of(work, case), of: text}
    return await keys.seal(work, case.subject_ref, KeyPurpose.EVIDENCE, notes, _place(case.id))


async def notes_of(work: Work, case: Case) -> Mapping[str, str]:
    """What was noted, by `opened` and `closed`; nothing once the key is destroyed."""
    notes = await keys.unseal(work, case.subject_ref, KeyPurpose.EVIDENCE, case.note, _place(case.id))
    return notes if isinstance(notes, Mapping) else {}


def announce(work: Work, event: EventType, case: Case) -> None:
    """Tell the systems that a case was opened or closed, and audit it."""
    told = {"reason": case.reason, "decide_by": case.decide_by.isoformat(), "outcome": case.outcome}
    events.announce(work, event, case_id=str(case.id), subject_ref=case.subject_ref, **told)
    record(work, event, case)


def record(work: Work, action: str, case: Case) -> None:
    """Audit what was done to a case."""
    audit.record(
        work,
        action,
        "deletion_case",
        case.id,
        subject_ref=case.subject_ref,
        reason=case.reason,
        purposes=case.purposes,
        decide_by=case.decide_by.isoformat(),
        outcome=case.outcome,
        basis=case.basis,
        request_id=str(case.request_id) if case.request_id is not None else None,
    )


def _place(case_id: UUID) -> str:
    return f"deletion_case/{case_id}/note"
