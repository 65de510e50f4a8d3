"""How the records of a subject reach a decision (DOMAIN, fast path)."""

from dataclasses import replace
from datetime import date

import pytest

from tests.domain.deciding import ask, deposit, facts, limit, said

OLD = date(2010, 3, 2)
ERASED_STATES = ("locked", "erased", "anonymised")


@pytest.mark.parametrize("action", ["collect", "use", "disclose", "store"])
def test_nothing_is_done_with_an_erased_person_s_data(action: str) -> None:
    decision = ask(action, known=facts(erased=True), recipient="bank")
    assert said(decision) == (False, ["erased"])


@pytest.mark.parametrize("state", ERASED_STATES)
@pytest.mark.parametrize("action", ["use", "store"])
def test_erased_records_count_when_all_are(state: str, action: str) -> None:
    gone = deposit(state=state)
    assert said(ask(action, known=facts(records=(gone, gone)))) == (False, ["erased"])
    assert ask(action, known=facts(records=(gone, deposit("D-2")))).allowed
    assert ask(action, known=facts(records=(replace(gone, categories=frozenset({"health"})),))).allowed, (
        "not asked about"
    )
    assert ask(action, known=facts(records=(deposit(kind="member_data", state=state),))).allowed, "of another purpose"


def test_storage_only_lets_a_record_be_stored() -> None:
    kept = facts(records=(deposit(state="storage_only"),))
    assert said(ask(known=kept)) == (False, ["storage_only"])
    assert ask("store", known=kept).allowed
    over = facts(records=(deposit(state="storage_only", made=OLD),))
    assert said(ask("store", known=over)) == (False, ["retention_ended"])
    mixed = facts(records=(deposit(state="storage_only"), deposit("D-2", state="erased"), deposit("D-3", OLD)))
    assert said(ask(known=mixed)) == (False, ["erased", "storage_only", "retention_ended"])


def test_past_retention_counts_when_all_records_are_and_no_hold_keeps_one() -> None:
    over = deposit(made=OLD)
    assert said(ask(known=facts(records=(over,)))) == (False, ["retention_ended"])
    assert ask(known=facts(records=(over, deposit("D-2")))).allowed
    assert ask(known=facts(records=(deposit(made=OLD, holds=("s.90",)),))).allowed


def test_what_nobody_knows_the_period_of_is_stored_and_proves_no_legal_obligation() -> None:
    unknown = facts(records=(deposit(kind="credit_life_insurance"),))
    assert said(ask(purpose="insured", known=unknown)) == (False, ["unresolved"])
    assert ask("store", "insured", unknown).allowed
    named = facts(records=(deposit("X-1", kind="a kind that no rule knows"),))
    assert said(ask(purpose="legal", known=named, record_refs=("X-1",))) == (False, ["unresolved"])
    assert ask(known=named, record_refs=("X-1",)).allowed, "the contract holds all the same"


def test_named_records_are_the_only_ones_that_count() -> None:
    known = facts(records=(deposit("D-1", OLD), deposit("D-2", state="erased", categories=("health",)), deposit("D-3")))
    assert said(ask(known=known, record_refs=("D-1",))) == (False, ["retention_ended"])
    assert said(ask(known=known, record_refs=("D-2",))) == (False, ["erased"])
    assert ask(known=known, record_refs=("D-1", "D-3")).allowed
    assert ask(known=known, record_refs=("D-9",)).allowed, "no such record has no effect"


def test_a_restriction_of_records_counts_when_it_holds_any_that_is_concerned() -> None:
    known = facts(limits=(limit("restriction", refs=("D-2",)),), records=(deposit("D-1"), deposit("D-2")))
    assert said(ask(known=known)) == (False, ["restricted"])
    assert ask(known=known, record_refs=("D-1",)).allowed
    assert ask(known=known, categories=("identity",)).allowed
    assert ask(known=facts(limits=(limit("restriction", "legal"),))).allowed, "of another purpose"
