"""What tests that hold under every shipped pack need to know of each: names to call things by, no rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.main import Process


@dataclass(frozen=True)
class ShippedPack:
    """A shipped pack, as far as tests of consents and decisions ask. None: the pack has no such thing.

    `consent`: a purpose that rests on consent, discloses to `recipient` alone and uses `categories`, two of them
    `ordinary` and `sensitive` not; `explicit`: whether that consent must be explicit; `allowed_because`: what a yes by
    it says. `other_consent`, `third_consent`: others that take consents. `notices`: the versions of their notices.
    `sensitive_only`: a purpose that needs consent for its sensitive categories alone. `statutory`: one whose consent
    another law makes irrevocable. `marketing`: one whose objection nobody may refuse. `without_consent`: one that rests
    on contract. `objectable`: one that is allowed without consent and can be objected to. `past_record`: what makes
    `members.record` one that nothing keeps once its subject has left for ten years. `person`: what makes
    `members.particulars` somebody whom the purposes are about.
    """

    name: str
    consent: str
    other_consent: str
    third_consent: str
    notices: Mapping[str, str]
    explicit: bool
    categories: tuple[str, ...]
    ordinary: tuple[str, str]
    sensitive: str | None
    recipient: str
    allowed_because: tuple[str, ...]
    without_consent: str
    objectable: str
    sensitive_only: str | None
    statutory: str | None
    marketing: str | None
    past_record: Mapping[str, Any]
    person: Mapping[str, Any]

    @property
    def notice(self) -> str:
        """The version of the notice of `consent`."""
        return self.notices[self.consent]

    @property
    def other_notice(self) -> str:
        """That of `other_consent`."""
        return self.notices[self.other_consent]

    def notice_id(self, purpose: str) -> str:
        """What the notice of a purpose is called: its version without year and number."""
        return self.notices[purpose].split("-", 2)[2]

    def body(self, subject_ref: str = "M-1", purpose: str | None = None, **changes: Any) -> dict[str, Any]:
        """A consent, to `consent` unless told otherwise, given in the app under its notice."""
        named = purpose or self.consent
        return {
            "subject_ref": subject_ref,
            "purpose": named,
            "notice_version": self.notices.get(named, "none"),
            "channel": "app",
            "language": "th",
            "explicit": self.explicit,
            **changes,
        }


CHANTHABURI = ShippedPack(
    name="chanthaburi-teachers",
    consent="life_insurance_assessment",
    other_consent="loan_application_assessment",
    third_consent="member_master_record",
    notices={
        "life_insurance_assessment": "2565-1-life-insurance",
        "loan_application_assessment": "2565-1-loan-assessment",
        "member_master_record": "2565-1-member-record",
    },
    explicit=True,
    categories=("personal_identity", "health", "third_party"),
    ordinary=("personal_identity", "third_party"),
    sensitive="health",
    recipient="insurer",
    allowed_because=("basis_consent", "basis_contract"),
    without_consent="monthly_member_billing",
    objectable="loan_application_assessment",
    sensitive_only="member_master_record",
    statutory="payroll_deduction_notice_to_employer",
    marketing=None,
    past_record={"kind": "deposit", "events": {"deposit_made": "2014-03-02"}},
    person={},
)
OFFICIALS = ShippedPack(
    name="cooperative-officials",
    consent="credit_bureau_disclosure",
    other_consent="web_behaviour_tracking",
    third_consent="cross_sell_other_services",
    notices={
        "web_offers_and_recommendations": "2569-1-web-offers",
        "web_behaviour_tracking": "2569-1-web-tracking",
        "application_profile_offers": "2569-1-application-offers",
        "credit_bureau_disclosure": "2569-1-credit-bureau",
        "credit_bureau_onward_disclosure": "2569-1-credit-bureau-onward",
        "cross_sell_other_services": "2569-1-other-services",
    },
    explicit=False,
    categories=("web_registration", "financial"),
    ordinary=("web_registration", "financial"),
    sensitive=None,
    recipient="credit_bureau",
    allowed_because=("basis_consent",),
    without_consent="web_service_registration",
    objectable="web_contact_history",
    sensitive_only=None,
    statutory=None,
    marketing="web_offers_and_recommendations",
    past_record={"kind": "member_data"},
    person={"kind": "registered_user", "membership": None},
)
SHIPPED_PACKS = (CHANTHABURI, OFFICIALS)


def having(part: str) -> tuple[ShippedPack, ...]:
    """The shipped packs that have a thing which not every pack has: the name of a field that may be None."""
    return tuple(pack for pack in SHIPPED_PACKS if getattr(pack, part) is not None)


def of(process: Process) -> ShippedPack:
    """What is known of the pack that a process is under."""
    return next(pack for pack in SHIPPED_PACKS if pack.name == process.works.pack.name)
