from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.domain.errors import DecisionUnlawful, GroundNotValid, IllegalTransition, ItemsIncomplete, OutcomeMismatch
from app.domain.rights_request import (
    FINAL,
    TRANSITIONS,
    ItemAssessment,
    ItemDecision,
    ItemOutcome,
    Move,
    Status,
    advance,
    allowed_moves,
    check_decision,
    diagram,
    proposal,
    refused_for,
    sum_outcome,
)
from app.domain.vocabulary import Outcome, RequestKind
from tests.domain.building import GROUNDS, text

GRANTED, REFUSED = ItemOutcome.GRANTED, ItemOutcome.REFUSED

CONTRACT = {
    ("identity_pending", "verify"): {"in_review"},
    ("identity_pending", "lapse"): {"lapsed"},
    ("identity_pending", "cancel"): {"cancelled"},
    ("in_review", "ask"): {"information_pending"},
    ("in_review", "decide"): {"refused", "completed", "in_fulfilment"},
    ("in_review", "cancel"): {"cancelled"},
    ("information_pending", "answer"): {"in_review"},
    ("information_pending", "decide"): {"refused", "completed", "in_fulfilment"},
    ("information_pending", "cancel"): {"cancelled"},
    ("in_fulfilment", "fulfil"): {"completed"},
}


@pytest.mark.parametrize(("status", "move"), list(product(Status, Move)))
def test_every_pair_of_status_and_move_does_what_the_contract_says(status: Status, move: Move) -> None:
    expected = CONTRACT.get((status.value, move.value))
    for outcome, work_left in product(Outcome, (True, False)):
        if expected is None:
            with pytest.raises(IllegalTransition) as refusal:
                advance(status, move, outcome=outcome, work_left=work_left)
            assert list(refusal.value.allowed) == [
                each for each in ("verify", "ask", "answer", "decide", "cancel") if (status.value, each) in CONTRACT
            ]
        else:
            assert advance(status, move, outcome=outcome, work_left=work_left) in expected


@pytest.mark.parametrize(
    ("outcome", "work_left", "reached"),
    [
        (Outcome.REFUSED, False, Status.REFUSED),
        (Outcome.REFUSED, True, Status.REFUSED),
        (Outcome.GRANTED, True, Status.IN_FULFILMENT),
        (Outcome.GRANTED, False, Status.COMPLETED),
        (Outcome.PARTLY_GRANTED, True, Status.IN_FULFILMENT),
        (Outcome.PARTLY_GRANTED, False, Status.COMPLETED),
    ],
)
def test_a_decision_leads_where_its_outcome_and_the_work_left_say(
    outcome: Outcome, work_left: bool, reached: Status
) -> None:
    assert advance(Status.IN_REVIEW, Move.DECIDE, outcome=outcome, work_left=work_left) is reached


def test_a_decision_without_an_outcome_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="outcome"):
        advance(Status.IN_REVIEW, Move.DECIDE)


def test_the_four_ends_are_final() -> None:
    assert {Status.REFUSED, Status.COMPLETED, Status.CANCELLED, Status.LAPSED} == FINAL
    assert all(allowed_moves(status) == () for status in FINAL)


def test_what_happens_by_itself_is_never_offered() -> None:
    assert allowed_moves(Status.IDENTITY_PENDING) == (Move.VERIFY, Move.CANCEL)
    assert allowed_moves(Status.IN_FULFILMENT) == ()


def test_the_diagram_draws_each_move_of_the_table_once() -> None:
    lines = diagram().splitlines()
    drawn = [line for line in lines if ": " in line]
    assert len(drawn) == len(set(drawn)) == sum(len(reached) for reached in TRANSITIONS.values())
    assert lines[0] == "stateDiagram-v2"
    assert "    in_review --> in_fulfilment: decide" in lines
    assert "    lapsed --> [*]" in lines


class Request(RuleBasedStateMachine):
    """Walks any path through the moves and keeps a diary of what became of the request."""

    def __init__(self) -> None:
        super().__init__()
        self.status = Status.IDENTITY_PENDING
        self.proven = False
        self.decided = False

    @rule(
        move=st.sampled_from(Move),
        outcome=st.sampled_from(Outcome),
        work_left=st.booleans(),
    )
    def make(self, move: Move, outcome: Outcome, work_left: bool) -> None:
        ended = self.status in FINAL
        try:
            self.status = advance(self.status, move, outcome=outcome, work_left=work_left)
        except IllegalTransition:
            return
        assert not ended
        self.proven |= move is Move.VERIFY
        self.decided |= move is Move.DECIDE

    @invariant()
    def nothing_is_decided_before_identity_is_proven(self) -> None:
        assert self.proven or not self.decided

    @invariant()
    def only_a_decision_completes_refuses_or_fulfils(self) -> None:
        of_a_decision = {Status.REFUSED, Status.COMPLETED, Status.IN_FULFILMENT}
        assert self.decided == (self.status in of_a_decision)

    @invariant()
    def a_request_lapses_only_with_its_identity_unproven(self) -> None:
        assert self.status is not Status.LAPSED or not self.proven


TestRequest = Request.TestCase


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        ([], Outcome.GRANTED),
        ([GRANTED, GRANTED], Outcome.GRANTED),
        ([GRANTED, REFUSED], Outcome.PARTLY_GRANTED),
        ([REFUSED, REFUSED], Outcome.REFUSED),
    ],
)
def test_the_outcome_is_the_sum_of_the_items(outcomes: list[ItemOutcome], whole: Outcome) -> None:
    assert sum_outcome(outcomes) is whole


KEPT = ItemAssessment(
    "D-1", text("deposit"), REFUSED, ("erase_legal_compliance", "erase_legal_claims"), grantable=False
)
FREE = ItemAssessment("D-2", text("deposit"), GRANTED)


def decide(outcome: Outcome, *decided: ItemDecision) -> tuple[ItemDecision, ...]:
    return check_decision(RequestKind.ERASURE, GROUNDS, [KEPT, FREE], decided or None, outcome)


def refuse(ref: str, ground: str | None) -> ItemDecision:
    return ItemDecision(ref, REFUSED, ground)


def test_left_out_items_take_the_proposal_as_it_stands() -> None:
    assert decide(Outcome.PARTLY_GRANTED) == (refuse("D-1", "erase_legal_compliance"), ItemDecision("D-2", GRANTED))
    assert proposal([KEPT])[0].ground == "erase_legal_compliance"


def test_any_ground_that_holds_for_the_item_will_do_and_the_order_of_naming_does_not_matter() -> None:
    named = (ItemDecision("D-2", GRANTED), refuse("D-1", "erase_legal_claims"))
    assert decide(Outcome.PARTLY_GRANTED, *named) == (named[1], named[0])


def test_a_ground_beside_a_grant_is_dropped() -> None:
    decided = decide(
        Outcome.PARTLY_GRANTED, refuse("D-1", "erase_legal_claims"), ItemDecision("D-2", GRANTED, "erase_legal_claims")
    )
    assert decided[1] == ItemDecision("D-2", GRANTED)


@pytest.mark.parametrize(
    "named",
    [
        (ItemDecision("D-2", GRANTED),),
        (ItemDecision("D-2", GRANTED), ItemDecision("D-2", GRANTED)),
        (refuse("D-1", "erase_legal_claims"), ItemDecision("D-2", GRANTED), ItemDecision("D-3", GRANTED)),
        (refuse("D-1", "erase_legal_claims"), refuse("D-1", "erase_legal_claims"), ItemDecision("D-2", GRANTED)),
    ],
)
def test_each_item_is_named_exactly_once(named: tuple[ItemDecision, ...]) -> None:
    with pytest.raises(ItemsIncomplete):
        decide(Outcome.PARTLY_GRANTED, *named)


@pytest.mark.parametrize("outcome", [Outcome.GRANTED, Outcome.REFUSED])
def test_an_outcome_that_is_not_the_sum_is_refused(outcome: Outcome) -> None:
    with pytest.raises(OutcomeMismatch):
        decide(outcome)
    with pytest.raises(OutcomeMismatch):
        decide(outcome, refuse("D-1", "erase_legal_claims"), ItemDecision("D-2", GRANTED))


@pytest.mark.parametrize("ground", [None, "because", "rectify_accurate", "id_not_proven"])
def test_a_refusal_names_a_ground_of_this_right(ground: str | None) -> None:
    with pytest.raises(GroundNotValid):
        decide(Outcome.PARTLY_GRANTED, refuse("D-1", ground), ItemDecision("D-2", GRANTED))


def test_a_refusal_on_a_ground_that_the_facts_do_not_bear_is_unlawful() -> None:
    with pytest.raises(DecisionUnlawful):
        decide(Outcome.PARTLY_GRANTED, refuse("D-1", "erase_still_necessary"), ItemDecision("D-2", GRANTED))
    with pytest.raises(DecisionUnlawful):
        decide(Outcome.REFUSED, refuse("D-1", "erase_legal_claims"), refuse("D-2", "erase_legal_claims"))


def test_granting_what_the_law_keeps_is_unlawful() -> None:
    with pytest.raises(DecisionUnlawful):
        decide(Outcome.GRANTED, ItemDecision("D-1", GRANTED), ItemDecision("D-2", GRANTED))


def test_granting_more_than_was_proposed_is_lawful_where_no_law_forbids_it() -> None:
    accurate = ItemAssessment("0", text("address"), REFUSED, ("rectify_accurate",))
    decided = [ItemDecision("0", GRANTED)]
    checked = check_decision(RequestKind.CORRECTION, GROUNDS, [accurate], decided, Outcome.GRANTED)
    assert checked == (ItemDecision("0", GRANTED),)


def test_after_the_death_of_the_subject_an_item_can_only_be_refused_for_that() -> None:
    item = refused_for("deceased_subject", "D-1", text("deposit"))
    assert proposal([item]) == (refuse("D-1", "deceased_subject"),)
    with pytest.raises(DecisionUnlawful):
        check_decision(RequestKind.ERASURE, GROUNDS, [item], [ItemDecision("D-1", GRANTED)], Outcome.GRANTED)


@given(st.lists(st.booleans(), max_size=6))
def test_a_proposal_is_always_a_lawful_decision(kept: list[bool]) -> None:
    items = [
        ItemAssessment(str(n), text("item"), REFUSED, ("erase_legal_claims",), grantable=False)
        if keep
        else ItemAssessment(str(n), text("item"), GRANTED)
        for n, keep in enumerate(kept)
    ]
    outcome = sum_outcome([item.proposed for item in items])
    assert check_decision(RequestKind.ERASURE, GROUNDS, items, None, outcome) == proposal(items)
