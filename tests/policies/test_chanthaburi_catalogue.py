"""Who decides, what is collected and why, and who receives it (LAW A2-A7; API 4)."""

import pytest

from app.domain.policy import PolicyPack
from app.domain.vocabulary import (
    Basis,
    ConsentNeed,
    Objectable,
    Storage,
)


def test_the_controller_is_reached_as_clause_16_says(chanthaburi: PolicyPack) -> None:
    controller = chanthaburi.controller
    assert controller.name.th == "สหกรณ์ออมทรัพย์ครูจันทบุรี จำกัด"
    assert controller.contact.phones == ("039-303379", "039-303380", "039-303381")
    assert controller.contact.email == "chancoop@hotmail.co.th"
    assert (controller.office_hours.opens, controller.office_hours.closes) == ("08:30", "16:30")
    assert len(controller.office_hours.days) == 5
    assert not controller.dpo.appointed
    assert any("ID cards" in warning.en for warning in controller.warnings)


def test_the_nine_categories_stand_with_religion_apart(chanthaburi: PolicyPack) -> None:
    clauses = sorted({category.clause for category in chanthaburi.categories.values()})
    assert clauses == [f"3.{number}" for number in range(1, 10)]
    sensitive = {code for code, category in chanthaburi.categories.items() if category.sensitive}
    assert sensitive == {"religion", "health", "other_legal"}
    assert chanthaburi.categories["religion"].clause == chanthaburi.categories["personal_identity"].clause


def test_the_sources_are_the_subject_and_clauses_4_1_to_4_4(chanthaburi: PolicyPack) -> None:
    assert sorted(source.clause for source in chanthaburi.sources.values()) == ["4", "4.1", "4.2", "4.3", "4.4"]


def test_paper_is_pulped_and_the_rest_is_cleared(chanthaburi: PolicyPack) -> None:
    methods = {storage: form.destruction for storage, form in chanthaburi.storage_forms.items()}
    assert methods == {
        Storage.PAPER: "pulped_by_contractor",
        Storage.FILE: "cleared_from_storage",
        Storage.DATABASE: "cleared_from_storage",
    }


def test_all_26_purposes_of_clause_6_stand_in_order_and_three_are_proposed(chanthaburi: PolicyPack) -> None:
    policy = [purpose for purpose in chanthaburi.purposes.values() if not purpose.proposed]
    assert [purpose.number for purpose in policy] == list(range(1, 27))
    assert [purpose.clause for purpose in policy] == [f"6({number})" for number in range(1, 27)]
    proposed = [purpose for purpose in chanthaburi.purposes.values() if purpose.proposed]
    assert [purpose.number for purpose in proposed] == [201, 202, 203]
    assert not any(purpose.verified for purpose in chanthaburi.purposes.values())


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        (ConsentNeed.ALWAYS, "life_insurance_assessment"),
        (
            ConsentNeed.SENSITIVE_ONLY,
            "membership_application_intake membership_vetting_and_approval payment_claim_evidence member_master_record "
            "loan_application_assessment repayment_deferral_assessment account_opening",
        ),
    ],
)
def test_consent_is_needed_where_sensitive_data_is_used(
    chanthaburi: PolicyPack, need: ConsentNeed, expected: str
) -> None:
    assert [
        code for code, purpose in chanthaburi.purposes.items() if purpose.requires_consent is need
    ] == expected.split()


def test_religion_belongs_to_purposes_1_2_7_and_17(chanthaburi: PolicyPack) -> None:
    religious = [purpose.number for purpose in chanthaburi.purposes.values() if "religion" in purpose.categories]
    assert religious == [1, 2, 7, 17]


def test_purposes_of_legitimate_interest_can_be_objected_to(chanthaburi: PolicyPack) -> None:
    objectable = [p.number for p in chanthaburi.purposes.values() if p.objectable is Objectable.YES]
    assert objectable == [2, 4, 5, 8, 9, 19, 21, 202]


def test_the_primary_basis_comes_first(chanthaburi: PolicyPack) -> None:
    purposes = chanthaburi.purposes
    assert purposes["life_insurance_assessment"].bases == (Basis.EXPLICIT_CONSENT, Basis.CONTRACT)
    assert purposes["accounting_entries"].bases == (Basis.LEGAL_OBLIGATION,)
    assert purposes["balance_confirmation_processing"].bases == (Basis.LEGAL_OBLIGATION, Basis.CONTRACT)


def test_every_rule_but_the_disabled_one_serves_a_purpose(chanthaburi: PolicyPack) -> None:
    used = {rule for purpose in chanthaburi.purposes.values() for rule in purpose.retention}
    assert used == set(chanthaburi.retention_rules) - {"ret_soft_deleted"}
    assert chanthaburi.purposes["payout_verification"].retention == (
        "ret_withdrawal",
        "ret_loan_disbursement",
        "ret_share_capital_repayment",
        "ret_welfare_payment",
    )


def test_the_payroll_deduction_is_a_statutory_instrument_and_nothing_else_is(chanthaburi: PolicyPack) -> None:
    instruments = {p.number: p.statutory_instrument for p in chanthaburi.purposes.values() if p.statutory_instrument}
    assert list(instruments) == [22]
    assert instruments[22].provision == "Cooperatives Act s.42/1"
    assert chanthaburi.purposes["payroll_deduction_notice_to_employer"].recipients == ("employing_agency",)


def test_each_basis_cites_clause_and_provision(chanthaburi: PolicyPack) -> None:
    cited = {basis: (described.clause, described.provision) for basis, described in chanthaburi.bases.items()}
    assert cited[Basis.CONTRACT] == ("7.1", "PDPA s.24(3)")
    assert cited[Basis.LEGITIMATE_INTEREST] == ("7.2", "PDPA s.24(5)")
    assert cited[Basis.LEGAL_OBLIGATION] == ("7.3", "PDPA s.24(6)")
    assert cited[Basis.CONSENT] == ("7.4", "PDPA s.19")
    assert cited[Basis.EXPLICIT_CONSENT][1] == "PDPA s.26"
    assert set(cited) == set(Basis)


def test_the_recipients_are_those_of_clause_8_and_those_missing_there(chanthaburi: PolicyPack) -> None:
    assert set(chanthaburi.recipients) == {
        "revenue_department",
        "social_security_office",
        "cooperative_promotion_department",
        "registrar_of_cooperatives",
        "banks",
        "supervisory_authority",
        "courts_and_counsel",
        "employing_agency",
        "insurer",
        "credit_bureau",
        "credit_bureau_members",
        "destruction_company",
    }
    authorities = {code for code, recipient in chanthaburi.recipients.items() if recipient.authority}
    assert authorities == {
        "revenue_department",
        "social_security_office",
        "cooperative_promotion_department",
        "registrar_of_cooperatives",
        "supervisory_authority",
    }
