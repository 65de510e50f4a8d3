from dataclasses import replace

import pytest

from app.domain.policy import Purpose
from app.domain.restriction import assess_item, categories_of, kinds_of
from app.domain.rights_request import ItemOutcome
from tests.domain.building import DEPOSIT_RULE, MEMBERSHIP_RULE, pack, text
from tests.domain.test_objection import purpose

PACK = replace(
    pack(DEPOSIT_RULE, MEMBERSHIP_RULE),
    purposes={
        "evidence": purpose("evidence", categories=("financial",), retention=("ret_deposit",)),
        "register": purpose("register", categories=("religion",), retention=("ret_membership_default", "ret_deposit")),
    },
)


def assess(*, held: bool = True, deceased: bool = False) -> tuple[ItemOutcome, tuple[str, ...], bool]:
    item = assess_item("D-1", text("deposit"), held=held, deceased=deceased)
    assert (item.ref, item.label) == ("D-1", text("deposit"))
    return item.proposed, item.grounds, item.grantable


def test_a_restriction_is_granted_unless_an_officer_finds_that_no_case_of_the_law_applies() -> None:
    grounds = ("restrict_ground_not_met", "insufficient_detail", "out_of_scope_credit_bureau")
    assert assess() == (ItemOutcome.GRANTED, grounds, True)


def test_what_is_not_held_can_only_be_refused() -> None:
    assert assess(held=False) == (ItemOutcome.REFUSED, ("no_data_held",), False)


@pytest.mark.parametrize("held", [True, False])
def test_the_data_of_the_dead_is_out_of_the_act(held: bool) -> None:
    assert assess(held=held, deceased=True) == (ItemOutcome.REFUSED, ("deceased_subject",), False)


def test_records_serve_a_purpose_by_the_kinds_of_its_retention_rules() -> None:
    assert kinds_of(["evidence"], PACK) == {"deposit"}
    assert kinds_of(["register", "evidence"], PACK) == {"deposit", "member_data"}


def test_a_purpose_touches_its_categories() -> None:
    assert categories_of(["evidence"], PACK) == {"financial"}
    assert categories_of(["evidence", "register"], PACK) == {"financial", "religion"}


def test_a_purpose_that_the_policy_has_dropped_touches_nothing() -> None:
    known: dict[str, Purpose] = {}
    empty = replace(PACK, purposes=known)
    assert kinds_of(["evidence"], empty) == categories_of(["evidence"], empty) == frozenset()
