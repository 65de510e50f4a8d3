"""Consent receipts: signed when first asked for, kept, and the same ever after."""

import json
from collections.abc import Sequence
from uuid import UUID

from app.core.paging import MAX_LIMIT
from app.core.work import Work
from app.domain.receipts import ConsentFacts, Issue, ReceiptEvent, receipt
from app.models.evidence import ConsentReceipt
from app.repositories import receipts
from app.services import audit, consents, signing_keys
from app.services.consents import ConsentView

TYPE = "consent-receipt+jwt"


async def issue(work: Work, consent_id: UUID, address: str) -> str:
    """The receipt of a consent as it stands now, as compact JWS. `address`: the service's public one. Raises `NotFound`.

    Each change of the consent makes another receipt; those before it stay true of their time.
    """
    await receipts.hold_consent(work, consent_id)
    view = await consents.read(work, consent_id)
    facts = _facts(view)
    if (kept := await receipts.get(work, consent_id, facts.state)) is not None:
        return kept
    document = receipt(facts, await _events(work, consent_id), work.pack, Issue(work.now, address))
    key = await signing_keys.current(work)
    payload = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    signed = key.sign(payload, typ=TYPE)
    made = ConsentReceipt(consent_id=consent_id, state=facts.state, kid=key.kid, jws=signed, signed_at=work.now)
    kept = await receipts.add_unless_there(work, made)
    if kept == signed:
        audit.record(
            work,
            "consent.receipt_signed",
            "consent",
            consent_id,
            subject_ref=view.subject_ref,
            state=facts.state,
            kid=key.kid,
        )
    return kept


async def _events(work: Work, consent_id: UUID) -> Sequence[ReceiptEvent]:
    happened = (await consents.history(work, consent_id, MAX_LIMIT, None)).items
    return [ReceiptEvent(entry.at, entry.event, entry.channel) for entry in happened]


def _facts(view: ConsentView) -> ConsentFacts:
    return ConsentFacts(
        consent_id=str(view.id),
        subject_ref=view.subject_ref,
        purpose=view.purpose,
        categories=view.categories,
        recipients=view.recipients,
        explicit=view.explicit,
        status=view.status,
        notice_version=view.notice_version,
        notice_sha256=view.notice_sha256,
        language=view.language,
        given_by=view.given_by,
        given_as=view.given_as,
        subject_agreed=view.subject_agreed,
        expires_on=view.expires_on,
        quality=view.quality,
        wording=view.wording,
        policy=view.policy,
        version=view.version,
    )
