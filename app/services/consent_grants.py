"""Granting consent (PDPA s.19, s.20, s.26; DOMAIN "Consent", "Who may act")."""

from dataclasses import dataclass, replace
from datetime import date

from app.core.ids import new_id
from app.core.work import Work
from app.domain.capacity import age_state, check_who_consents, read_birth
from app.domain.consent import Binding, ConsentEventKind, ConsentStatus, check_grant
from app.domain.errors import (
    AssuranceInsufficient,
    FieldError,
    InvalidInput,
    NotFound,
    NoticeSuperseded,
    RepresentativeRequired,
    SubjectDeceased,
    SubjectErased,
)
from app.domain.notices import current_notice
from app.domain.policy import Notice
from app.domain.vocabulary import Assurance, Channel, Language, LegalCapacity
from app.models.consent import Consent
from app.models.subject import Subject
from app.repositories import consents
from app.repositories import subjects as registered
from app.services import audit, subjects
from app.services import consents as records
from app.services.consents import ConsentView
from app.services.events import EventType

NEEDED = Assurance.SUBSTANTIAL
"""How surely a person must be known who consents over an own token (API 8)."""
SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Grant:
    """A consent as it was given. `given_by` None: by the subject; else by that representative."""

    subject_ref: str
    purpose: str
    notice_version: str
    channel: Channel
    language: Language
    categories: tuple[str, ...] | None = None
    recipients: tuple[str, ...] | None = None
    explicit: bool = False
    given_by: str | None = None
    subject_agreed: bool | None = None
    evidence: str | None = None
    expires_on: date | None = None


async def grant(work: Work, given: Grant) -> tuple[ConsentView, bool]:
    """Record a consent; tells whether it is new, for what the active one covers already changes nothing.

    A grant that says more replaces the active one and carries over what that binds: to consent to more takes nothing
    back. Under another notice or for another time it binds exactly what it says itself.

    Raises `NotFound`, `SubjectErased`, `SubjectDeceased`, `InvalidInput`, `RepresentativeRequired`,
    `SubjectAgreementMissing`, `AssuranceInsufficient`, `NoticeSuperseded`, and what `domain.consent.check_grant` raises.
    """
    subject = await _lock_living(work, given.subject_ref)
    binding = _bind(work, given)
    _check_giver(work, subject, given)
    notice = _notice_shown(work, given)
    former = next(iter(await consents.lock_open(work, subject.subject_ref, [given.purpose])), None)
    if former is not None:
        view = records.standing(work, former, await records.events_of(work, former))
        if view.status is ConsentStatus.ACTIVE and _covers(former, given, binding, notice):
            return view, False
        if view.status is ConsentStatus.ACTIVE and _adds_to(former, given, notice):
            given, binding = _with(former, given, binding)
        await _end(work, former)
    consent = await _keep(work, given, binding, notice)
    records.announce(work, EventType.CONSENT_GRANTED, consent)
    audit.record(
        work,
        "consent.granted",
        "consent",
        consent.id,
        subject_ref=consent.subject_ref,
        purpose=consent.purpose,
        categories=consent.categories,
        notice_version=consent.notice_version,
        channel=consent.channel,
        replaces=str(former.id) if former is not None else None,
    )
    return records.standing(work, consent, await records.events_of(work, consent)), True


async def _lock_living(work: Work, subject_ref: str) -> Subject:
    """The subject's row orders all that happens to its consents."""
    await subjects.visible(work, subject_ref)
    subject = await registered.lock(work, subject_ref)
    if subject is None:
        raise NotFound
    if subject.erased_at is not None:
        raise SubjectErased
    if subject.deceased_on is not None and subject.deceased_on <= work.today:
        raise SubjectDeceased
    return subject


def _bind(work: Work, given: Grant) -> Binding:
    purpose = work.pack.purposes.get(given.purpose)
    if purpose is None:
        raise InvalidInput([FieldError("/purpose", "not_allowed")])
    if given.expires_on is not None and given.expires_on < work.today:
        raise InvalidInput([FieldError("/expires_on", "out_of_range")])
    return check_grant(
        purpose, work.pack, categories=given.categories, recipients=given.recipients, explicit=given.explicit
    )


def _check_giver(work: Work, subject: Subject, given: Grant) -> None:
    """Those whose word the consent needs, known surely enough. Staff and systems vouch for what they record."""
    by_representative = given.given_by not in {None, subject.subject_ref}
    born_on = read_birth(subject.born_on) if subject.born_on is not None else None
    check_who_consents(
        age_state(born_on, work.today, subject.married_on),
        LegalCapacity(subject.legal_capacity),
        by_representative=by_representative,
        subject_agreed=given.subject_agreed is True,
    )
    if by_representative:
        raise RepresentativeRequired  # nobody holds an effective representation before representatives are registered
    if work.actor.is_subject(subject.subject_ref) and work.actor.assurance.rank < NEEDED.rank:
        raise AssuranceInsufficient(NEEDED)


def _notice_shown(work: Work, given: Grant) -> Notice:
    notice = current_notice(work.pack.notices.values(), given.purpose, work.today)
    if notice is None or notice.version != given.notice_version:
        raise NoticeSuperseded
    return notice


def _covers(active: Consent, given: Grant, binding: Binding, notice: Notice) -> bool:
    return (
        set(binding.categories) <= set(active.categories)
        and set(binding.recipients) <= set(active.recipients)
        and active.explicit >= given.explicit
        and _adds_to(active, given, notice)
    )


def _adds_to(active: Consent, given: Grant, notice: Notice) -> bool:
    return (
        active.notice_sha256 == notice.content_sha256
        and active.expires_on == given.expires_on
        and active.quality == SOUND
    )


def _with(active: Consent, given: Grant, binding: Binding) -> tuple[Grant, Binding]:
    together = replace(
        binding,
        categories=tuple(dict.fromkeys([*active.categories, *binding.categories])),
        recipients=tuple(dict.fromkeys([*active.recipients, *binding.recipients])),
    )
    return replace(given, explicit=active.explicit or given.explicit), together


async def _end(work: Work, former: Consent) -> None:
    """Close the open consent that a new one replaces: it has expired already, or is superseded now."""
    history = await records.events_of(work, former)
    ends = records.expires_at(former.expires_on)
    if ends is not None and records.status_now(work, former, history) is ConsentStatus.EXPIRED:
        former.ended_at = ends
        await records.happens(work, former, ConsentEventKind.EXPIRED, ends, channel=None, actor=records.LAPSE_OF_TIME)
        records.announce(work, EventType.CONSENT_EXPIRED, former)
    else:
        former.ended_at = records.next_instant(work, history)
        await records.happens(
            work, former, ConsentEventKind.SUPERSEDED, former.ended_at, channel=None, actor=work.actor.sub
        )
    former.version += 1


async def _keep(work: Work, given: Grant, binding: Binding, notice: Notice) -> Consent:
    consent_id = new_id(work.now)
    place = f"consent/{consent_id}/evidence"
    evidence = await records.seal_evidence(work, given.subject_ref, given.evidence, place)
    consent = Consent(
        id=consent_id,
        subject_ref=given.subject_ref,
        purpose=given.purpose,
        categories=list(binding.categories),
        recipients=list(binding.recipients),
        explicit=given.explicit,
        notice_version=notice.version,
        notice_sha256=notice.content_sha256,
        channel=given.channel,
        language=given.language,
        given_by=given.given_by or given.subject_ref,
        subject_agreed=given.subject_agreed,
        evidence=evidence,
        assurance=_reached(work, given.subject_ref),
        granted_at=work.now,
        expires_on=given.expires_on,
        quality=SOUND,
        policy=work.pack.sha256,
    )
    await consents.add(work, consent)
    await records.happens(
        work, consent, ConsentEventKind.GRANTED, work.now, channel=given.channel, actor=work.actor.sub
    )
    return consent


def _reached(work: Work, subject_ref: str) -> Assurance:
    """How surely the person was known: a token of staff or of a system says nothing about that (API 8)."""
    return work.actor.assurance if work.actor.is_subject(subject_ref) else Assurance.NONE
