"""Records that a consent keeps, and records of members that another rule keeps."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.erasure import ErasureGround, assess_item
from app.domain.policy import PolicyPack, Purpose, RetentionRule
from app.domain.retention import (
    Circumstances,
    Membership,
    Record,
    RetentionDecision,
    evaluate,
    is_member,
    weigh,
)
from app.domain.rights_request import ItemOutcome
from app.domain.vocabulary import Basis, ConsentNeed, Objectable, RetentionAction, SubjectKind
from tests.domain.building import AML_TRANSACTION, MEMBERSHIP_RULE, PLAIN_RULE, pack, text, years
from tests.domain.test_retention_properties import CIRCUMSTANCES, RECORDS, RULE_SETS, TODAYS, strength

TODAY = date(2026, 11, 21)
USAGE_RULE = replace(
    PLAIN_RULE,
    code="ret_usage",
    kinds=("usage",),
    trigger="consent_ended",
    period=None,
    until_consent_ends=True,
    claims=False,
    hold_while=("litigation", "open_dsr"),
)
REGISTRATION_RULE = replace(
    PLAIN_RULE,
    code="ret_registration",
    number=2,
    kinds=("registration",),
    trigger="last_activity",
    period=years(1),
    claims=False,
    members_under=MEMBERSHIP_RULE.code,
)
CODES = ("offers", "tracking", "newsletter")


def purpose(code: str, *retention: str) -> Purpose:
    return Purpose(
        code=code,
        number=CODES.index(code),
        clause="2",
        label=text(code),
        bases=(Basis.CONSENT,),
        requires_consent=ConsentNeed.ALWAYS,
        objectable=Objectable.ABSOLUTE,
        categories=("usage",),
        recipients=(),
        retention=retention,
        verified=True,
    )


def with_purposes(*rules: RetentionRule) -> PolicyPack:
    """Offers and tracking use what the usage rule keeps; the newsletter does not."""
    purposes = (purpose("offers", "ret_usage"), purpose("tracking", "ret_usage"), purpose("newsletter", "ret_plain"))
    return replace(pack(*rules), purposes={each.code: each for each in purposes})


PACK = with_purposes(MEMBERSHIP_RULE, USAGE_RULE, REGISTRATION_RULE)
USAGE = Record("R-1", "usage", basis=Basis.CONSENT)


def decide(of: Record, *consents: str, **circumstances: Any) -> RetentionDecision:
    return evaluate(of, PACK, replace(Circumstances(consents=frozenset(consents)), **circumstances), TODAY)


class TestConsents:
    @pytest.mark.parametrize("consent", ["offers", "tracking"])
    def test_one_to_any_purpose_that_names_the_rule_keeps_the_record_until_it_ends(self, consent: str) -> None:
        decision = decide(USAGE, consent)
        assert (decision.action, decision.until, decision.waits_for) == (RetentionAction.KEEP, None, "consent_ended")
        assert [(reason.rule, reason.law, reason.ground) for reason in decision.because] == [
            ("ret_usage", "PDPA s.19", None)
        ]

    @pytest.mark.parametrize("consents", [(), ("newsletter",)], ids=["none", "one to another purpose"])
    def test_without_one_the_record_is_due_at_once_with_the_reason(self, consents: tuple[str, ...]) -> None:
        decision = decide(USAGE, *consents)
        assert (decision.action, decision.until, decision.waits_for) == (RetentionAction.DISPOSE, None, None)
        assert [(reason.rule, reason.law) for reason in decision.because] == [("ret_usage", "PDPA s.19")]
        assert "no consent is in force" in decision.because[0].text.en
        assert "ไม่มีความยินยอมที่มีผลอยู่" in decision.because[0].text.th

    def test_only_one_to_the_purpose_of_a_record_that_has_one_keeps_it(self) -> None:
        tracked = replace(USAGE, purpose="tracking")
        assert decide(tracked, "tracking").action is RetentionAction.KEEP
        assert decide(tracked, "offers").action is RetentionAction.DISPOSE

    def test_a_purpose_that_does_not_name_the_rule_says_nothing_of_the_record(self) -> None:
        assert decide(replace(USAGE, purpose="newsletter"), "offers").action is RetentionAction.KEEP
        assert decide(replace(USAGE, purpose="newsletter"), "newsletter").action is RetentionAction.DISPOSE

    def test_a_rule_of_its_own_period_knows_no_consent(self) -> None:
        registered = Record("R-1", "registration", {"last_activity": date(2025, 1, 1)})
        assert decide(registered, "offers", "tracking").action is RetentionAction.DISPOSE

    def test_without_one_a_condition_another_request_or_a_hold_still_keep_the_record(self) -> None:
        sued = decide(replace(USAGE, conditions=frozenset({"litigation"})))
        assert (sued.action, sued.waits_for) == (RetentionAction.KEEP, "litigation")
        assert decide(USAGE, other_open_request=True).waits_for == "open_dsr"
        assert decide(USAGE, holds=("Civil Procedure Code s.274",)).action is RetentionAction.HOLD

    def test_a_floor_outlasts_the_consent(self) -> None:
        floored = replace(USAGE_RULE, floors=(AML_TRANSACTION,))
        record = replace(USAGE, events={"transaction_made": date(2024, 3, 1)})
        decision = evaluate(record, with_purposes(floored), Circumstances(), TODAY)
        assert (decision.action, decision.until) == (RetentionAction.KEEP, date(2029, 3, 1))

    @pytest.mark.parametrize("ground", list(ErasureGround))
    @pytest.mark.parametrize("consents", [frozenset(), frozenset({"tracking"})], ids=["withdrawn", "in force"])
    def test_it_refuses_no_erasure(self, ground: ErasureGround, consents: frozenset[str]) -> None:
        item = assess_item(USAGE, PACK, Circumstances(consents=consents), TODAY, ground=ground)
        assert item.proposed is ItemOutcome.GRANTED


class TestMembers:
    ACTIVE_LONG_AGO = Record("R-1", "registration", {"last_activity": date(2020, 1, 1)})

    def test_a_strangers_record_ends_by_its_own_rule(self) -> None:
        assert decide(self.ACTIVE_LONG_AGO).action is RetentionAction.DISPOSE
        assert decide(replace(self.ACTIVE_LONG_AGO, events={"last_activity": TODAY})).until == date(2027, 11, 21)

    def test_a_members_record_waits_for_the_end_of_the_membership(self) -> None:
        lasting = (Membership(date(1990, 1, 1)),)
        decision = decide(replace(self.ACTIVE_LONG_AGO, of_member=True), memberships=lasting)
        assert (decision.action, decision.waits_for) == (RetentionAction.KEEP, "membership_terminated")
        assert {reason.rule for reason in decision.because} == {MEMBERSHIP_RULE.code}

    def test_a_former_members_record_ends_with_the_rule_of_members(self) -> None:
        ended = (Membership(date(1990, 1, 1), date(2019, 6, 30)),)
        decision = decide(replace(self.ACTIVE_LONG_AGO, of_member=True), memberships=ended)
        assert decision.until == date(2029, 6, 30)

    def test_a_rule_that_does_not_tell_members_apart_holds_for_them_too(self) -> None:
        assert decide(replace(USAGE, of_member=True)).action is RetentionAction.DISPOSE

    @pytest.mark.parametrize("kind", list(SubjectKind))
    def test_members_and_associate_members_are_members(self, kind: SubjectKind) -> None:
        assert is_member(kind) is (kind in {SubjectKind.MEMBER, SubjectKind.ASSOCIATE_MEMBER})


CONSENTS = st.frozensets(st.sampled_from(CODES))
PLAIN_BY_CONSENT = replace(USAGE_RULE, kinds=("plain",))


@given(RULE_SETS, RECORDS, CIRCUMSTANCES, CONSENTS, CONSENTS, TODAYS)
def test_a_withdrawal_never_lengthens_the_keeping(
    known: list[RetentionRule],
    of: Record,
    circumstances: Circumstances,
    consents: frozenset[str],
    withdrawn: frozenset[str],
    today: date,
) -> None:
    of_pack = with_purposes(PLAIN_BY_CONSENT, *known)
    before = evaluate(of, of_pack, replace(circumstances, consents=consents), today)
    after = evaluate(of, of_pack, replace(circumstances, consents=consents - withdrawn), today)
    assert strength(after) <= strength(before)


@given(RULE_SETS, RECORDS, CIRCUMSTANCES, CONSENTS, TODAYS)
def test_a_rule_of_consent_frees_nothing_that_another_rule_keeps(
    known: list[RetentionRule], of: Record, circumstances: Circumstances, consents: frozenset[str], today: date
) -> None:
    circumstances = replace(circumstances, consents=consents)
    without = evaluate(of, with_purposes(*known), circumstances, today)
    assert strength(evaluate(of, with_purposes(PLAIN_BY_CONSENT, *known), circumstances, today)) >= strength(without)


@given(RECORDS, CIRCUMSTANCES, CONSENTS, TODAYS)
def test_what_has_ended_never_weighs(
    of: Record, circumstances: Circumstances, consents: frozenset[str], today: date
) -> None:
    decision = evaluate(of, with_purposes(PLAIN_BY_CONSENT), replace(circumstances, consents=consents), today)
    assert weigh(decision.because, today) == decision
