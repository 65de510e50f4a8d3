"""Which records are portable."""

import pytest

from app.domain.policy import Bilingual
from app.domain.portability import assess_item
from app.domain.rights_request import ItemAssessment, ItemOutcome
from app.domain.vocabulary import Basis

LABEL = Bilingual("เงินฝาก", "Deposits")
BY_JUDGEMENT = ("port_others_rights", "insufficient_detail", "out_of_scope_credit_bureau")


def assessed(basis: Basis | None, *, given: bool = True, deceased: bool = False) -> ItemAssessment:
    return assess_item("D-1", LABEL, basis, provided_by_subject=given, deceased=deceased)


@pytest.mark.parametrize("basis", [Basis.CONSENT, Basis.EXPLICIT_CONSENT, Basis.CONTRACT])
def test_what_the_subject_gave_on_consent_or_for_a_contract_is_portable(basis: Basis) -> None:
    item = assessed(basis)
    assert (item.proposed, item.grounds, item.grantable) == (ItemOutcome.GRANTED, BY_JUDGEMENT, True)


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize(
    ("basis", "ground"),
    [
        (Basis.PUBLIC_TASK, "port_public_task_or_law"),
        (Basis.LEGAL_OBLIGATION, "port_public_task_or_law"),
        (Basis.LEGITIMATE_INTEREST, "port_not_eligible"),
    ],
)
def test_what_is_held_on_another_basis_is_not(basis: Basis, ground: str, given: bool) -> None:
    item = assessed(basis, given=given)
    assert (item.proposed, item.grounds, item.grantable) == (ItemOutcome.REFUSED, (ground,), False)


@pytest.mark.parametrize("basis", [Basis.CONSENT, Basis.CONTRACT, None])
def test_what_others_gave_is_not(basis: Basis | None) -> None:
    item = assessed(basis, given=False)
    assert (item.proposed, item.grounds, item.grantable) == (ItemOutcome.REFUSED, ("port_not_eligible",), False)


def test_where_the_basis_is_unknown_an_officer_may_know_it() -> None:
    item = assessed(None)
    assert (item.proposed, item.grantable) == (ItemOutcome.REFUSED, True)
    assert item.grounds == ("port_not_eligible", *BY_JUDGEMENT)


def test_the_dead_take_nothing_along() -> None:
    assert assessed(Basis.CONTRACT, deceased=True).grounds == ("deceased_subject",)
