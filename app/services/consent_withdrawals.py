"""Withdrawing consent: by any channel, never refused but by a law that is named, in force at once (PDPA s.19)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.work import Work
from app.domain.consent import ConsentEventKind, check_consent_based, check_withdrawal
from app.domain.errors import AssuranceInsufficient, FieldError, InvalidInput, NotFound, VersionConflict
from app.domain.partial_withdrawal import check_part
from app.domain.vocabulary import Assurance, Channel, Right
from app.repositories import consents
from app.repositories import subjects as registered
from app.repositories.consents import ConsentRecord
from app.repositories.subjects import Standing
from app.services import audit, consent_remainders, representations, subjects
from app.services import consents as records
from app.services.consent_grants import NEEDED, SELF
from app.services.consents import ConsentView


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """How a withdrawal reached the controller; `reason` is never asked for, and sealed where it is told.

    `on_behalf_by`: the representative who withdraws; None: who calls, or the subject whose word staff or a system records.
    `categories`: those that are taken back; None: all.
    """

    channel: Channel
    reason: str | None = None
    on_behalf_by: str | None = None
    categories: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A consent that was withdrawn; `remaining`: the record of what stays in force of it, None for nothing."""

    consent: ConsentView
    remaining: UUID | None


async def withdraw(work: Work, consent_id: UUID, given: Withdrawal, expected_version: int | None) -> Withdrawn:
    """Withdraw a consent or a part of it; one that was withdrawn before stays as it was.

    Withdrawing a record withdraws from what came of it too, be it the newer grant that replaced it or the rest of a
    withdrawal in part: what the person wants to end is the purpose. Only what they granted after a withdrawal stands.
    Raises `NotFound`, `InvalidInput` (a category that it does not bind), `RepresentativeRequired`,
    `AssuranceInsufficient`, `WithdrawRestrictedByLaw`, `VersionConflict`.
    """
    found = await consents.get(work, consent_id)
    subject = await subjects.standing(work, records.NOBODY if found is None else found.subject_ref, lock=True)
    assert found is not None, "nobody is never visible"  # noqa: S101  (the statement before makes it so)
    check_part(found.categories, given.categories or ())
    opened = {one.id: one for one in await consents.list_open(work, found.subject_ref, [found.purpose])}
    consent = opened.pop(consent_id, None) or await _again(work, consent_id)
    unended = consent.withdrawn_at is None
    successors = [one for one in opened.values() if unended or one.granted_at <= consent.granted_at]
    concerned = [consent, *successors] if unended else successors
    if concerned:
        if purpose := work.pack.purposes.get(consent.purpose):
            check_withdrawal(purpose)
        await _check_who_withdraws(work, subject, concerned, given)
        if unended and expected_version not in {None, consent.version}:
            raise VersionConflict
    remaining = None
    if unended:
        consent, remaining = await _end_part(work, consent, given)
    for successor in successors:
        remaining = await _take_from(work, successor, given)
    return Withdrawn(records.standing(work, consent), remaining)


async def withdraw_purposes(
    work: Work, subject_ref: str, purposes: Sequence[str] | None, given: Withdrawal
) -> list[ConsentView]:
    """Withdraw what the subject has consented to for some purposes, or for all (None); what is not open is passed over.

    Raises `NotFound`, `RepresentativeRequired`, `AssuranceInsufficient`; for purposes that are named, `InvalidInput`
    (unknown), `WithdrawRestrictedByLaw` and `NotConsentBased`.
    """
    subject = await subjects.standing(work, subject_ref, lock=True)
    _check_named(work, purposes or ())
    concerned = [one for one in await consents.list_open(work, subject_ref, purposes) if _may_end(work, one)]
    await _check_who_withdraws(work, subject, concerned, given)
    return [records.standing(work, await _end(work, consent, given)) for consent in concerned]


async def withdraw_by_request(work: Work, subject_ref: str, purposes: Sequence[str], given: Withdrawal) -> None:
    """Withdraw what a rights request withdraws, whose identity is proven: what a law restricts is passed over."""
    if await registered.standing(work, subject_ref, lock=True) is None:
        raise NotFound
    for consent in await consents.list_open(work, subject_ref, purposes):
        if _may_end(work, consent):
            await _end(work, consent, given)


async def _again(work: Work, consent_id: UUID) -> ConsentRecord:
    """The consent as it is since its subject is locked."""
    consent = await consents.get(work, consent_id)
    assert consent is not None, "a consent is never removed"  # noqa: S101  (it was seen before)
    return consent


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


def _may_end(work: Work, consent: ConsentRecord) -> bool:
    """Whether no law restricts the withdrawal; a purpose that the policy has dropped restricts nothing."""
    purpose = work.pack.purposes.get(consent.purpose)
    return purpose is None or purpose.statutory_instrument is None


async def _check_who_withdraws(
    work: Work, subject: Standing, concerned: Sequence[ConsentRecord], given: Withdrawal
) -> None:
    """The rule of granting holds for withdrawing too (PDPA s.20), whoever records it.

    What was given by a representative, staff and systems record as withdrawn by that one, whose power may have ended
    since: no consent stays because nobody is left to take it back. What a person does over a token of their own needs
    no more assurance than granting did.
    """
    if work.actor.everyone and given.on_behalf_by is None and all(one.given_as != SELF for one in concerned):
        return
    person = representations.person_of(subject)
    await representations.check_acts(work, subject.subject_ref, person, Right.WITHDRAWAL, by=given.on_behalf_by)
    if work.actor.everyone:
        return
    needed = max((_needed(consent) for consent in concerned), key=lambda level: level.rank, default=Assurance.NONE)
    if work.actor.assurance.rank < needed.rank:
        raise AssuranceInsufficient(needed)


def _needed(consent: ConsentRecord) -> Assurance:
    """What the grant had, and no more than a grant needs: withdrawing is as easy as giving (PDPA s.19 ¶5)."""
    return min(Assurance(consent.assurance), NEEDED, key=lambda level: level.rank)


async def _take_from(work: Work, successor: ConsentRecord, given: Withdrawal) -> UUID | None:
    """Withdraw from what came of a consent; one that binds nothing of what is taken back stays as it is."""
    if given.categories is not None and set(given.categories).isdisjoint(successor.categories):
        return successor.id
    _, remaining = await _end_part(work, successor, given)
    return remaining


async def _end_part(work: Work, consent: ConsentRecord, given: Withdrawal) -> tuple[ConsentRecord, UUID | None]:
    left = consent_remainders.left_of(work, consent, given.categories)
    ended = await _end(work, consent, given)
    return ended, None if left is None else await consent_remainders.keep(work, ended, left)


async def _end(work: Work, consent: ConsentRecord, given: Withdrawal) -> ConsentRecord:
    at = records.next_instant(work, consent)
    ended = await records.end(work, consent, ConsentEventKind.WITHDRAWN, at, channel=given.channel, reason=given.reason)
    audit.record(
        work,
        "consent.withdrawn",
        "consent",
        consent.id,
        subject_ref=consent.subject_ref,
        purpose=consent.purpose,
        channel=given.channel,
        categories=given.categories,
    )
    return ended
