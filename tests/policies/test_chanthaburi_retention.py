"""How long the pack of Chanthaburi teachers keeps what, and what lengthens that (LAW A8, A9, D; API 5)."""

from collections.abc import Collection

import pytest

from app.domain.policy import Floor, Period, PolicyPack, RetentionRule

TEN_YEARS, FIVE_YEARS = Period(years=10), Period(years=5)


def test_the_default_and_thirteen_exceptions_stand_in_order(chanthaburi: PolicyPack) -> None:
    rules = list(chanthaburi.retention_rules.values())
    assert [rule.number for rule in rules] == list(range(14))
    assert [rule.clause for rule in rules] == ["9.1", *(f"9.1({number})" for number in range(1, 14))]
    assert [rule.code for rule in rules if rule.default] == ["ret_membership_default"]
    assert [rule.code for rule in rules if not rule.enabled] == ["ret_soft_deleted"]


@pytest.mark.parametrize(
    ("kind", "trigger", "period"),
    [
        ("member_data", "membership_terminated", TEN_YEARS),
        ("deposit", "deposit_made", TEN_YEARS),
        ("withdrawal", "withdrawal_made", TEN_YEARS),
        ("loan_contract", "loan_contract_expired", TEN_YEARS),
        ("emergency_loan_contract", "emergency_loan_contract_expired", FIVE_YEARS),
        ("debt_receipt", "debt_paid", TEN_YEARS),
        ("loan_disbursement", "loan_disbursed", TEN_YEARS),
        ("accounting_entry", "loan_received_by_member", TEN_YEARS),
        ("credit_life_insurance", "insurer_defined", None),
        ("account_opening", "account_opened", TEN_YEARS),
        ("share_capital_repayment", "share_capital_repaid", TEN_YEARS),
        ("welfare_payment", "welfare_paid", TEN_YEARS),
        ("monthly_billing_notice", "billing_notice_issued", TEN_YEARS),
    ],
)
def test_each_kind_of_record_has_its_clock(
    chanthaburi: PolicyPack, kind: str, trigger: str, period: Period | None
) -> None:
    rule = chanthaburi.rule_for(kind)
    assert rule is not None
    assert (rule.trigger, rule.period) == (trigger, period)


def test_an_unknown_kind_has_no_rule(chanthaburi: PolicyPack) -> None:
    assert chanthaburi.rule_for("web_usage") is None


def chosen(rules: Collection[RetentionRule], flag: str) -> list[int]:
    return [rule.number for rule in rules if getattr(rule, flag)]


def test_what_sets_rules_apart(chanthaburi: PolicyPack) -> None:
    rules = chanthaburi.retention_rules.values()
    assert chosen(rules, "retain_while_membership") == [0]
    assert chosen(rules, "later_of") == [3]
    assert chosen(rules, "trigger_fallback") == [7]
    assert chosen(rules, "insurer_defined") == [8]
    assert chosen(rules, "indefinite") == [13]
    assert chosen(rules, "claims") == [0, 1, 2, 3, 5, 6, 7, 9, 10, 11, 12]
    assert chanthaburi.retention_rules["ret_loan_contract"].later_of == "loan_settled"
    assert chanthaburi.retention_rules["ret_accounting_entry"].trigger_fallback == "accounting_period_closed"


def short(floor: Floor) -> tuple[str, str, str]:
    return floor.law, floor.trigger, str(floor.period)


TRANSACTION = ("AMLA s.22(2)", "transaction_made", "P5Y")
REGISTRAR = ("Cooperatives Act s.65", "registrar_defined", "P5Y")


@pytest.mark.parametrize(
    ("rule", "floors"),
    [
        (
            "ret_membership_default",
            [("AMLA s.22(1)", "relationship_ended", "P5Y"), ("AMLA s.22/1", "relationship_ended", "P10Y")],
        ),
        ("ret_deposit", [TRANSACTION, REGISTRAR]),
        ("ret_withdrawal", [TRANSACTION]),
        ("ret_loan_contract", [TRANSACTION]),
        ("ret_emergency_loan_contract", [TRANSACTION]),
        ("ret_debt_receipt", [("Revenue Code s.105 bis", "receipt_issued", "P5Y"), TRANSACTION]),
        ("ret_loan_disbursement", [TRANSACTION]),
        ("ret_accounting_entry", [REGISTRAR]),
        ("ret_credit_life_insurance", []),
        (
            "ret_account_opening",
            [
                ("AMLA s.22(1)", "account_closed_or_relationship_ended", "P5Y"),
                ("AMLA s.22/1", "account_closed_or_relationship_ended", "P10Y"),
            ],
        ),
        ("ret_share_capital_repayment", [TRANSACTION]),
        ("ret_welfare_payment", [TRANSACTION]),
        ("ret_monthly_billing_notice", []),
        ("ret_soft_deleted", []),
    ],
)
def test_each_statutory_floor_is_on_the_rules_it_belongs_to(
    chanthaburi: PolicyPack, rule: str, floors: list[tuple[str, str, str]]
) -> None:
    assert [short(floor) for floor in chanthaburi.retention_rules[rule].floors] == floors


def test_what_was_not_read_of_a_floor_is_not_called_verified(chanthaburi: PolicyPack) -> None:
    floors = [floor for rule in chanthaburi.retention_rules.values() for floor in rule.floors]
    unverified = {floor.law for floor in floors if not floor.verified}
    assert unverified == {"Cooperatives Act s.65", "Revenue Code s.105 bis"}
    assert {floor.law for floor in floors if floor.registrar_defined} == {"Cooperatives Act s.65"}


def test_every_rule_waits_for_orders_cases_and_open_requests(chanthaburi: PolicyPack) -> None:
    for rule in chanthaburi.retention_rules.values():
        assert {"litigation", "regulator_order", "open_dsr"} <= set(rule.hold_while), rule.code


@pytest.mark.parametrize(
    ("rule", "conditions"),
    [
        ("ret_membership_default", "open_debt_or_guarantee aml_extension_notice"),
        ("ret_deposit", "account_open_with_balance_dispute aml_extension_notice"),
        ("ret_withdrawal", "aml_extension_notice"),
        ("ret_loan_contract", "debt_outstanding guarantee_outstanding judgment_unenforced aml_extension_notice"),
        (
            "ret_emergency_loan_contract",
            "debt_outstanding guarantee_outstanding judgment_unenforced aml_extension_notice",
        ),
        ("ret_debt_receipt", "aml_extension_notice"),
        ("ret_loan_disbursement", "debt_outstanding aml_extension_notice"),
        ("ret_accounting_entry", "audit_open"),
        ("ret_credit_life_insurance", "claim_open"),
        ("ret_account_opening", "account_open aml_extension_notice"),
        ("ret_share_capital_repayment", "aml_extension_notice"),
        ("ret_welfare_payment", "beneficiary_dispute aml_extension_notice"),
        ("ret_monthly_billing_notice", ""),
    ],
)
def test_each_rule_holds_while_its_own_conditions_last(chanthaburi: PolicyPack, rule: str, conditions: str) -> None:
    own = set(chanthaburi.retention_rules[rule].hold_while) - {"litigation", "regulator_order", "open_dsr"}
    assert own == set(conditions.split())


@pytest.mark.parametrize(
    ("ground", "conditions"),
    [
        (
            "erase_still_necessary",
            "membership_active open_dsr open_debt_or_guarantee debt_outstanding guarantee_outstanding account_open",
        ),
        (
            "erase_legal_claims",
            "account_open_with_balance_dispute judgment_unenforced litigation claim_open beneficiary_dispute",
        ),
        ("erase_legal_compliance", "aml_extension_notice regulator_order audit_open"),
    ],
)
def test_each_condition_gives_its_ground(chanthaburi: PolicyPack, ground: str, conditions: str) -> None:
    given = {code for code, condition in chanthaburi.conditions.items() if condition.ground == ground}
    assert given == set(conditions.split())


def test_an_inventory_push_states_facts_and_never_what_the_service_works_out(chanthaburi: PolicyPack) -> None:
    held = {name for rule in chanthaburi.retention_rules.values() for name in rule.hold_while}
    assert chanthaburi.reportable_conditions == held - {"open_dsr"}
    assert chanthaburi.reportable_events == {
        *(rule.trigger for rule in chanthaburi.retention_rules.values()),
        *[
            "accounting_period_closed",
            "account_closed",
            "loan_settled",
            "relationship_ended",
            "transaction_made",
            "receipt_issued",
            "cover_ended",
            "last_activity",
            "service_ended",
            "record_soft_deleted",
        ],
    }


def test_soft_deleted_data_is_not_kept_without_an_end(chanthaburi: PolicyPack) -> None:
    assert not chanthaburi.allow_indefinite_soft_delete
    assert chanthaburi.retention_rules["ret_soft_deleted"].kinds == ()


def test_insurers_have_yet_to_state_their_periods(chanthaburi: PolicyPack) -> None:
    assert chanthaburi.insurer_periods == {}


def test_three_of_the_committee_approve_a_disposal(chanthaburi: PolicyPack) -> None:
    assert chanthaburi.disposal.quorum == 3


def test_the_services_own_evidence_is_kept_ten_years(chanthaburi: PolicyPack) -> None:
    evidence = {code: (rule.trigger, rule.period) for code, rule in chanthaburi.evidence.items()}
    assert evidence == {
        "rights_request_handling": ("request_closed", TEN_YEARS),
        "consent_evidence": ("consent_ended", TEN_YEARS),
    }
