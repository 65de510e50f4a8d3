"""Confirming a consent, as who has come of age does with what a parent gave (DOMAIN "Consent", "Who may act")."""

from dataclasses import dataclass
from uuid import UUID

from app.core.work import Work
from app.domain.confirmation import check_confirmation, is_confirmed
from app.domain.consent import ConsentEvent, ConsentEventKind
from app.domain.vocabulary import Channel
from app.repositories import consents
from app.services import audit, representations
from app.services import consents as records
from app.services.consent_grants import Giver, check_giver, lock_living
from app.services.consents import ConsentView
from app.services.events import EventType


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How a confirmation reached the controller. `given_by` None: by who calls; else by the subject or that representative."""

    channel: Channel
    given_by: str | None = None
    subject_agreed: bool | None = None


async def confirm(work: Work, consent_id: UUID, given: Confirmation) -> ConsentView:
    """Confirm a consent in force; what is confirmed already, and since the subject came of age, stays as it is.

    It changes nothing that the consent binds, and heals no doubtful wording: that needs a grant under a notice.
    Raises `NotFound`, `SubjectErased`, `SubjectDeceased`, `RepresentativeRequired`, `SubjectAgreementMissing`,
    `AssuranceInsufficient`, `ConsentNotActive`.
    """
    subject = await lock_living(work, (await records.visible(work, consent_id)).subject_ref)
    giver = await check_giver(work, subject, given.given_by, given.subject_agreed)
    consent = await records.visible(work, consent_id)
    check_confirmation(records.status_now(work, consent))
    person = representations.person_of(subject)
    if is_confirmed(person, consent.granted_at, consent.happened, work.today):
        return records.standing(work, consent)
    at = records.next_instant(work, consent)
    event = await records.event_row(work, consent.subject_ref, ConsentEventKind.CONFIRMED, at, channel=given.channel)
    await consents.append(work, consent.id, event)
    happened = (*consent.happened, ConsentEvent(at, ConsentEventKind.CONFIRMED))
    confirmed = consent._replace(version=consent.version + 1, happened=happened)
    records.announce(work, EventType.CONSENT_CONFIRMED, confirmed)
    _record(work, confirmed, given, giver)
    return records.standing(work, confirmed)


def _record(work: Work, consent: consents.ConsentRecord, given: Confirmation, giver: Giver) -> None:
    audit.record(
        work,
        "consent.confirmed",
        "consent",
        consent.id,
        subject_ref=consent.subject_ref,
        purpose=consent.purpose,
        channel=given.channel,
        given_as=giver.capacity,
    )
