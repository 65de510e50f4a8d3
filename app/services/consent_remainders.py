"""What stays in force of a consent that is withdrawn in part: a record of its own (PDPA s.19, s.95; policy clause 14).

It was given when the whole was, by the same person, under the same notice; it is in force since the withdrawal.
"""

from uuid import UUID

from app.core.ids import new_id
from app.core.work import Work
from app.domain.consent import Binding, ConsentEvent, ConsentEventKind, ConsentStatus
from app.domain.partial_withdrawal import what_remains
from app.repositories import consents
from app.repositories.consents import ConsentRecord
from app.services import audit, keys
from app.services import consents as records
from app.services.events import EventType
from app.services.keys import KeyPurpose


def left_of(work: Work, consent: ConsentRecord, withdrawn: tuple[str, ...] | None) -> Binding | None:
    """What a consent binds without some categories. Nothing is left of the whole (None), nor of what is over already."""
    if withdrawn is None or records.status_now(work, consent) is not ConsentStatus.ACTIVE:
        return None
    bound = Binding(tuple(consent.categories), tuple(consent.recipients), consent.explicit)
    return what_remains(consent.purpose, bound, withdrawn, work.pack)


async def keep(work: Work, whole: ConsentRecord, left: Binding) -> UUID:
    """Keep what is left of a consent that has just been withdrawn, and tell of it."""
    consent_id = new_id(work.now)
    since = max(event.at for event in whole.happened)
    rest = whole._replace(
        id=consent_id,
        categories=left.categories,
        recipients=left.recipients,
        explicit=left.explicit,
        evidence=await _sealed_anew(work, whole, consent_id),
        withdrawn_at=None,
        ended_at=None,
        version=1,
        happened=(ConsentEvent(since, ConsentEventKind.GRANTED),),
    )
    granted = await records.event_row(work, rest.subject_ref, ConsentEventKind.GRANTED, since, channel=rest.channel)
    await consents.add(work, rest, granted)
    await _carry_confirmation(work, whole, rest)
    records.announce(work, EventType.CONSENT_GRANTED, rest)
    audit.record(
        work,
        "consent.remained",
        "consent",
        consent_id,
        subject_ref=rest.subject_ref,
        purpose=rest.purpose,
        categories=rest.categories,
        of=str(whole.id),
    )
    return consent_id


async def _sealed_anew(work: Work, whole: ConsentRecord, consent_id: UUID) -> bytes | None:
    """The evidence, for the place of another record."""
    place = records.evidence_place(whole.id)
    text = await keys.unseal(work, whole.subject_ref, KeyPurpose.EVIDENCE, whole.evidence, place)
    if text is None:
        return None
    return await records.seal_evidence(work, whole.subject_ref, str(text), records.evidence_place(consent_id))


async def _carry_confirmation(work: Work, whole: ConsentRecord, rest: ConsentRecord) -> None:
    """Who confirmed the whole has confirmed the rest, when they did."""
    confirmed = [one for one in await consents.events_of(work, whole.id) if one.event == ConsentEventKind.CONFIRMED]
    if confirmed:
        await consents.append(work, rest.id, confirmed[-1]._replace(id=new_id(work.now)))
