"""Withdrawing consent: by any channel, never refused but by a law that is named, in force at once (PDPA s.19)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.work import Work
from app.domain.capacity import may_act_alone
from app.domain.consent import ConsentEventKind, check_consent_based, check_withdrawal
from app.domain.errors import (
    AssuranceInsufficient,
    FieldError,
    InvalidInput,
    NotFound,
    RepresentativeRequired,
    VersionConflict,
)
from app.domain.vocabulary import Assurance, Channel
from app.models.consent import Consent
from app.models.subject import Subject
from app.repositories import consents
from app.repositories import subjects as registered
from app.services import audit, subjects
from app.services import consents as records
from app.services.consent_grants import NEEDED
from app.services.consents import ConsentView
from app.services.events import EventType


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """How a withdrawal reached the controller; `reason` is never asked for, and sealed where it is told."""

    channel: Channel
    reason: str | None = None


async def withdraw(work: Work, consent_id: UUID, given: Withdrawal, expected_version: int | None) -> ConsentView:
    """Withdraw a consent; one that was withdrawn before stays as it was.

    Withdrawing a record that a newer grant has replaced withdraws the newer one too: what the person wants to end is
    the purpose. Raises `NotFound`, `RepresentativeRequired`, `AssuranceInsufficient`, `WithdrawRestrictedByLaw`,
    `VersionConflict`.
    """
    subject = await _lock(work, (await records.visible(work, consent_id)).subject_ref)
    consent = await consents.lock(work, consent_id)
    if consent.withdrawn_at is None:
        if purpose := work.pack.purposes.get(consent.purpose):
            check_withdrawal(purpose)
        _check_who_withdraws(work, subject, [consent])
        if expected_version not in {None, consent.version}:
            raise VersionConflict
        successor = await consents.lock_open(work, consent.subject_ref, [consent.purpose])
        for one in {one.id: one for one in (consent, *successor)}.values():
            await _end(work, one, given)
    return records.standing(work, consent, await records.events_of(work, consent))


async def withdraw_purposes(
    work: Work, subject_ref: str, purposes: Sequence[str] | None, given: Withdrawal
) -> list[ConsentView]:
    """Withdraw what the subject has consented to for some purposes, or for all (None); what is not open is passed over.

    Raises `NotFound`, `RepresentativeRequired`, `AssuranceInsufficient`; for purposes that are named, `InvalidInput`
    (unknown), `WithdrawRestrictedByLaw` and `NotConsentBased`.
    """
    await subjects.visible(work, subject_ref)
    subject = await _lock(work, subject_ref)
    _check_named(work, purposes or ())
    concerned = [one for one in await consents.lock_open(work, subject_ref, purposes) if _may_end(work, one)]
    _check_who_withdraws(work, subject, concerned)
    for consent in concerned:
        await _end(work, consent, given)
    return [records.standing(work, consent, await records.events_of(work, consent)) for consent in concerned]


async def withdraw_by_request(work: Work, subject_ref: str, purposes: Sequence[str], given: Withdrawal) -> None:
    """Withdraw what a rights request withdraws, whose identity is proven: what a law restricts is passed over."""
    await _lock(work, subject_ref)
    for consent in await consents.lock_open(work, subject_ref, purposes):
        if _may_end(work, consent):
            await _end(work, consent, given)


async def _lock(work: Work, subject_ref: str) -> Subject:
    """The subject's row orders all that happens to its consents."""
    subject = await registered.lock(work, subject_ref)
    if subject is None:
        raise NotFound
    return subject


def _check_named(work: Work, purposes: Sequence[str]) -> None:
    unknown = [
        FieldError(f"/purposes/{at}", "not_allowed")
        for at, code in enumerate(purposes)
        if code not in work.pack.purposes
    ]
    if unknown:
        raise InvalidInput(unknown)
    for code in purposes:
        check_withdrawal(work.pack.purposes[code])
        check_consent_based(work.pack.purposes[code])


def _may_end(work: Work, consent: Consent) -> bool:
    """Whether no law restricts the withdrawal; a purpose that the policy has dropped restricts nothing."""
    purpose = work.pack.purposes.get(consent.purpose)
    return purpose is None or purpose.statutory_instrument is None


def _check_who_withdraws(work: Work, subject: Subject, concerned: Sequence[Consent]) -> None:
    """The rule of granting holds for withdrawing too (PDPA s.20), whoever records it.

    What the subject does over a token of their own needs no more assurance than granting did.
    """
    if not may_act_alone(subject.born_on, subject.married_on, subject.legal_capacity, work.today):
        raise RepresentativeRequired  # an effective representation would be needed; none can be registered yet
    if not work.actor.is_subject(subject.subject_ref):
        return
    needed = max((_needed(consent) for consent in concerned), key=lambda level: level.rank, default=Assurance.NONE)
    if work.actor.assurance.rank < needed.rank:
        raise AssuranceInsufficient(needed)


def _needed(consent: Consent) -> Assurance:
    """What the grant had, and no more than a grant needs: withdrawing is as easy as giving (PDPA s.19 ¶5)."""
    return min(Assurance(consent.assurance), NEEDED, key=lambda level: level.rank)


async def _end(work: Work, consent: Consent, given: Withdrawal) -> None:
    at = records.next_instant(work, await records.events_of(work, consent))
    consent.withdrawn_at = at
    consent.ended_at = consent.ended_at or at
    consent.version += 1
    await records.happens(
        work,
        consent,
        ConsentEventKind.WITHDRAWN,
        at,
        channel=given.channel,
        actor=work.actor.sub,
        reason=given.reason,
    )
    records.announce(work, EventType.CONSENT_WITHDRAWN, consent)
    audit.record(
        work,
        "consent.withdrawn",
        "consent",
        consent.id,
        subject_ref=consent.subject_ref,
        purpose=consent.purpose,
        channel=given.channel,
    )
