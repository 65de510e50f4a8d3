"""The vocabulary of consent receipts: W3C Data Privacy Vocabulary (DPV 2) for the fields of ISO/IEC TS 27560:2023.

The context stands in each receipt, so that it is JSON-LD that nothing must be fetched for. A field without a line there
is plain JSON of ours.
"""

from collections.abc import Mapping
from enum import StrEnum

from app.domain.catalogue import Bilingual
from app.domain.consent import ConsentEventKind, ConsentStatus


class Term(StrEnum):
    """The concepts of DPV and its extensions that a receipt may name."""

    RECEIPT = "dpv:ConsentReceipt"
    NOTICE = "dpv:ConsentNotice"
    PROCESS = "dpv:Process"
    GIVEN = "dpv:ConsentGiven"
    RENEWED = "dpv:RenewedConsentGiven"
    WITHDRAWN = "dpv:ConsentWithdrawn"
    EXPIRED = "dpv:ConsentExpired"
    ENDED = "dpv:ConsentStatusInvalidForProcessing"
    CONSENT = "dpv:Consent"
    EXPRESSED = "dpv:ExpressedConsent"
    EXPLICIT = "dpv:ExplicitlyExpressedConsent"
    PURPOSE = "dpv:Purpose"
    DIRECT_MARKETING = "dpv:DirectMarketing"
    PERSONAL_DATA = "dpv:PersonalData"
    SENSITIVE_DATA = "dpv:SensitivePersonalData"
    COLLECT = "dpv:Collect"
    USE = "dpv:Use"
    STORE = "dpv:Store"
    DISCLOSE = "dpv:Disclose"
    WITHDRAW = "dpv:WithdrawConsent"
    RIGHT = "dpv:DataSubjectRight"
    UNTIL_TIME = "dpv:UntilTimeDuration"
    UNTIL_EVENT = "dpv:UntilEventDuration"
    CONTROLLER = "dpv:DataController"
    OFFICER = "dpv:DataProtectionOfficer"
    AUTHORITY = "dpv:DataProtectionAuthority"
    RECIPIENT = "dpv:Recipient"
    THAILAND = "loc:TH"


STATES: Mapping[ConsentEventKind, Term] = {
    ConsentEventKind.GRANTED: Term.GIVEN,
    ConsentEventKind.WITHDRAWN: Term.WITHDRAWN,
    ConsentEventKind.EXPIRED: Term.EXPIRED,
    ConsentEventKind.SUPERSEDED: Term.ENDED,
    ConsentEventKind.CONFIRMED: Term.RENEWED,
}
"""What each event made of the consent. A later grant or notice has no term of its own: DPV's for any end stands."""
STATUSES: Mapping[ConsentStatus, Term] = {
    ConsentStatus.ACTIVE: Term.GIVEN,
    ConsentStatus.WITHDRAWN: Term.WITHDRAWN,
    ConsentStatus.EXPIRED: Term.EXPIRED,
    ConsentStatus.SUPERSEDED: Term.ENDED,
}
CATEGORIES: Mapping[str, str] = {
    "personal_identity": "pd:Identifying",
    "religion": "pd:Religion",
    "financial": "pd:Financial",
    "health": "pd:Health",
    "photo": "pd:Picture",
}
"""Those categories of packs for which DPV-PD has a term of the same extent."""
AUTHORITY_NAME = Bilingual(
    th="สำนักงานคณะกรรมการคุ้มครองข้อมูลส่วนบุคคล", en="Office of the Personal Data Protection Committee"
)
AUTHORITY_ADDRESS = "https://www.pdpc.or.th/"

_TERM = {"@type": "@id"}
_INSTANT = {"@type": "xsd:dateTime"}
_TEXT = {"@container": "@language"}
CONTEXT: Mapping[str, object] = {
    "@version": 1.1,
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "loc": "https://w3id.org/dpv/loc#",
    "dct": "http://purl.org/dc/terms/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "type": "@type",
    "schema_version": {"@id": "dct:conformsTo", **_TERM},
    "record_id": "dpv:hasIdentifier",
    "receipt_id": "dct:identifier",
    "pii_principal_id": "dpv:hasDataSubject",
    "created": {"@id": "dct:created", **_INSTANT},
    "language": "dct:language",
    "privacy_notice": "dpv:hasNotice",
    "version": "dct:hasVersion",
    "location": {"@id": "dpv:hasLocation", **_TERM},
    "processing": "dpv:hasProcess",
    "consent_status": {"@id": "dpv:hasConsentStatus", **_TERM},
    "purpose": "dpv:hasPurpose",
    "lawful_basis": {"@id": "dpv:hasLegalBasis", **_TERM},
    "pii_information": "dpv:hasPersonalData",
    "pii_type": {"@id": "skos:broader", **_TERM},
    "purpose_type": {"@id": "skos:broader", **_TERM},
    "pii_controllers": "dpv:hasDataController",
    "processing_methods": {"@id": "dpv:hasProcessing", **_TERM},
    "recipient_third_parties": "dpv:hasRecipient",
    "storage": "dpv:hasStorageCondition",
    "storage_locations": {"@id": "dpv:hasLocation", **_TERM},
    "period": "dpv:hasDuration",
    "jurisdiction": {"@id": "dpv:hasJurisdiction", **_TERM},
    "withdrawal_method": "dpv:hasConsentControl",
    "exercised_at": {"@id": "dpv:isExercisedAt", **_TERM},
    "privacy_rights": "dpv:hasRight",
    "code": "skos:notation",
    "label": {"@id": "skos:prefLabel", **_TEXT},
    "parties": "dpv:hasEntity",
    "party_id": "dpv:hasIdentifier",
    "party_name": {"@id": "dpv:hasName", **_TEXT},
    "party_address": {"@id": "dpv:hasAddress", **_TEXT},
    "party_contact": "dpv:hasContact",
    "events": "dct:provenance",
    "event_time": {"@id": "dpv:isIndicatedAtTime", **_INSTANT},
    "event_type": {"@id": "dpv:hasLegalBasis", **_TERM},
    "event_state": {"@id": "dpv:hasConsentStatus", **_TERM},
    "entity_id": "dpv:isIndicatedBy",
    "method": "dpv:hasIndicationMethod",
    "validity_duration": "dpv:hasDuration",
}
