"""What a pack assumes is told in sentences, and stops being told once it is confirmed."""

from app.domain.policy import PolicyPack
from tests.policies.editing import PackCopy


def told(pack: PolicyPack, *words: str) -> bool:
    return any(all(word in sentence for word in words) for sentence in pack.warnings)


def test_the_registrars_period_is_assumed_to_be_five_years(chanthaburi: PolicyPack, copy: PackCopy) -> None:
    assert told(chanthaburi, "ret_accounting_entry", "Cooperatives Act s.65", "P5Y is assumed")
    copy.edit(
        "retention.yaml",
        "period: P5Y\n        verified: false",
        "period: P7Y\n        verified: true",
        "ret_accounting_entry",
    )
    assert not told(copy.load(), "ret_accounting_entry", "Cooperatives Act s.65")


def test_a_law_whose_application_is_open_is_told(chanthaburi: PolicyPack) -> None:
    assert told(chanthaburi, "ret_debt_receipt", "Revenue Code s.105 bis", "not confirmed")
    assert not told(chanthaburi, "AMLA")


def test_an_insurers_period_is_missing_until_one_is_stated(chanthaburi: PolicyPack, copy: PackCopy) -> None:
    assert told(chanthaburi, "ret_credit_life_insurance", "no insurer has stated a period")
    stated = "insurer_periods:\n  acme: {trigger: cover_ended, period: P5Y, evidence: letter 1}"
    copy.edit("retention.yaml", "insurer_periods: {}", stated)
    assert not told(copy.load(), "no insurer has stated a period")


def test_the_rule_without_an_end_is_told_to_be_off(chanthaburi: PolicyPack) -> None:
    assert told(chanthaburi, "ret_soft_deleted", "switched off")


def test_readings_purposes_notices_grounds_and_holidays_that_nobody_confirmed_are_told(chanthaburi: PolicyPack) -> None:
    assert told(chanthaburi, "ret_loan_contract", "our reading of clause 9.1(3)")
    assert told(chanthaburi, "29 purposes", "proposal")
    assert told(chanthaburi, "8 notices", "our own proposal")
    assert told(chanthaburi, "port_not_eligible", "erase_expression", "erase_archive_public_health")
    assert told(chanthaburi, "erase_legal_compliance", "erase_legal_claims", "deceased_subject")
    assert told(chanthaburi, "Holidays of 2027")
    assert not told(chanthaburi, "Holidays of 2026")
    assert not told(chanthaburi, "ret_deposit: our reading")


def test_a_notice_that_was_confirmed_is_no_longer_told(copy: PackCopy) -> None:
    copy.edit("notices.yaml", "verified: false", "verified: true", "life-insurance")
    assert told(copy.load(), "7 notices")
