"""Data subjects: registered by the core banking system, seen by those who may."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.core.work import Work
from app.domain.capacity import Person, read_birth
from app.domain.errors import FieldError, InvalidInput, NotFound, NotVisible, SubjectErased, VersionConflict
from app.domain.vocabulary import Language, LegalCapacity, Permission, Role, SubjectKind
from app.models.subject import Subject
from app.repositories import subjects
from app.repositories.subjects import Standing
from app.services import audit, keys, representations
from app.services.keys import KeyPurpose

MEMBERS = frozenset({SubjectKind.MEMBER, SubjectKind.ASSOCIATE_MEMBER})
PROFILE = "subject/profile"
CONTACTS = ("phone", "email")


@dataclass(frozen=True, slots=True)
class Membership:
    """Membership of the cooperative; `ended_on` None while it lasts."""

    joined_on: date
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Contacts:
    """How a subject is reached."""

    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Particulars:
    """Everything that the core banking system says about a subject."""

    kind: SubjectKind
    born_on: str | None = None
    legal_capacity: LegalCapacity = LegalCapacity.FULL
    married_on: date | None = None
    deceased_on: date | None = None
    membership: Membership | None = None
    contacts: Contacts = field(default_factory=Contacts)
    national_id: str | None = None
    language: Language = Language.TH
    related_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubjectView:
    """A subject as one actor may see it."""

    subject_ref: str
    kind: str
    born_on: str | None
    legal_capacity: str
    married_on: date | None
    deceased_on: date | None
    membership: Membership | None
    contacts: Contacts
    national_id: str | None
    language: str
    related_to: list[str]
    masked: bool
    erased_at: datetime | None
    changed_at: datetime
    version: int


async def see(work: Work, path: Mapping[str, str]) -> None:
    """Whether the actor may see the subject that a path names. Raises `NotFound`."""
    await visible(work, path["subject_ref"])


async def see_standing(work: Work, path: Mapping[str, str]) -> None:
    """The same, on a lane that has no session. Raises `NotFound`."""
    await standing(work, path["subject_ref"])


async def see_named(work: Work, body: Mapping[str, Any]) -> None:
    """The same for the subject that a body names. Raises `NotFound`."""
    await standing(work, body["subject_ref"])


async def visible(work: Work, subject_ref: str) -> Subject:
    """The subject, if the actor may see it; an attempt on another's is recorded and answered like an unknown one.

    Raises `NotFound`.
    """
    subject = await subjects.get(work, subject_ref)
    await _check_visible(work, subject_ref)
    if subject is None:
        raise NotFound
    return subject


async def standing(work: Work, subject_ref: str, *, act: str | None = None, lock: bool = False) -> Standing:
    """What is asked of a subject before anything is done for them, in the same way; `lock` orders what happens to them.

    `act`: what a representative's power must cover, see `domain.capacity.covers`. Raises `NotFound`.
    """
    await _check_visible(work, subject_ref, act)
    found = await subjects.standing(work, subject_ref, lock=lock)
    if found is None:
        raise NotFound
    return found


async def _check_visible(work: Work, subject_ref: str, act: str | None = None) -> None:
    actor = work.actor
    if actor.everyone or actor.is_subject(subject_ref) or await representations.sees(work, subject_ref, act=act):
        return
    audit.record(work, "access.denied", "subject", subject_ref)
    raise NotVisible


async def put(
    work: Work, subject_ref: str, given: Particulars, expected_version: int | None
) -> tuple[SubjectView, bool]:
    """Register or replace a subject; tells whether it is new.

    Raises `InvalidInput`, `SubjectErased` (an erased reference is never taken again), `VersionConflict`.
    """
    _check(given, work.today)
    subject, created = await subjects.lock(work, subject_ref), False
    if subject is None:
        if expected_version is not None:
            raise VersionConflict
        subject, created = await subjects.add_unless_there(work, _blank(work, subject_ref, given))
    if subject.erased_at is not None:
        raise SubjectErased
    if expected_version not in {None, subject.version}:
        raise VersionConflict
    await _apply(work, subject, given)
    audit.record(
        work, "subject.created" if created else "subject.replaced", "subject", subject_ref, subject_ref=subject_ref
    )
    return await _view(work, subject, masked=True), created


async def read(work: Work, subject_ref: str) -> SubjectView:
    """A subject; contacts and national ID masked unless a role of the actor may see them, which is recorded.

    Raises `NotFound`.
    """
    subject = await visible(work, subject_ref)
    unmasked = work.actor.may(Permission.SUBJECT_READ_UNMASKED)
    if unmasked:
        audit.record(work, "subject.read_unmasked", "subject", subject_ref, subject_ref=subject_ref)
    return await _view(work, subject, masked=not unmasked)


async def whole(work: Work, subject: Subject) -> SubjectView:
    """A subject with nothing masked, for a copy that the person themself gets."""
    return await _view(work, subject, masked=False)


async def contacts_of(work: Work, subject_ref: str) -> Contacts:
    """All known contacts, whoever put them: for what is no secret."""
    subject = await subjects.get(work, subject_ref)
    profile = await _profile(work, subject) if subject else {}
    return Contacts(**{way: profile.get(way) for way in CONTACTS})


async def registered_contacts(work: Work, subject_ref: str) -> Contacts:
    """The contacts that the core banking system itself has put: the only ones that codes go to."""
    subject = await subjects.get(work, subject_ref)
    profile = await _profile(work, subject) if subject else {}
    registered = profile.get("registered", ())
    return Contacts(**{way: profile[way] for way in CONTACTS if way in registered})


def _check(given: Particulars, today: date) -> None:
    errors = [FieldError(pointer, "out_of_range") for pointer in _impossible(given, today)]
    if given.kind in MEMBERS and given.born_on is None:
        errors.append(FieldError("/born_on", "missing"))
    if errors:
        raise InvalidInput(errors)


def _impossible(given: Particulars, today: date) -> list[str]:
    """Pointers to the dates that no life has: born in the future, or in the wrong order. A birth partly known is its first day.

    What lies in the future otherwise counts as not yet happened.
    """
    born = read_birth(given.born_on) if given.born_on is not None else date.min
    membership = given.membership
    spans = [
        ("/born_on", born, date.min, today),
        ("/married_on", given.married_on, born, date.max),
        ("/deceased_on", given.deceased_on, born, date.max),
    ]
    if membership is not None:
        spans.append(("/membership/joined_on", membership.joined_on, born, date.max))
        spans.append(("/membership/ended_on", membership.ended_on, membership.joined_on, date.max))
    return [pointer for pointer, day, first, last in spans if day is not None and not first <= day <= last]


def _blank(work: Work, subject_ref: str, given: Particulars) -> Subject:
    return Subject(
        subject_ref=subject_ref,
        kind=given.kind,
        legal_capacity=given.legal_capacity,
        language=given.language,
        related_to=[],
        version=0,
        created_at=work.now,
        changed_at=work.now,
    )


async def _apply(work: Work, subject: Subject, given: Particulars) -> None:
    subject.kind = given.kind
    subject.born_on = given.born_on
    subject.legal_capacity = given.legal_capacity
    subject.married_on = given.married_on
    subject.deceased_on = given.deceased_on
    majority_on = Person(given.born_on, given.married_on).majority_on if given.deceased_on is None else None
    subject.comes_of_age_on = majority_on if majority_on is not None and majority_on > work.today else None
    subject.joined_on = given.membership.joined_on if given.membership else None
    subject.ended_on = given.membership.ended_on if given.membership else None
    subject.language = given.language
    subject.related_to = sorted(set(given.related_to))
    contacts = {"phone": given.contacts.phone, "email": given.contacts.email}
    registered = _registered(work, contacts, await _profile(work, subject))
    profile = {**contacts, "registered": registered, "national_id": given.national_id}
    subject.profile = await keys.seal(work, subject.subject_ref, KeyPurpose.PROFILE, profile, PROFILE)
    subject.national_id_digest = work.ring.digest("national_id", given.national_id) if given.national_id else None
    subject.changed_at = work.now
    subject.version += 1


def _registered(work: Work, contacts: Mapping[str, str | None], former: Mapping[str, Any]) -> list[str]:
    """Which contacts the core banking system stands for: those that it puts, and that nobody has changed since."""
    if Role.CORE_BANKING in work.actor.roles:
        return [way for way in CONTACTS if contacts[way] is not None]
    return [way for way in former.get("registered", ()) if contacts[way] == former[way]]


async def _profile(work: Work, subject: Subject) -> Mapping[str, Any]:
    """Contacts, which of them are registered, and national ID; empty where the key was destroyed."""
    profile = await keys.unseal(work, subject.subject_ref, KeyPurpose.PROFILE, subject.profile, PROFILE)
    return profile if isinstance(profile, Mapping) else {}


async def _view(work: Work, subject: Subject, *, masked: bool) -> SubjectView:
    profile = await _profile(work, subject)
    contacts, national_id = Contacts(profile.get("phone"), profile.get("email")), profile.get("national_id")
    return SubjectView(
        subject_ref=subject.subject_ref,
        kind=subject.kind,
        born_on=subject.born_on,
        legal_capacity=subject.legal_capacity,
        married_on=subject.married_on,
        deceased_on=subject.deceased_on,
        membership=Membership(subject.joined_on, subject.ended_on) if subject.joined_on else None,
        contacts=Contacts(mask_phone(contacts.phone), mask_email(contacts.email)) if masked else contacts,
        national_id=mask_national_id(national_id) if masked else national_id,
        language=subject.language,
        related_to=subject.related_to,
        masked=masked,
        erased_at=subject.erased_at,
        changed_at=subject.changed_at,
        version=subject.version,
    )


def mask_phone(phone: str | None) -> str | None:
    """The country code and the last four digits."""
    return phone and f"{phone[:3]}{'•' * max(len(phone) - 7, 1)}{phone[-4:]}"


def mask_email(email: str | None) -> str | None:
    """The first letter and the domain."""
    return email and f"{email[0]}•••@{email.rpartition('@')[2]}"


def mask_national_id(number: str | None) -> str | None:
    """The form `x-xxxx-xxxxx-12-3` of LAW E1."""
    return number and f"x-xxxx-xxxxx-{number[10:12]}-{number[12]}"
