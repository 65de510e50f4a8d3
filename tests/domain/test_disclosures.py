from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.disclosures import Disclosed, Told, by_recipient, recipients_of
from app.policies.loader import load_pack

CHANTHABURI, OFFICIALS = load_pack("chanthaburi-teachers"), load_pack("cooperative-officials")
MAY, JUNE, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7))
ONE = Disclosed(
    recipient="insurer",
    purpose="life_insurance_assessment",
    categories=frozenset({"personal_identity"}),
    record_refs=None,
    first_at=MAY,
    last_at=JUNE,
    times=2,
    system="core_banking",
)


class TestRecipients:
    def test_authorities_may_get_what_rests_on_legal_obligation_and_nothing_else(self) -> None:
        authorities = {code for code, known in CHANTHABURI.recipients.items() if known.authority}
        billing = CHANTHABURI.purposes["monthly_member_billing"]
        accounts = CHANTHABURI.purposes["accounting_entries"]
        assert authorities
        assert set(recipients_of(billing, CHANTHABURI)) == set(billing.recipients)
        assert set(recipients_of(accounts, CHANTHABURI)) == set(accounts.recipients) | authorities

    def test_the_duty_of_a_bureau_member_is_to_the_bureau_alone(self) -> None:
        disclosing = OFFICIALS.purposes["credit_bureau_disclosure"]
        assert recipients_of(disclosing, OFFICIALS) == ("credit_bureau",)


class TestConcerns:
    @pytest.mark.parametrize(
        ("record_refs", "record_ref", "categories", "concerned"),
        [
            (None, "D-1", {"personal_identity", "financial"}, True),
            (None, "D-1", {"financial"}, False),
            (None, None, {"personal_identity"}, True),
            ({"D-1"}, "D-1", {"financial"}, True),
            ({"D-2"}, "D-1", {"personal_identity"}, False),
            ({"D-2"}, None, {"personal_identity"}, True),
            ({"D-2"}, None, {"financial"}, False),
        ],
    )
    def test_named_records_decide_and_else_the_categories(
        self, record_refs: set[str] | None, record_ref: str | None, categories: set[str], concerned: bool
    ) -> None:
        disclosed = replace(ONE, record_refs=frozenset(record_refs) if record_refs is not None else None)
        assert disclosed.concerns(record_ref, categories) is concerned


def test_what_one_recipient_was_told_is_told_as_one_by_the_system_that_did_so_last() -> None:
    later = replace(
        ONE, purpose="loan_application_assessment", categories=frozenset({"financial"}), last_at=JULY, system="loans"
    )
    other = replace(ONE, recipient="banks")
    assert by_recipient([ONE, other, later]) == (
        Told("banks", ("life_insurance_assessment",), ("personal_identity",), MAY, JUNE, 2, "core_banking"),
        Told(
            "insurer",
            ("life_insurance_assessment", "loan_application_assessment"),
            ("financial", "personal_identity"),
            MAY,
            JULY,
            4,
            "loans",
        ),
    )
    assert by_recipient([]) == ()
