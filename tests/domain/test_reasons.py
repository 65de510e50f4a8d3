from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.domain import reasons
from app.domain.policy import Bilingual, EventName, Statute
from app.domain.reasons import Reason
from tests.domain.building import AML_TRANSACTION, CONDITIONS, DEPOSIT_RULE, MEMBERSHIP_RULE, pack, text

LAST_DAY = date(2030, 1, 15)
PACK = replace(
    pack(DEPOSIT_RULE),
    statutes={"AMLA": Statute("AMLA", Bilingual("พ.ร.บ. ป้องกันและปราบปรามการฟอกเงิน", "Anti-Money Laundering Act"))},
)
RECORDED = replace(AML_TRANSACTION, label=text("record"))
EVERY_REASON = [
    reasons.hold("Civil Procedure Code s.274", PACK),
    reasons.unknown_kind("diary"),
    reasons.period_unknown(DEPOSIT_RULE),
    reasons.condition_lasts(DEPOSIT_RULE, CONDITIONS["litigation"]),
    reasons.event_missing(DEPOSIT_RULE, "deposit_made", PACK),
    reasons.floor_runs(DEPOSIT_RULE, AML_TRANSACTION, LAST_DAY, LAST_DAY, PACK),
    reasons.floor_not_begun(DEPOSIT_RULE, AML_TRANSACTION, PACK),
    reasons.period_runs(DEPOSIT_RULE, LAST_DAY, LAST_DAY),
    reasons.no_end(DEPOSIT_RULE),
    reasons.consent_lasts(DEPOSIT_RULE),
    reasons.consent_over(DEPOSIT_RULE),
    reasons.period_runs(replace(DEPOSIT_RULE, clause=None), LAST_DAY, LAST_DAY),
]


@pytest.mark.parametrize("reason", EVERY_REASON, ids=lambda reason: reason.wording.en)
def test_every_reason_speaks_both_languages_and_ends_with_its_last_day(reason: Reason) -> None:
    assert reason.text.th.endswith("ถึงวันที่ 15 มกราคม 2573") is (reason.until is not None)
    assert reason.text.en.endswith("until 15 January 2030") is (reason.until is not None)
    assert any("ก" <= letter <= "๛" for letter in reason.text.th)
    assert reason.text.en.isascii()


def test_a_reason_runs_to_the_end_of_its_last_day() -> None:
    reason = reasons.period_runs(DEPOSIT_RULE, LAST_DAY, LAST_DAY)
    assert reason.runs(LAST_DAY)
    assert not reason.runs(LAST_DAY + timedelta(days=1))


def test_a_reason_without_a_last_day_runs_for_ever() -> None:
    assert reasons.no_end(DEPOSIT_RULE).runs(date.max)


@pytest.mark.parametrize(("today", "running"), [(LAST_DAY, True), (LAST_DAY + timedelta(days=1), False)])
def test_what_has_ended_supports_no_ground(today: date, running: bool) -> None:
    floor = reasons.floor_runs(DEPOSIT_RULE, AML_TRANSACTION, LAST_DAY, today, PACK)
    period = reasons.period_runs(DEPOSIT_RULE, LAST_DAY, today)
    assert floor.ground == ("erase_legal_compliance" if running else None)
    assert period.ground == ("erase_legal_claims" if running else None)


def test_what_is_over_runs_on_no_day() -> None:
    assert reasons.consent_lasts(DEPOSIT_RULE).runs(date.max)
    assert not reasons.consent_over(DEPOSIT_RULE).runs(date.min)


def test_a_period_that_no_clause_states_cites_the_laws_behind_it() -> None:
    silent = replace(DEPOSIT_RULE, clause=None, claims=False, laws=("PDPA s.23(3)", "PDPA s.37(3)"))
    period = reasons.period_runs(silent, LAST_DAY, LAST_DAY)
    assert (period.clause, period.law, period.ground) == (None, "PDPA s.23(3), PDPA s.37(3)", None)
    assert "None" not in period.text.th + period.text.en
    assert "the cooperative has set" in period.text.en


def test_a_period_that_supports_no_claims_is_no_ground_and_cites_only_its_clause() -> None:
    period = reasons.period_runs(replace(DEPOSIT_RULE, claims=False), LAST_DAY, LAST_DAY)
    assert (period.ground, period.law, period.clause) == (None, None, DEPOSIT_RULE.clause)


def test_a_missing_event_is_named_in_words_where_the_pack_has_them() -> None:
    named = replace(PACK, events={"deposit_made": EventName("deposit_made", Bilingual("วันฝาก", "The deposit"))})
    told = reasons.event_missing(DEPOSIT_RULE, "deposit_made", named).text
    assert told.th.endswith(": ระยะเวลาเก็บนับจากวันฝาก ซึ่งยังมาไม่ถึง")
    assert told.en.endswith(": the period runs from the deposit, which has not come yet")
    assert "from cover_ended," in reasons.event_missing(DEPOSIT_RULE, "cover_ended", PACK).text.en


def test_what_lasts_is_told_in_a_sentence() -> None:
    lasting = replace(CONDITIONS["litigation"], label=Bilingual("ยังอยู่ระหว่างดำเนินคดี", "A case is pending"))
    told = reasons.condition_lasts(DEPOSIT_RULE, lasting).text
    assert told == Bilingual("เก็บไว้ตราบเท่าที่ยังอยู่ระหว่างดำเนินคดี", "Kept for as long as a case is pending")


@pytest.mark.parametrize(
    "reason",
    [
        reasons.floor_runs(DEPOSIT_RULE, RECORDED, LAST_DAY, LAST_DAY, PACK),
        reasons.floor_not_begun(DEPOSIT_RULE, RECORDED, PACK),
        reasons.hold("AMLA s.22(2)", PACK),
    ],
    ids=["a floor that runs", "a floor not begun", "a hold"],
)
def test_thai_cites_the_law_in_thai_and_the_law_itself_stays_short(reason: Reason) -> None:
    assert "พ.ร.บ. ป้องกันและปราบปรามการฟอกเงิน มาตรา 22(2)" in reason.text.th
    assert "AMLA" not in reason.text.th
    assert "AMLA s.22(2)" in reason.text.en
    assert reason.law == "AMLA s.22(2)"


def test_a_membership_that_lasts_cites_the_law_of_that_condition() -> None:
    lasting = replace(CONDITIONS["litigation"], code="membership_active", law="Cooperatives Act s.64")
    knowing = pack(MEMBERSHIP_RULE, conditions={**CONDITIONS, "membership_active": lasting})
    assert reasons.event_missing(MEMBERSHIP_RULE, "membership_terminated", knowing).law == "Cooperatives Act s.64"
    assert reasons.event_missing(MEMBERSHIP_RULE, "membership_terminated", PACK).law == "PDPA s.33(1)"
    assert reasons.event_missing(DEPOSIT_RULE, "deposit_made", knowing).law == "PDPA s.33(1)"


def test_only_what_a_law_or_an_order_demands_or_nobody_can_tell_is_binding() -> None:
    binding = {reason.cause for reason in EVERY_REASON if reason.binding}
    assert binding == {reasons.Cause.HOLD, reasons.Cause.UNRESOLVED, reasons.Cause.FLOOR}
    assert reasons.condition_lasts(DEPOSIT_RULE, CONDITIONS["aml_extension_notice"]).binding


@pytest.mark.parametrize("reason", EVERY_REASON, ids=lambda reason: reason.wording.en)
def test_a_reason_tells_its_date_once_in_each_language(reason: Reason) -> None:
    assert reason.text.th.count("2573") == reason.text.en.count("2030") == (reason.until is not None)
