"""Representatives: registered with evidence, effective once staff have approved them (PDPA s.20; DOMAIN "Who may act").

Who may act for whom is decided by `domain.capacity`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta

from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.capacity import Person, ends_on, is_effective
from app.domain.errors import (
    FieldError,
    Forbidden,
    InvalidInput,
    NotFound,
    SubjectErased,
    VersionConflict,
)
from app.domain.vocabulary import Permission, Relation
from app.models.subject import Subject
from app.repositories import representations
from app.repositories import subjects as registered_subjects
from app.repositories.representations import Registered, person_of
from app.services import audit, events, keys, subjects
from app.services.events import EventType
from app.services.keys import KeyPurpose


@dataclass(frozen=True, slots=True)
class Evidence:
    """The paper that proves a power: what it is, its number, who issued it and when."""

    kind: str
    number: str | None
    issued_by: str | None
    issued_on: date | None


@dataclass(frozen=True, slots=True)
class Registration:
    """A power as it is registered. `rights`: request kinds and `consent`, or `all` alone."""

    relation: Relation
    rights: Sequence[str]
    valid_from: date
    valid_until: date | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class RepresentationView:
    """A representation as one actor may see it.

    `effective`: today. `ends_on`: the last day on which it can be, as far as is known. The evidence is its kind alone
    for those who can't register representatives, and None once its key is destroyed.
    """

    subject_ref: str
    representative_ref: str
    relation: str
    rights: Sequence[str]
    valid_from: date
    valid_until: date | None
    evidence: Evidence | None
    approved_by: str | None
    approved_at: datetime | None
    effective: bool
    ends_on: date | None
    registered_at: datetime
    version: int


async def see(work: Work, path: Mapping[str, str]) -> None:
    """Whether the actor may see the representation that a path names. Raises `NotFound`."""
    await _visible(work, path["subject_ref"], path["representative_ref"])


async def put(
    work: Work, subject_ref: str, representative_ref: str, given: Registration, expected_version: int | None
) -> tuple[RepresentationView, bool]:
    """Register or replace a representation, which then waits for approval; tells whether it is new.

    Raises `NotFound`, `SubjectErased`, `InvalidInput`, `VersionConflict`.
    """
    subject = await _lock(work, subject_ref)
    _check(work.today, subject_ref, representative_ref, given)
    former = await representations.find(work, subject_ref, representative_ref)
    _check_version(former, expected_version)
    row = Registered(
        subject_ref=subject_ref,
        representative_ref=representative_ref,
        relation=given.relation,
        rights=sorted(set(given.rights)),
        valid_from=given.valid_from,
        valid_until=given.valid_until,
        evidence=await _seal(work, subject_ref, representative_ref, given.evidence),
        registered_by=work.actor.sub,
        registered_at=work.now,
        version=former.version + 1 if former is not None else 1,
    )
    await representations.save(work, row)
    _record(work, "representation.registered" if former is None else "representation.replaced", row)
    return await _view(work, row, person_of(subject)), former is None


async def approve(
    work: Work, subject_ref: str, representative_ref: str, expected_version: int | None
) -> RepresentationView:
    """Let a representation have its effect; one that was approved before stays as it was.

    Raises `NotFound`, `Forbidden` for the representative and the subject themselves, `SubjectErased`, `VersionConflict`.
    """
    subject = await _lock(work, subject_ref)
    if work.actor.subject_ref in {subject_ref, representative_ref}:
        raise Forbidden
    row = await _visible(work, subject_ref, representative_ref)
    if row.approved_at is None:
        _check_version(row, expected_version)
        row = replace(row, approved_by=work.actor.sub, approved_at=work.now, version=row.version + 1)
        await representations.save(work, row)
        events.announce(
            work,
            EventType.REPRESENTATION_APPROVED,
            subject_ref=subject_ref,
            representative_ref=representative_ref,
            relation=row.relation,
        )
        _record(work, EventType.REPRESENTATION_APPROVED, row)
    return await _view(work, row, person_of(subject))


async def end(
    work: Work, subject_ref: str, representative_ref: str, expected_version: int | None
) -> RepresentationView:
    """End a representation: yesterday was its last day. It stays registered, for it proves what was done under it.

    Raises `NotFound`, `SubjectErased`, `VersionConflict`.
    """
    subject = await _lock(work, subject_ref)
    row = await _visible(work, subject_ref, representative_ref)
    if row.valid_until is None or row.valid_until >= work.today:
        _check_version(row, expected_version)
        row = replace(row, valid_until=work.today - timedelta(days=1), version=row.version + 1)
        await representations.save(work, row)
        _record(work, "representation.ended", row)
    return await _view(work, row, person_of(subject))


async def read(work: Work, subject_ref: str, representative_ref: str) -> RepresentationView:
    """One representation. Raises `NotFound`."""
    subject = await subjects.visible(work, subject_ref)
    row = await _visible(work, subject_ref, representative_ref)
    _note_reading(work, subject_ref, [row])
    return await _view(work, row, person_of(subject))


async def page(work: Work, subject_ref: str, cursor: str | None, limit: int) -> Page[RepresentationView]:
    """Who may stand for a subject, by reference; those too whose time is over or to come. Raises `NotFound`, `BadCursor`."""
    subject = await subjects.visible(work, subject_ref)
    scope = f"representations {subject_ref}"
    after = decode_cursor(work.ring, scope, cursor)[0] if cursor is not None else None
    rows = await representations.list_of(work, subject_ref, after, limit + 1)
    shown = rows[:limit]
    _note_reading(work, subject_ref, shown)
    more = encode_cursor(work.ring, scope, [shown[-1].representative_ref]) if len(rows) > limit else None
    person = person_of(subject)
    await keys.load(work, {subject_ref}, KeyPurpose.EVIDENCE)
    return Page([await _view(work, row, person) for row in shown], more)


async def _lock(work: Work, subject_ref: str) -> Subject:
    await subjects.visible(work, subject_ref)
    subject = await registered_subjects.lock(work, subject_ref)
    if subject is None:
        raise NotFound
    if subject.erased_at is not None:
        raise SubjectErased
    return subject


async def _visible(work: Work, subject_ref: str, representative_ref: str) -> Registered:
    await subjects.visible(work, subject_ref)
    row = await representations.find(work, subject_ref, representative_ref)
    if row is None:
        raise NotFound
    return row


def _check(today: date, subject_ref: str, representative_ref: str, given: Registration) -> None:
    """That the paper can be what it is said to be. Whom a relation lets act, and when, is asked at the act, not here."""
    errors = []
    if representative_ref == subject_ref:
        errors.append(FieldError("/path/representative_ref", "not_allowed"))
    if given.valid_until is not None and given.valid_until < given.valid_from:
        errors.append(FieldError("/valid_until", "out_of_range"))
    if given.evidence.issued_on is not None and given.evidence.issued_on > today:
        errors.append(FieldError("/evidence/issued_on", "out_of_range"))
    if errors:
        raise InvalidInput(errors)


def _check_version(row: Registered | None, expected: int | None) -> None:
    if expected is not None and (row is None or row.version != expected):
        raise VersionConflict


def _record(work: Work, action: str, row: Registered) -> None:
    audit.record(
        work,
        action,
        "representation",
        f"{row.subject_ref}/{row.representative_ref}",
        subject_ref=row.subject_ref,
        relation=row.relation,
        rights=row.rights,
        valid_from=row.valid_from.isoformat(),
        valid_until=row.valid_until.isoformat() if row.valid_until is not None else None,
    )


def _note_reading(work: Work, subject_ref: str, rows: Sequence[Registered]) -> None:
    """Papers name people: who reads them is recorded, whole pages in one entry."""
    if rows and work.actor.may(Permission.REPRESENTATION_WRITE):
        read = [row.representative_ref for row in rows]
        audit.record(
            work, "representation.evidence_read", "subject", subject_ref, subject_ref=subject_ref, representatives=read
        )


async def _view(work: Work, row: Registered, person: Person) -> RepresentationView:
    power = row.power
    return RepresentationView(
        subject_ref=row.subject_ref,
        representative_ref=row.representative_ref,
        relation=row.relation,
        rights=row.rights,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        evidence=await _evidence(work, row),
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        effective=is_effective(power, person, work.today),
        ends_on=ends_on(power, person),
        registered_at=row.registered_at,
        version=row.version,
    )


async def _seal(work: Work, subject_ref: str, representative_ref: str, evidence: Evidence) -> bytes:
    content = {**asdict(evidence), "issued_on": evidence.issued_on and evidence.issued_on.isoformat()}
    return await keys.seal(work, subject_ref, KeyPurpose.EVIDENCE, content, _place(representative_ref))


async def _evidence(work: Work, row: Registered) -> Evidence | None:
    place = _place(row.representative_ref)
    content = await keys.unseal(work, row.subject_ref, KeyPurpose.EVIDENCE, row.evidence, place)
    if not isinstance(content, Mapping):
        return None
    if not work.actor.may(Permission.REPRESENTATION_WRITE):
        return Evidence(content["kind"], None, None, None)
    return Evidence(**{**content, "issued_on": date.fromisoformat(content["issued_on"])})


def _place(representative_ref: str) -> str:
    return f"representation/{representative_ref}/evidence"
