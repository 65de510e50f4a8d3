"""Granting consent (PDPA s.19, s.20, s.26; DOMAIN "Consent", "Who may act")."""

from dataclasses import dataclass
from datetime import date

from app.core.ids import new_id
from app.core.work import PEOPLE, Work
from app.domain.capacity import CONSENT
from app.domain.consent import Binding, ConsentEvent, ConsentEventKind, ConsentStatus, check_grant
from app.domain.errors import (
    AssuranceInsufficient,
    FieldError,
    InvalidInput,
    NoticeSuperseded,
    SubjectDeceased,
    SubjectErased,
)
from app.domain.notices import current_notice
from app.domain.policy import Notice, Purpose
from app.domain.vocabulary import Assurance, Channel, ConsentQuality, Language
from app.repositories import consents
from app.repositories.consents import ConsentRecord
from app.repositories.subjects import Standing
from app.services import audit, limits, representations, subjects
from app.services import consents as records
from app.services.consents import ConsentView
from app.services.events import EventType

NEEDED = Assurance.SUBSTANTIAL
"""How surely a person must be known who consents over an own token (API 8)."""
SELF = "self"
"""In which capacity the data subject consents."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A consent as it was given. `given_by` None: by who calls; else by the subject or that representative."""

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


@dataclass(frozen=True, slots=True)
class Giver:
    """Who gave a consent, and in which capacity: `self`, or a representative's relation."""

    ref: str
    capacity: str


async def grant(work: Work, given: Grant) -> tuple[ConsentView, bool]:
    """Record a consent; tells whether it is new, for what the active one covers already changes nothing.

    A grant that says more replaces the active one and carries over what that binds: to consent to more takes nothing
    back. Under another notice or for another time it binds exactly what it says itself. One that the person gives to
    direct marketing, after an objection to it, is always new and ends that objection.

    Raises `NotFound`, `SubjectErased`, `SubjectDeceased`, `InvalidInput`, `RepresentativeRequired`,
    `SubjectAgreementMissing`, `AssuranceInsufficient`, `NoticeSuperseded`, and what `domain.consent.check_grant` raises.
    """
    subject = await lock_living(work, given.subject_ref)
    binding = _bind(work, given)
    giver = await check_giver(work, subject, given.given_by, given.subject_agreed)
    notice = _notice_shown(work, given)
    changed_mind = await limits.consented(work, subject.subject_ref, given.purpose)
    former = next(iter(await consents.list_open(work, subject.subject_ref, [given.purpose])), None)
    if former is not None:
        active = records.status_now(work, former) is ConsentStatus.ACTIVE
        if active and not changed_mind and _covers(former, given, binding, notice):
            return records.standing(work, former), False
        if active and _adds_to(former, given, notice):
            binding = _together(work.pack.purposes[given.purpose], former, binding)
        await _end(work, former)
    consent = await _keep(work, given, binding, giver, notice)
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
        given_as=consent.given_as,
        replaces=str(former.id) if former is not None else None,
    )
    return records.standing(work, consent), True


async def lock_living(work: Work, subject_ref: str) -> Standing:
    """The subject, whose row orders all that happens to its consents.

    Raises `NotFound`, `SubjectErased`, `SubjectDeceased`.
    """
    subject = await subjects.standing(work, subject_ref, lock=True)
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


async def check_giver(work: Work, subject: Standing, given_by: str | None, subject_agreed: bool | None) -> Giver:
    """Those whose word the consent needs, known surely enough. Staff and systems vouch for what they record.

    Raises `RepresentativeRequired`, `SubjectAgreementMissing`, `AssuranceInsufficient`.
    """
    relation = await representations.check_acts(
        work,
        subject.subject_ref,
        representations.person_of(subject),
        CONSENT,
        by=given_by,
        subject_agreed=subject_agreed,
    )
    if not work.actor.everyone and work.actor.assurance.rank < NEEDED.rank:
        raise AssuranceInsufficient(NEEDED)
    if relation is None:
        return Giver(subject.subject_ref, SELF)
    return Giver(str(representations.acting(work, subject.subject_ref, given_by)), relation)


def _notice_shown(work: Work, given: Grant) -> Notice:
    notice = current_notice(work.pack.notices.values(), given.purpose, work.today)
    if notice is None or notice.version != given.notice_version:
        raise NoticeSuperseded
    return notice


def _covers(active: ConsentRecord, given: Grant, binding: Binding, notice: Notice) -> bool:
    return (
        set(binding.categories) <= set(active.categories)
        and set(binding.recipients) <= set(active.recipients)
        and active.explicit >= given.explicit
        and _adds_to(active, given, notice)
    )


def _adds_to(active: ConsentRecord, given: Grant, notice: Notice) -> bool:
    return (
        active.notice_sha256 == notice.content_sha256
        and active.expires_on == given.expires_on
        and active.quality == ConsentQuality.SOUND
    )


def _together(purpose: Purpose, active: ConsentRecord, binding: Binding) -> Binding:
    """Both, the categories in the order of the purpose, those that it has dropped since the grant among them no more."""
    together = {*active.categories, *binding.categories}
    return Binding(
        categories=tuple(code for code in purpose.categories if code in together),
        recipients=tuple(dict.fromkeys([*active.recipients, *binding.recipients])),
        explicit=active.explicit or binding.explicit,
    )


async def _end(work: Work, former: ConsentRecord) -> None:
    """Close the open consent that a new one replaces: it has ended by itself already, or is superseded now."""
    ended = records.end_of(work, former)
    if ended is not None and ended.at <= work.now:
        await records.end(work, former, ended.kind, ended.at, actor=records.BY_ITSELF)
    else:
        await records.end(work, former, ConsentEventKind.SUPERSEDED, records.next_instant(work, former))


async def _keep(work: Work, given: Grant, binding: Binding, giver: Giver, notice: Notice) -> ConsentRecord:
    consent_id = new_id(work.now)
    place = records.evidence_place(consent_id)
    consent = ConsentRecord(
        id=consent_id,
        subject_ref=given.subject_ref,
        purpose=given.purpose,
        categories=binding.categories,
        recipients=binding.recipients,
        explicit=binding.explicit,
        notice_version=notice.version,
        notice_sha256=notice.content_sha256,
        channel=given.channel,
        language=given.language,
        given_by=giver.ref,
        given_as=giver.capacity,
        subject_agreed=given.subject_agreed,
        evidence=await records.seal_evidence(work, given.subject_ref, given.evidence, place),
        assurance=_reached(work),
        granted_at=work.now,
        withdrawn_at=None,
        ended_at=None,
        expires_on=given.expires_on,
        quality=ConsentQuality.SOUND,
        wording=(),
        policy=work.pack.sha256,
        version=1,
        happened=(ConsentEvent(work.now, ConsentEventKind.GRANTED),),
    )
    granted = await records.event_row(
        work, given.subject_ref, ConsentEventKind.GRANTED, work.now, channel=given.channel
    )
    await consents.add(work, consent, granted)
    return consent


def _reached(work: Work) -> Assurance:
    """How surely the giver was known: a token of staff or of a system says nothing about that (API 8)."""
    return work.actor.assurance if work.actor.roles & PEOPLE and not work.actor.everyone else Assurance.NONE
