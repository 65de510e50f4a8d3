from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.erasure import ErasureGround, ErasureMethod, assess_item, method_for
from app.domain.policy import InsurerPeriod, Period, RetentionRule
from app.domain.reasons import Cause
from app.domain.retention import Circumstances, Record, evaluate
from app.domain.rights_request import ItemAssessment, ItemOutcome
from app.domain.vocabulary import Basis, RetentionAction
from tests.domain.building import (
    ACCOUNT_RULE,
    AML_TRANSACTION,
    DEPOSIT_RULE,
    INSURANCE_RULE,
    MEMBERSHIP_RULE,
    PLAIN_RULE,
    SOFT_DELETED_RULE,
    member,
    pack,
    record,
    years,
)
from tests.domain.test_retention_properties import CIRCUMSTANCES, RECORDS, RULE_SETS, TODAYS

GRANTED, REFUSED = ItemOutcome.GRANTED, ItemOutcome.REFUSED
EMERGENCY_LOAN_RULE = replace(
    PLAIN_RULE,
    code="ret_emergency_loan_contract",
    number=4,
    kinds=("emergency_loan_contract",),
    trigger="loan_expired",
    period=years(5),
    claims=False,
    floors=(AML_TRANSACTION,),
)
BILLING_RULE = replace(PLAIN_RULE, code="ret_billing", number=12, kinds=("billing",), trigger="billed", claims=True)
PACK = pack(
    MEMBERSHIP_RULE, DEPOSIT_RULE, EMERGENCY_LOAN_RULE, ACCOUNT_RULE, BILLING_RULE, INSURANCE_RULE, SOFT_DELETED_RULE
)
TODAY = date(2026, 11, 21)
FORMER = member(date(2010, 1, 1))


def assess(
    of: Record,
    circumstances: Circumstances = FORMER,
    on: date = TODAY,
    ground: ErasureGround = ErasureGround.NO_LONGER_NECESSARY,
    consent_withdrawn: bool = False,
) -> ItemAssessment:
    return assess_item(of, PACK, circumstances, on, ground=ground, consent_withdrawn=consent_withdrawn)


def told(assessment: ItemAssessment) -> tuple[ItemOutcome, tuple[str, ...], date | None]:
    return assessment.proposed, assessment.grounds, assessment.refusable_until


def test_a_running_floor_refuses_for_the_laws_sake_and_after_it_legal_claims_do_until_the_period_ends() -> None:
    deposit = record("deposit", deposit_made=date(2020, 1, 15))
    floor_ends, period_ends = date(2025, 1, 15), date(2030, 1, 15)
    by_law = (REFUSED, ("erase_legal_compliance",), period_ends)
    for_claims = (REFUSED, ("erase_legal_claims",), period_ends)
    assert told(assess(deposit, on=floor_ends)) == by_law
    assert told(assess(deposit, on=floor_ends + timedelta(days=1))) == for_claims
    assert told(assess(deposit, on=period_ends)) == for_claims
    assert told(assess(deposit, on=period_ends + timedelta(days=1))) == (GRANTED, (), None)


def test_the_item_tells_the_last_day_of_keeping_and_its_reasons_tell_each_its_own() -> None:
    item = assess(record("deposit", deposit_made=date(2024, 1, 15)))
    assert item.until == date(2034, 1, 15)
    assert item.waits_for is None
    assert not item.grantable
    assert [(each.law, each.until) for each in item.because] == [
        ("AMLA s.22(2)", date(2029, 1, 15)),
        ("Civil Code s.193/30", date(2034, 1, 15)),
    ]
    assert item.label.en == DEPOSIT_RULE.label.en


def test_where_the_rule_supports_no_claims_the_record_is_erased_as_soon_as_the_floor_has_run() -> None:
    loan = record("emergency_loan_contract", transaction_made=date(2021, 1, 10), loan_expired=date(2023, 1, 10))
    refused = assess(loan, on=date(2026, 1, 10))
    assert told(refused) == (REFUSED, ("erase_legal_compliance",), date(2026, 1, 10))
    assert refused.until == date(2028, 1, 10)
    assert told(assess(loan, on=date(2026, 1, 11))) == (GRANTED, (), None)


def test_a_membership_that_lasts_keeps_the_record_in_use() -> None:
    assessment = assess(record("member_data"), member())
    assert told(assessment) == (REFUSED, ("erase_still_necessary", "erase_legal_compliance"), None)
    assert assessment.waits_for == "membership_terminated"
    assert assessment.refusable_until is None


def test_a_contract_that_has_not_ended_keeps_the_record_in_use() -> None:
    assessment = assess(record("emergency_loan_contract"))
    assert assessment.grounds[0] == "erase_still_necessary"
    assert assessment.waits_for == "loan_expired"
    assert assessment.refusable_until is None


@pytest.mark.parametrize(
    ("condition", "ground"), [("litigation", "erase_legal_claims"), ("aml_extension_notice", "erase_legal_compliance")]
)
def test_a_condition_refuses_on_its_own_ground(condition: str, ground: str) -> None:
    assessment = assess(record("deposit", condition, deposit_made=date(2000, 1, 1)))
    assert told(assessment) == (REFUSED, (ground,), None)
    assert assessment.waits_for == condition


def test_another_open_request_about_the_record_refuses() -> None:
    asked = replace(FORMER, other_open_request=True)
    assessment = assess(record("deposit", deposit_made=date(2000, 1, 1)), asked)
    assert told(assessment) == (REFUSED, ("erase_still_necessary",), None)


def test_a_record_that_a_condition_keeps_is_not_deferred_even_where_a_floor_runs_too() -> None:
    assessment = assess(record("deposit", "litigation", deposit_made=date(2024, 1, 1)))
    assert told(assessment) == (REFUSED, ("erase_legal_claims", "erase_legal_compliance"), None)
    assert assessment.until is None


def test_a_legal_hold_refuses_for_claims_or_compliance_as_its_provision_has_it() -> None:
    held = replace(FORMER, holds=("Civil Procedure Code s.274",))
    assessment = assess(record("deposit", deposit_made=date(2000, 1, 1)), held)
    assert told(assessment) == (REFUSED, ("erase_legal_claims", "erase_legal_compliance"), None)
    assert assessment.because[0].law == "Civil Procedure Code s.274"


@pytest.mark.parametrize("of", [record("diary"), record("credit_life_insurance", insurer="insurer-a")])
@pytest.mark.parametrize("ground", ErasureGround)
def test_what_no_rule_resolves_is_proposed_refused_as_still_necessary(of: Record, ground: ErasureGround) -> None:
    assessment = assess(replace(of, basis=Basis.CONSENT), ground=ground)
    assert told(assessment) == (REFUSED, ("erase_still_necessary",), None)


def test_an_insurers_period_supports_no_ground() -> None:
    with_value = pack(INSURANCE_RULE, insurers=[InsurerPeriod("insurer-a", "cover_ended", Period(years=7), "letter")])
    cover = record("credit_life_insurance", insurer="insurer-a", cover_ended=date(2024, 1, 1))
    assessment = assess_item(cover, with_value, FORMER, TODAY, ground=ErasureGround.NO_LONGER_NECESSARY)
    assert told(assessment) == (GRANTED, (), None)


def test_keeping_for_ever_supports_no_ground() -> None:
    allowing = pack(BILLING_RULE, SOFT_DELETED_RULE, allow_indefinite_soft_delete=True)
    deleted = record("billing", billed=date(2000, 1, 1), record_soft_deleted=date(2015, 1, 1))
    assessment = assess_item(deleted, allowing, FORMER, TODAY, ground=ErasureGround.NO_LONGER_NECESSARY)
    assert told(assessment) == (GRANTED, (), None)


class TestWithdrawnConsent:
    DEPOSIT = replace(record("deposit", deposit_made=date(2020, 1, 15)), basis=Basis.CONSENT)
    FLOOR_ENDS = date(2025, 1, 15)

    def test_leaves_only_the_floor_to_refuse_and_the_item_tells_the_floors_day(self) -> None:
        refused = assess(self.DEPOSIT, on=self.FLOOR_ENDS, consent_withdrawn=True)
        assert told(refused) == (REFUSED, ("erase_legal_compliance",), self.FLOOR_ENDS)
        assert refused.until == self.FLOOR_ENDS
        assert [each.cause for each in refused.because] == [Cause.FLOOR]
        assert told(assess(self.DEPOSIT, on=self.FLOOR_ENDS + timedelta(days=1), consent_withdrawn=True))[0] is GRANTED

    def test_is_what_a_request_on_that_ground_says(self) -> None:
        after = self.FLOOR_ENDS + timedelta(days=1)
        assert told(assess(self.DEPOSIT, on=after, ground=ErasureGround.CONSENT_WITHDRAWN))[0] is GRANTED
        explicit = replace(self.DEPOSIT, basis=Basis.EXPLICIT_CONSENT)
        assert told(assess(explicit, on=after, ground=ErasureGround.CONSENT_WITHDRAWN))[0] is GRANTED

    @pytest.mark.parametrize("basis", [None, Basis.CONTRACT, Basis.LEGAL_OBLIGATION, Basis.LEGITIMATE_INTEREST])
    def test_frees_nothing_that_rests_on_another_basis(self, basis: Basis | None) -> None:
        other = replace(self.DEPOSIT, basis=basis)
        after = self.FLOOR_ENDS + timedelta(days=1)
        refused = assess(other, on=after, ground=ErasureGround.CONSENT_WITHDRAWN, consent_withdrawn=True)
        assert told(refused)[:2] == (REFUSED, ("erase_legal_claims",))

    def test_that_still_stands_frees_nothing(self) -> None:
        assert told(assess(self.DEPOSIT, on=self.FLOOR_ENDS + timedelta(days=1)))[0] is REFUSED


class TestUnlawfulProcessing:
    def test_is_erased_although_the_policy_period_or_the_membership_lasts(self) -> None:
        billing = record("billing", "litigation", billed=date(2024, 1, 1))
        assert told(assess(billing, member(), ground=ErasureGround.UNLAWFUL)) == (GRANTED, (), None)

    def test_waits_only_for_the_floor(self) -> None:
        deposit = record("deposit", "litigation", deposit_made=date(2024, 1, 1))
        refused = assess(deposit, ground=ErasureGround.UNLAWFUL)
        assert told(refused) == (REFUSED, ("erase_legal_compliance",), date(2029, 1, 1))
        assert refused.waits_for is None

    def test_waits_for_a_floor_that_has_not_begun(self) -> None:
        account = record("account_opening", account_opened=date(2001, 1, 1))
        refused = assess(account, member(), ground=ErasureGround.UNLAWFUL)
        assert told(refused) == (REFUSED, ("erase_legal_compliance",), None)
        assert refused.waits_for == "account_closed_or_relationship_ended"

    def test_stops_at_a_hold_and_at_an_order_of_an_authority(self) -> None:
        billing = record("billing", billed=date(2024, 1, 1))
        held = assess(billing, replace(FORMER, holds=("AMLA s.38",)), ground=ErasureGround.UNLAWFUL)
        assert held.proposed is REFUSED
        ordered = record("deposit", "aml_extension_notice", deposit_made=date(2000, 1, 1))
        assert assess(ordered, ground=ErasureGround.UNLAWFUL).proposed is REFUSED

    def test_is_never_made_anonymous_instead(self) -> None:
        assert method_for(ErasureGround.UNLAWFUL, ErasureMethod.ANONYMISE) is ErasureMethod.ERASE
        assert method_for(ErasureGround.OBJECTED, ErasureMethod.ANONYMISE) is ErasureMethod.ANONYMISE
        assert method_for(ErasureGround.UNLAWFUL, ErasureMethod.ERASE) is ErasureMethod.ERASE


def test_a_granted_record_whose_time_has_run_tells_what_had_kept_it() -> None:
    assessment = assess(record("deposit", deposit_made=date(2000, 1, 1)))
    assert assessment.grantable
    assert [each.until for each in assessment.because] == [date(2010, 1, 1), date(2005, 1, 1)]


GROUNDS_ASKED = st.sampled_from(ErasureGround)


@given(RULE_SETS, RECORDS, CIRCUMSTANCES, TODAYS, GROUNDS_ASKED)
def test_a_refusal_always_has_a_ground_and_a_grant_has_none(
    known: list[RetentionRule], of: Record, circumstances: Circumstances, today: date, ground: ErasureGround
) -> None:
    item = assess_item(of, pack(*known), circumstances, today, ground=ground)
    assert bool(item.grounds) == (item.proposed is REFUSED) == (not item.grantable)


@given(RULE_SETS, RECORDS, CIRCUMSTANCES, TODAYS, GROUNDS_ASKED)
def test_nothing_is_granted_while_a_law_demands_keeping(
    known: list[RetentionRule], of: Record, circumstances: Circumstances, today: date, ground: ErasureGround
) -> None:
    withdrawn = replace(of, basis=Basis.CONSENT)
    decision = evaluate(withdrawn, pack(*known), circumstances, today)
    item = assess_item(withdrawn, pack(*known), circumstances, today, ground=ground, consent_withdrawn=True)
    law_runs = any(reason.cause in {Cause.HOLD, Cause.FLOOR, Cause.UNRESOLVED} for reason in decision.because)
    assert not (law_runs and decision.action is not RetentionAction.DISPOSE and item.proposed is GRANTED)


@given(RULE_SETS, RECORDS, CIRCUMSTANCES, TODAYS)
def test_what_retention_disposes_of_is_never_refused(
    known: list[RetentionRule], of: Record, circumstances: Circumstances, today: date
) -> None:
    if evaluate(of, pack(*known), circumstances, today).action is RetentionAction.DISPOSE:
        for ground in ErasureGround:
            assert assess_item(of, pack(*known), circumstances, today, ground=ground).proposed is GRANTED


@given(RULE_SETS, RECORDS, CIRCUMSTANCES, TODAYS, GROUNDS_ASKED)
def test_a_deferred_erasure_is_granted_on_the_day_after_its_last_ground_if_nothing_new_happens(
    known: list[RetentionRule], of: Record, circumstances: Circumstances, today: date, ground: ErasureGround
) -> None:
    past = replace(of, events={name: on for name, on in of.events.items() if on <= today})
    ended = all(membership.ended_on is None or membership.ended_on <= today for membership in circumstances.memberships)
    assessment = assess_item(past, pack(*known), circumstances, today, ground=ground)
    if assessment.refusable_until is None or not ended:
        return
    next_day = assessment.refusable_until + timedelta(days=1)
    later = assess_item(past, pack(*known), circumstances, next_day, ground=ground)
    assert later.proposed is GRANTED
