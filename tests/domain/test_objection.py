from dataclasses import replace
from typing import Any

import pytest

from app.domain.objection import ObjectionGround, assess_item, objectable, rule_for
from app.domain.policy import DirectMarketing, Purpose
from app.domain.rights_request import ItemOutcome
from app.domain.vocabulary import Assurance, ConsentNeed, Objectable, Right
from tests.domain.building import pack, right, text

GRANTED, REFUSED = ItemOutcome.GRANTED, ItemOutcome.REFUSED
GENERAL = ("insufficient_detail", "out_of_scope_credit_bureau")


def purpose(code: str, nature: Objectable = Objectable.NO, **changes: Any) -> Purpose:
    plain = Purpose(
        code=code,
        number=1,
        clause="6(1)",
        label=text(code),
        bases=(),
        requires_consent=ConsentNeed.NEVER,
        objectable=nature,
        categories=(),
        recipients=(),
        retention=(),
        verified=False,
    )
    return replace(plain, **changes)


MARKETING = DirectMarketing(stop_within=0, assurance=Assurance.LOW, provision="PDPA s.32(2)")
PACK = replace(
    pack(),
    purposes={code.value: purpose(code.value, code) for code in Objectable},
    rights={Right.OBJECTION: replace(right(Right.OBJECTION), direct_marketing=MARKETING)},
)


def assess(
    nature: Objectable, ground: ObjectionGround, deceased: bool = False
) -> tuple[ItemOutcome, tuple[str, ...], bool]:
    item = assess_item(PACK.purposes[nature], ground, deceased=deceased)
    assert (item.ref, item.label) == (nature.value, text(nature.value))
    return item.proposed, item.grounds, item.grantable


@pytest.mark.parametrize("ground", ObjectionGround)
@pytest.mark.parametrize("deceased", [True, False])
def test_nothing_refuses_an_objection_to_direct_marketing_whatever_is_named(
    ground: ObjectionGround, deceased: bool
) -> None:
    assert assess(Objectable.ABSOLUTE, ground, deceased) == (GRANTED, (), True)


@pytest.mark.parametrize("ground", ObjectionGround)
def test_what_rests_on_neither_interest_nor_public_task_cannot_be_objected_to(ground: ObjectionGround) -> None:
    assert assess(Objectable.NO, ground) == (REFUSED, ("object_not_objectable",), False)


@pytest.mark.parametrize(
    ("ground", "own"),
    [
        (ObjectionGround.PUBLIC_TASK_OR_LEGITIMATE_INTEREST, ("object_compelling", "object_legal_claims")),
        (ObjectionGround.DIRECT_MARKETING, ("object_compelling", "object_legal_claims")),
        (ObjectionGround.RESEARCH, ("object_public_research",)),
    ],
)
def test_what_can_be_objected_to_stops_unless_the_law_has_a_ground_for_that_case(
    ground: ObjectionGround, own: tuple[str, ...]
) -> None:
    assert assess(Objectable.YES, ground) == (GRANTED, (*own, *GENERAL), True)


@pytest.mark.parametrize("nature", [Objectable.YES, Objectable.NO])
def test_the_dead_object_to_nothing_but_marketing(nature: Objectable) -> None:
    assert assess(nature, ObjectionGround.RESEARCH, deceased=True) == (REFUSED, ("deceased_subject",), False)


def test_what_stops_at_once_is_what_can_be_objected_to_and_marketing_for_good() -> None:
    asked = ["no", "yes", "absolute", "dropped"]
    assert objectable(asked, PACK, absolutely=True) == ["absolute"]
    assert objectable(asked, PACK, absolutely=False) == ["yes"]


def test_an_objection_to_marketing_alone_is_due_the_same_day_and_needs_little_assurance() -> None:
    rule = rule_for(["absolute"], PACK)
    assert (rule.decide_within, rule.complete_within, rule.assurance) == (0, 0, Assurance.LOW)


def test_no_question_puts_off_an_objection_to_marketing() -> None:
    patient = replace(PACK.rights[Right.OBJECTION], pause_for_information=True)
    pausing = replace(PACK, rights={Right.OBJECTION: patient})
    assert not rule_for(["absolute"], pausing).pause_for_information
    assert rule_for(["yes"], pausing).pause_for_information


@pytest.mark.parametrize("purposes", [["yes"], ["no"], ["absolute", "yes"], ["absolute", "dropped"]])
def test_every_other_objection_is_handled_as_the_right_is(purposes: list[str]) -> None:
    assert rule_for(purposes, PACK) == PACK.rights[Right.OBJECTION]


def test_a_policy_without_a_rule_for_marketing_has_one_rule() -> None:
    plain = replace(PACK, rights={Right.OBJECTION: right(Right.OBJECTION)})
    assert rule_for(["absolute"], plain) == plain.rights[Right.OBJECTION]
