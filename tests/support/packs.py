"""What tests that hold under every shipped pack need to know of each: names to call things by, no rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ShippedPack:
    """A shipped pack, as far as tests of consents and decisions ask.

    `consent`: a purpose that rests on consent, and the version of its `notice`; `explicit`: whether that consent must be
    explicit. `other_consent`: another, with its notice. `sensitive_only`: a purpose that needs consent for its sensitive
    categories alone, with its notice. `statutory`: one whose consent another law makes irrevocable. `without_consent`:
    one that rests on contract. `marketing`: one whose objection nobody may refuse. None: the pack has none.
    `person`: what makes `members.particulars` somebody whom the purposes are about. `record_kind`: of a record that
    `consent` uses.
    """

    name: str
    consent: str
    notice: str
    explicit: bool
    other_consent: str
    other_notice: str
    without_consent: str
    sensitive_only: str | None = None
    sensitive_notice: str | None = None
    statutory: str | None = None
    marketing: str | None = None
    person: Mapping[str, Any] = field(default_factory=dict)
    record_kind: str = "member_data"

    def body(self, subject_ref: str = "M-1", **changes: Any) -> dict[str, Any]:
        """A consent to `consent`, given in the app under its notice."""
        return {
            "subject_ref": subject_ref,
            "purpose": self.consent,
            "notice_version": self.notice,
            "channel": "app",
            "language": "th",
            "explicit": self.explicit,
            **changes,
        }


CHANTHABURI = ShippedPack(
    name="chanthaburi-teachers",
    consent="life_insurance_assessment",
    notice="2565-1-life-insurance",
    explicit=True,
    other_consent="loan_application_assessment",
    other_notice="2565-1-loan-assessment",
    without_consent="monthly_member_billing",
    sensitive_only="member_master_record",
    sensitive_notice="2565-1-member-record",
    statutory="payroll_deduction_notice_to_employer",
    record_kind="credit_life_insurance",
)
OFFICIALS = ShippedPack(
    name="cooperative-officials",
    consent="web_behaviour_tracking",
    notice="2569-1-web-tracking",
    explicit=False,
    other_consent="credit_bureau_disclosure",
    other_notice="2569-1-credit-bureau",
    without_consent="web_service_registration",
    marketing="web_offers_and_recommendations",
    person={"kind": "registered_user", "membership": None},
    record_kind="web_usage",
)
SHIPPED_PACKS = (CHANTHABURI, OFFICIALS)
