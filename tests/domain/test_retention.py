from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.domain.policy import InsurerPeriod, Period
from app.domain.reasons import Cause
from app.domain.retention import Circumstances, Membership, Record, RetentionDecision, evaluate, memberships_of
from app.domain.vocabulary import RetentionAction, SubjectKind
from tests.domain.building import (
    ACCOUNT_RULE,
    DEPOSIT_RULE,
    INSURANCE_RULE,
    MEMBERSHIP_RULE,
    PLAIN_RULE,
    SOFT_DELETED_RULE,
    floor,
    member,
    pack,
    record,
    years,
)

KEEP, HOLD, DISPOSE, UNRESOLVED = RetentionAction
PACK = pack(MEMBERSHIP_RULE, DEPOSIT_RULE, ACCOUNT_RULE, INSURANCE_RULE, SOFT_DELETED_RULE)
TODAY = date(2026, 11, 21)


def decide(of: Record, circumstances: Circumstances | None = None, on: date = TODAY) -> RetentionDecision:
    return evaluate(of, PACK, circumstances or member(), on)


def told(decision: RetentionDecision) -> tuple[RetentionAction, date | None, str | None]:
    return decision.action, decision.until, decision.waits_for


def test_a_record_is_kept_to_its_last_day_and_due_for_disposal_from_the_next() -> None:
    deposit = record("deposit", deposit_made=date(2020, 1, 15))
    last_day = date(2030, 1, 15)
    assert told(decide(deposit, on=last_day - timedelta(days=1))) == (KEEP, last_day, None)
    assert told(decide(deposit, on=last_day)) == (KEEP, last_day, None)
    assert told(decide(deposit, on=last_day + timedelta(days=1))) == (DISPOSE, None, None)


def test_every_period_that_keeps_a_record_is_told_with_its_own_last_day() -> None:
    because = decide(record("deposit", deposit_made=date(2024, 2, 29))).because
    assert [(each.law, each.ground, each.until) for each in because] == [
        ("AMLA s.22(2)", "erase_legal_compliance", date(2029, 2, 28)),
        ("Civil Code s.193/30", "erase_legal_claims", date(2034, 2, 28)),
    ]
    assert {(each.rule, each.clause) for each in because} == {("ret_deposit", "9.1 (1)")}
    assert "28 กุมภาพันธ์ 2572" in because[0].text.th
    assert "28 February 2029" in because[0].text.en


def test_a_period_that_has_run_is_no_reason_any_more() -> None:
    because = decide(record("deposit", deposit_made=date(2018, 3, 1))).because
    assert [each.cause for each in because] == [Cause.PERIOD]


def test_a_disposal_tells_what_had_kept_the_record_the_last_to_end_first_and_no_ground_to_refuse() -> None:
    because = decide(record("deposit", deposit_made=date(2010, 3, 1))).because
    assert [(each.until, each.ground) for each in because] == [(date(2020, 3, 1), None), (date(2015, 3, 1), None)]


def test_a_record_without_its_trigger_waits_for_it() -> None:
    assert told(decide(record("deposit"))) == (KEEP, None, "deposit_made")


def test_an_event_later_than_today_has_not_happened_yet() -> None:
    deposit = record("deposit", deposit_made=TODAY + timedelta(days=1))
    assert told(decide(deposit)) == (KEEP, None, "deposit_made")
    assert told(decide(deposit, on=TODAY + timedelta(days=1))) == (KEEP, date(2036, 11, 22), None)


def test_a_known_event_foreign_to_the_kind_has_no_effect() -> None:
    plain = record("deposit", deposit_made=date(2020, 1, 15))
    assert decide(replace(plain, events={**plain.events, "withdrawal_made": date(2025, 1, 1)})) == decide(plain)


def test_a_fallback_trigger_starts_the_period_only_where_the_first_is_missing() -> None:
    rule = replace(PLAIN_RULE, trigger_fallback="accounting_period_closed")
    both = record("plain", made=date(2020, 1, 1), accounting_period_closed=date(2022, 12, 31))
    only = record("plain", accounting_period_closed=date(2022, 12, 31))
    assert evaluate(both, pack(rule), member(), TODAY).until == date(2030, 1, 1)
    assert evaluate(only, pack(rule), member(), TODAY).until == date(2032, 12, 31)
    assert evaluate(record("plain"), pack(rule), member(), TODAY).waits_for == "made"


@pytest.mark.parametrize(
    ("settled_on", "until"),
    [(date(2024, 6, 1), date(2034, 6, 1)), (date(2019, 6, 1), date(2030, 1, 1)), (date(2027, 1, 1), date(2030, 1, 1))],
)
def test_a_later_settlement_moves_the_start_and_an_earlier_or_future_one_does_not(
    settled_on: date, until: date
) -> None:
    rule = replace(PLAIN_RULE, later_of="loan_settled")
    loan = record("plain", made=date(2020, 1, 1), loan_settled=settled_on)
    assert evaluate(loan, pack(rule), member(), TODAY).until == until


def test_a_settlement_alone_does_not_start_the_period() -> None:
    rule = replace(PLAIN_RULE, later_of="loan_settled")
    loan = record("plain", loan_settled=date(2020, 1, 1))
    assert told(evaluate(loan, pack(rule), member(), TODAY)) == (KEEP, None, "made")


class TestConditions:
    def test_keep_a_record_even_after_its_period_has_run(self) -> None:
        old = record("deposit", "litigation", deposit_made=date(2000, 1, 1))
        decision = decide(old)
        assert told(decision) == (KEEP, None, "litigation")
        assert [each.ground for each in decision.because] == ["erase_legal_claims"]

    def test_leave_no_last_day_while_they_last(self) -> None:
        assert decide(record("deposit", "litigation", deposit_made=date(2020, 1, 15))).until is None

    def test_have_no_effect_on_a_rule_that_does_not_name_them(self) -> None:
        assert decide(record("deposit", "account_open", deposit_made=date(2000, 1, 1))).action is DISPOSE

    def test_come_before_a_missing_event_in_what_the_record_waits_for(self) -> None:
        decision = decide(record("deposit", "litigation"))
        assert decision.waits_for == "litigation"
        assert [each.waits_for for each in decision.because] == ["litigation", "deposit_made", "transaction_made"]

    def test_of_another_open_request_are_computed_and_never_taken_from_the_record(self) -> None:
        old = record("deposit", deposit_made=date(2000, 1, 1))
        asked = Circumstances(other_open_request=True)
        assert told(decide(old, asked)) == (KEEP, None, "open_dsr")
        assert decide(replace(old, conditions=frozenset({"open_dsr"}))).action is DISPOSE


class TestLegalHold:
    HELD = Circumstances(memberships=member().memberships, holds=("Civil Procedure Code s.274",))

    @pytest.mark.parametrize(
        "of",
        [
            record("deposit", deposit_made=date(2000, 1, 1)),
            record("deposit", deposit_made=date(2020, 1, 1)),
            record("deposit", "litigation"),
            record("never heard of"),
        ],
    )
    def test_beats_everything_and_leaves_what_was_decided_before_when_lifted(self, of: Record) -> None:
        before = decide(of)
        held = decide(of, self.HELD)
        assert told(held) == (HOLD, None, None)
        assert held.because[0].law == "Civil Procedure Code s.274"
        assert decide(of, replace(self.HELD, holds=())) == before

    def test_is_told_beside_the_other_reasons(self) -> None:
        held = decide(record("deposit", deposit_made=date(2024, 1, 1)), self.HELD)
        assert [each.cause for each in held.because] == [Cause.HOLD, Cause.FLOOR, Cause.PERIOD]


class TestStatutoryFloors:
    def test_outlast_a_shorter_policy_period(self) -> None:
        rule = replace(
            PLAIN_RULE, period=years(5), floors=(floor("Revenue Code s.105 bis", "receipt_issued", years(7)),)
        )
        receipt = record("plain", made=date(2020, 5, 1))
        assert told(evaluate(receipt, pack(rule), member(), TODAY)) == (KEEP, date(2027, 5, 1), None)
        assert evaluate(receipt, pack(rule), member(), date(2027, 5, 2)).action is DISPOSE

    @pytest.mark.parametrize("trigger", ["transaction_made", "receipt_issued"])
    def test_run_from_their_own_event_and_without_it_from_the_start_of_the_rule(self, trigger: str) -> None:
        rule = replace(PLAIN_RULE, period=years(1), floors=(floor("a law", trigger, years(5)),))
        without = record("plain", made=date(2024, 5, 1))
        with_own = replace(without, events={**without.events, trigger: date(2025, 2, 3)})
        assert evaluate(without, pack(rule), member(), TODAY).until == date(2029, 5, 1)
        assert evaluate(with_own, pack(rule), member(), TODAY).until == date(2030, 2, 3)

    def test_of_the_registrar_run_from_the_start_of_the_rule(self) -> None:
        registrar = floor("Cooperatives Act s.65", "registrar_defined", years(5), registrar_defined=True)
        rule = replace(PLAIN_RULE, period=years(1), floors=(registrar,))
        assert evaluate(record("plain", made=date(2024, 5, 1)), pack(rule), member(), TODAY).until == date(2029, 5, 1)

    def test_from_the_end_of_the_relationship_take_the_end_of_the_membership(self) -> None:
        rule = replace(PLAIN_RULE, period=years(1), floors=(floor("AMLA s.22/1", "relationship_ended", years(10)),))
        of = record("plain", made=date(2010, 5, 1))
        own = record("plain", made=date(2010, 5, 1), relationship_ended=date(2018, 1, 1))
        assert evaluate(of, pack(rule), member(date(2020, 7, 1)), TODAY).until == date(2030, 7, 1)
        assert evaluate(own, pack(rule), member(date(2020, 7, 1)), TODAY).until == date(2028, 1, 1)

    def test_whose_event_nothing_can_stand_in_for_keep_the_record(self) -> None:
        rule = replace(PLAIN_RULE, period=years(1), floors=(floor("a law", "audit_closed", years(5)),))
        of = record("plain", made=date(2010, 5, 1))
        decision = evaluate(of, pack(rule), member(), TODAY)
        assert told(decision) == (KEEP, None, "audit_closed")
        assert decision.because[0].ground == "erase_legal_compliance"

    @pytest.mark.parametrize(
        ("closed_on", "membership_ended_on", "until"),
        [
            (date(2020, 7, 1), None, date(2030, 7, 1)),
            (None, date(2021, 7, 1), date(2031, 7, 1)),
            (date(2020, 7, 1), date(2021, 7, 1), date(2031, 7, 1)),
            (date(2022, 7, 1), date(2021, 7, 1), date(2032, 7, 1)),
        ],
    )
    def test_of_an_account_run_from_the_later_of_closure_and_end_of_membership(
        self, closed_on: date | None, membership_ended_on: date | None, until: date
    ) -> None:
        account = record("account_opening", account_opened=date(2001, 1, 1))
        if closed_on:
            account = replace(account, events={**account.events, "account_closed": closed_on})
        assert told(decide(account, member(membership_ended_on))) == (KEEP, until, None)

    def test_of_an_account_take_an_end_of_the_relationship_that_the_record_tells_before_that_of_the_membership(
        self,
    ) -> None:
        account = record("account_opening", account_opened=date(2001, 1, 1), relationship_ended=date(2019, 7, 1))
        assert decide(account, member(date(2021, 7, 1))).until == date(2029, 7, 1)
        assert decide(account, member()).until == date(2029, 7, 1)

    def test_of_an_account_neither_closed_nor_left_keep_it_long_after_ten_years_from_opening(self) -> None:
        account = record("account_opening", account_opened=date(2001, 1, 1))
        assert told(decide(account)) == (KEEP, None, "account_closed_or_relationship_ended")


class TestMembership:
    MEMBER_DATA = record("member_data")

    def test_keeps_records_of_the_default_rule_while_it_lasts(self) -> None:
        assert told(decide(self.MEMBER_DATA)) == (KEEP, None, "membership_terminated")

    def test_keeps_them_ten_years_more(self) -> None:
        ended = member(date(2015, 3, 31))
        assert told(decide(self.MEMBER_DATA, ended, date(2025, 3, 31))) == (KEEP, date(2025, 3, 31), None)
        assert decide(self.MEMBER_DATA, ended, date(2025, 4, 1)).action is DISPOSE

    def test_that_ends_in_the_future_still_lasts(self) -> None:
        leaving = member(TODAY + timedelta(days=1))
        assert told(decide(self.MEMBER_DATA, leaving)) == (KEEP, None, "membership_terminated")

    def test_of_which_nothing_is_known_keeps_them_too(self) -> None:
        assert told(decide(self.MEMBER_DATA, Circumstances())) == (KEEP, None, "membership_terminated")

    def test_of_which_nothing_is_known_may_be_told_by_the_record(self) -> None:
        of = record("member_data", membership_terminated=date(2020, 1, 1))
        assert told(decide(of, Circumstances())) == (KEEP, date(2030, 1, 1), None)

    def test_that_lasts_is_believed_rather_than_an_event_on_the_record(self) -> None:
        of = record("member_data", membership_terminated=date(2000, 1, 1))
        assert decide(of).waits_for == "membership_terminated"

    def test_of_several_the_last_to_end_counts_and_one_that_lasts_keeps_all(self) -> None:
        early, late = Membership(date(1990, 1, 1), date(2012, 1, 1)), Membership(date(1995, 1, 1), date(2020, 1, 1))
        lasting = Membership(date(2000, 1, 1))
        assert decide(self.MEMBER_DATA, Circumstances(memberships=(late, early))).until == date(2030, 1, 1)
        assert decide(self.MEMBER_DATA, Circumstances(memberships=(late, lasting))).until is None

    def test_of_a_member_is_the_own_one_and_of_a_connected_person_those_of_their_members(self) -> None:
        own, other = Membership(date(1990, 1, 1)), Membership(date(1995, 1, 1))
        assert memberships_of(SubjectKind.MEMBER, own, [other]) == (own,)
        assert memberships_of(SubjectKind.ASSOCIATE_MEMBER, own, [other]) == (own,)
        assert memberships_of(SubjectKind.GUARANTOR, None, [other, own]) == (other, own)
        assert memberships_of(SubjectKind.FAMILY, own, [other]) == (own, other)
        assert memberships_of(SubjectKind.MEMBER, None, [other]) == ()


class TestInsurance:
    COVER = record("credit_life_insurance", insurer="insurer-a", cover_ended=date(2020, 6, 30))
    VALUE = InsurerPeriod("insurer-a", "cover_ended", Period(years=7), "letter 12/2569")

    def test_without_a_value_of_its_insurer_stays_unresolved(self) -> None:
        assert told(decide(self.COVER)) == (UNRESOLVED, None, None)
        assert told(decide(replace(self.COVER, insurer=None))) == (UNRESOLVED, None, None)

    def test_follows_the_value_of_its_insurer(self) -> None:
        with_value = pack(INSURANCE_RULE, insurers=[self.VALUE])
        assert told(evaluate(self.COVER, with_value, member(), TODAY)) == (KEEP, date(2027, 6, 30), None)
        assert evaluate(self.COVER, with_value, member(), date(2027, 7, 1)).action is DISPOSE
        other = replace(self.COVER, insurer="insurer-b")
        assert evaluate(other, with_value, member(), TODAY).action is UNRESOLVED

    def test_waits_for_the_event_that_the_insurer_named(self) -> None:
        running = record("credit_life_insurance", insurer="insurer-a")
        decision = evaluate(running, pack(INSURANCE_RULE, insurers=[self.VALUE]), member(), TODAY)
        assert told(decision) == (KEEP, None, "cover_ended")


class TestSoftDeletion:
    DELETED = record("deposit", deposit_made=date(2010, 1, 1), record_soft_deleted=date(2015, 1, 1))

    def test_leaves_the_clock_of_the_kind_as_it_was(self) -> None:
        assert decide(self.DELETED).action is DISPOSE

    def test_keeps_a_record_for_ever_only_where_the_pack_allows_it(self) -> None:
        allowing = pack(DEPOSIT_RULE, SOFT_DELETED_RULE, allow_indefinite_soft_delete=True)
        assert told(evaluate(self.DELETED, allowing, member(), TODAY)) == (KEEP, None, None)
        live = replace(self.DELETED, events={"deposit_made": date(2010, 1, 1)})
        assert evaluate(live, allowing, member(), TODAY).action is DISPOSE
        disabled = replace(
            allowing,
            retention_rules={
                "ret_deposit": DEPOSIT_RULE,
                "ret_soft_deleted": replace(SOFT_DELETED_RULE, enabled=False),
            },
        )
        assert evaluate(self.DELETED, disabled, member(), TODAY).action is DISPOSE


def test_an_unknown_kind_is_unresolved_whatever_else_is_said_of_it() -> None:
    unknown = record("diary", "litigation", deposit_made=date(1990, 1, 1), record_soft_deleted=date(1991, 1, 1))
    decision = decide(unknown, on=date.max)
    assert told(decision) == (UNRESOLVED, None, None)
    assert decision.because[0].ground == "erase_still_necessary"


def test_a_rule_that_is_not_enabled_does_not_know_its_kind() -> None:
    off = replace(PLAIN_RULE, enabled=False)
    assert evaluate(record("plain", made=date(2000, 1, 1)), pack(off), member(), TODAY).action is UNRESOLVED


def test_a_period_beyond_the_calendar_never_disposes() -> None:
    rule = replace(PLAIN_RULE, period=years(99_999))
    assert told(evaluate(record("plain", made=TODAY), pack(rule), member(), date.max)) == (KEEP, date.max, None)
