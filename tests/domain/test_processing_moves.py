"""What a person can do about a purpose."""

from dataclasses import replace
from datetime import date

import pytest

from app.domain.capacity import Person
from app.domain.consent import ConsentStatus
from app.domain.policy import StatutoryInstrument
from app.domain.processing_facts import Facts
from app.domain.processing_moves import limit_of, moves
from app.domain.vocabulary import Objectable
from tests.domain.building import text
from tests.domain.deciding import NOTICE, TODAY, deposit, facts, limit, the_pack

PACK = the_pack(notices={"n-2": NOTICE})
CONSENTED, CONTRACTUAL = PACK.purposes["consented"], PACK.purposes["contractual"]


@pytest.mark.parametrize(
    ("status", "first"),
    [
        (None, "grant_consent"),
        (ConsentStatus.ACTIVE, "withdraw_consent"),
        (ConsentStatus.WITHDRAWN, "grant_consent"),
        (ConsentStatus.EXPIRED, "grant_consent"),
        (ConsentStatus.SUPERSEDED, "grant_consent"),
    ],
)
def test_consent_is_granted_where_none_is_in_force_and_withdrawn_where_one_is(
    status: ConsentStatus | None, first: str
) -> None:
    assert moves(CONSENTED, facts(), status, PACK, TODAY) == (first, "restrict", "erase")


def test_without_a_notice_in_force_no_consent_can_be_asked_for() -> None:
    assert moves(CONSENTED, facts(), None, the_pack(), TODAY) == ("restrict", "erase")
    assert "withdraw_consent" in moves(CONSENTED, facts(), ConsentStatus.ACTIVE, the_pack(), TODAY)


def test_a_purpose_without_consent_offers_none() -> None:
    assert moves(CONTRACTUAL, facts(), None, PACK, TODAY) == ("restrict", "erase")


def test_what_another_law_makes_irrevocable_is_neither_given_nor_withdrawn() -> None:
    bound = replace(CONSENTED, statutory_instrument=StatutoryInstrument("Cooperatives Act s.42/1", text("payroll")))
    for status in (None, ConsentStatus.ACTIVE):
        assert moves(bound, facts(), status, PACK, TODAY) == ("restrict", "erase")


@pytest.mark.parametrize("objectable", [Objectable.YES, Objectable.ABSOLUTE])
def test_what_can_be_objected_to_is_objected_to_once(objectable: Objectable) -> None:
    purpose = replace(CONTRACTUAL, objectable=objectable)
    assert moves(purpose, facts(), None, PACK, TODAY) == ("object", "restrict", "erase")
    known = facts(limits=(limit("objection", "contractual"), limit("restriction", "contractual")))
    assert moves(purpose, known, None, PACK, TODAY) == ("erase",)


def test_nothing_is_open_to_who_is_unknown_erased_or_dead() -> None:
    dead = Person("1930-05-17", deceased_on=date(2026, 1, 1))
    for known in (Facts(), facts(erased=True), facts(person=dead)):
        assert moves(CONSENTED, known, None, PACK, TODAY) == ()


def test_a_limit_of_a_purpose_is_the_oldest_that_names_it_or_any_of_its_records() -> None:
    first, other = limit("restriction", refs=("D-1",)), limit("restriction", "legal")
    known = facts(limits=(other, first), records=(deposit("D-1"),))
    assert limit_of(CONTRACTUAL, known, "restriction") is first
    assert limit_of(CONTRACTUAL, replace(known, records=()), "restriction") is None
    assert limit_of(CONTRACTUAL, known, "objection") is None
