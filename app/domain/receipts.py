"""Consent receipts in the structure of ISO/IEC TS 27560:2023: record header, processing, parties, events (PDPA s.19, s.23).

What a receipt says of a person are references and codes; everything else is what the controller has published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from app.domain.catalogue import Bilingual, Purpose
from app.domain.consent import ConsentEventKind, ConsentStatus
from app.domain.policy import EvidenceRule, PolicyPack, RetentionRule
from app.domain.receipt_terms import AUTHORITY_ADDRESS, AUTHORITY_NAME, CATEGORIES, CONTEXT, STATES, STATUSES, Term
from app.domain.vocabulary import Basis, Channel, ConsentQuality, Objectable, Right

SCHEMA = "urn:sitthi:consent-receipt:1"
"""Names the JSON Schema that every receipt is valid against."""
Section = dict[str, object]


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """A consent as it stands. Without a notice (`notice_version`) where it was taken over from before the Act."""

    consent_id: str
    subject_ref: str
    purpose: str
    categories: Sequence[str]
    recipients: Sequence[str]
    explicit: bool
    status: ConsentStatus
    notice_version: str | None
    notice_sha256: str | None
    language: str
    given_by: str
    given_as: str
    subject_agreed: bool | None
    expires_on: date | None
    quality: str
    wording: Sequence[str]
    policy: str
    version: int

    @property
    def state(self) -> str:
        """What one receipt is about: how the consent stands, after which change."""
        return f"{self.status}-{self.version}"


@dataclass(frozen=True, slots=True)
class ReceiptEvent:
    """What happened to the consent, when, and by which channel; None where time or a notice did it."""

    at: datetime
    kind: ConsentEventKind
    channel: str | None


@dataclass(frozen=True, slots=True)
class Issue:
    """When a receipt is made, and the public address of the service that makes it."""

    at: datetime
    address: str


def receipt(consent: ConsentFacts, events: Sequence[ReceiptEvent], pack: PolicyPack, issue: Issue) -> Section:
    """The receipt of a consent as it stands after `events`, told in the words of the policy in force."""
    return {
        "@context": CONTEXT,
        "type": Term.RECEIPT,
        "iss": issue.address,
        "iat": int(issue.at.timestamp()),
        "schema_version": SCHEMA,
        "record_id": consent.consent_id,
        "receipt_id": f"{consent.consent_id}/{consent.state}",
        "pii_principal_id": consent.subject_ref,
        "created": _instant(issue.at),
        "language": consent.language,
        "status": consent.status,
        "quality": consent.quality,
        "wording": list(consent.wording),
        "given_by": consent.given_by,
        "given_as": consent.given_as,
        "subject_agreed": consent.subject_agreed,
        "policy": {"granted_under": consent.policy, "described_by": pack.sha256},
        "privacy_notice": _notice(consent, pack, issue),
        "processing": _processing(consent, pack, issue),
        "parties": _parties(pack),
        "events": [_event(event, consent, pack) for event in events],
    }


def _notice(consent: ConsentFacts, pack: PolicyPack, issue: Issue) -> Section | None:
    if consent.notice_version is None:
        return None
    bound = (consent.notice_version, consent.notice_sha256)
    shown = [one.notice_id for one in pack.notices.values() if (one.version, one.content_sha256) == bound]
    return {
        "type": Term.NOTICE,
        "version": consent.notice_version,
        "sha256": consent.notice_sha256,
        "location": f"{issue.address}/v1/notices/{shown[0]}" if shown else None,
    }


def _processing(consent: ConsentFacts, pack: PolicyPack, issue: Issue) -> Section:
    """What the consent allows. A purpose that the policy has dropped keeps its code alone."""
    purpose = pack.purposes.get(consent.purpose)
    basis = pack.bases.get(Basis.EXPLICIT_CONSENT if consent.explicit else Basis.CONSENT)
    marketing = purpose is not None and purpose.objectable is Objectable.ABSOLUTE
    disclosed = [Term.DISCLOSE] if consent.recipients else []
    return {
        "type": Term.PROCESS,
        "consent_status": STATUSES[consent.status],
        "purpose": {
            "code": consent.purpose,
            "label": _text(purpose.label if purpose else None),
            "purpose_type": Term.DIRECT_MARKETING if marketing else Term.PURPOSE,
        },
        "lawful_basis": _consent_type(consent),
        "provision": basis.provision if basis else None,
        "pii_information": [_category(code, pack) for code in consent.categories],
        "pii_controllers": [pack.controller.code],
        "processing_methods": [Term.COLLECT, Term.USE, Term.STORE, *disclosed],
        "recipient_third_parties": [_recipient(code, pack) for code in consent.recipients],
        "storage": {"storage_locations": [Term.THAILAND], "retention_period": _retention(purpose, pack)},
        "jurisdiction": Term.THAILAND,
        "withdrawal_method": _withdrawal(consent, purpose, pack, issue),
        "privacy_rights": [
            {"type": Term.RIGHT, "code": rule.code, "label": _text(rule.label), "provision": rule.provision}
            for rule in pack.rights.values()
        ],
    }


def _consent_type(consent: ConsentFacts) -> Term:
    """What wording that the Act does not honour was meant to be nobody knows: such a consent is of no known type."""
    if consent.quality != ConsentQuality.SOUND:
        return Term.CONSENT
    return Term.EXPLICIT if consent.explicit else Term.EXPRESSED


def _category(code: str, pack: PolicyPack) -> Section:
    category = pack.categories.get(code)
    return {
        "type": Term.SENSITIVE_DATA if category and category.sensitive else Term.PERSONAL_DATA,
        "code": code,
        "pii_type": CATEGORIES.get(code),
        "label": _text(category.label if category else None),
        "sensitive": category.sensitive if category else None,
    }


def _recipient(code: str, pack: PolicyPack) -> Section:
    known = pack.recipients.get(code)
    return {"type": Term.RECIPIENT, "code": code, "label": _text(known.label if known else None)}


def _retention(purpose: Purpose | None, pack: PolicyPack) -> list[Section]:
    """The rules for what is held for the purpose. `period` None: no period alone ends it, see the rule."""
    rules: list[RetentionRule | EvidenceRule] = []
    if purpose is not None:
        rules += [pack.retention_rules[code] for code in purpose.retention]
        rules += [pack.evidence[purpose.code]] if purpose.code in pack.evidence else []
    return [
        {"code": rule.code, "label": _text(rule.label), "period": str(rule.period) if rule.period else None}
        for rule in rules
    ]


def _withdrawal(consent: ConsentFacts, purpose: Purpose | None, pack: PolicyPack, issue: Issue) -> Section:
    return {
        "type": Term.WITHDRAW,
        "exercised_at": f"{issue.address}/v1/consents/{consent.consent_id}/withdrawal",
        "channels": list(Channel),
        "how": _text(pack.rights[Right.WITHDRAWAL].how),
        "consequences": _text(purpose.consequences if purpose else None),
    }


def _parties(pack: PolicyPack) -> list[Section]:
    """The controller, its officer where one is appointed (PDPA s.41), and the authority that hears complaints (s.73)."""
    controller = pack.controller
    officer: Section = {
        "type": Term.OFFICER,
        "party_id": f"{controller.code}/dpo",
        "party_contact": controller.dpo.contact,
    }
    return [
        {
            "type": Term.CONTROLLER,
            "party_id": controller.code,
            "party_name": _text(controller.name),
            "party_address": _text(controller.contact.address),
            "party_phone": list(controller.contact.phones),
            "party_contact": controller.contact.email,
        },
        *([officer] if controller.dpo.appointed else []),
        {
            "type": Term.AUTHORITY,
            "party_id": "pdpc",
            "party_name": _text(AUTHORITY_NAME),
            "party_contact": AUTHORITY_ADDRESS,
        },
    ]


def _event(event: ReceiptEvent, consent: ConsentFacts, pack: PolicyPack) -> Section:
    """`entity_id`: who gave it; in whose name it was withdrawn or confirmed; the controller where time or a notice did it."""
    entities = {
        ConsentEventKind.GRANTED: consent.given_by,
        ConsentEventKind.WITHDRAWN: consent.subject_ref,
        ConsentEventKind.CONFIRMED: consent.subject_ref,
    }
    return {
        "event_time": _instant(event.at),
        "event_type": _consent_type(consent),
        "event_state": STATES[event.kind],
        "code": event.kind,
        "entity_id": entities.get(event.kind, pack.controller.code),
        "method": event.channel,
        "validity_duration": _validity(consent),
    }


def _validity(consent: ConsentFacts) -> Section:
    """Through the last day that was agreed, in Bangkok; else until it is withdrawn."""
    if consent.expires_on is None:
        return {"type": Term.UNTIL_EVENT, "until": Right.WITHDRAWAL}
    return {"type": Term.UNTIL_TIME, "until": consent.expires_on.isoformat()}


def _text(label: Bilingual | None) -> Section | None:
    return {"th": label.th, "en": label.en} if label is not None else None


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
