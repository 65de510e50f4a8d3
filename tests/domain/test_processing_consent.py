"""What consent a decision asks for, and what is wrong with one (PDPA s.19, 20, 26)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.domain.capacity import Person
from app.domain.vocabulary import Basis
from tests.domain.deciding import LEFT, NOTICE, ask, consent, facts, said, the_pack


def test_what_nobody_ever_consented_to_is_not_stored() -> None:
    assert said(ask("store", "consented")) == (False, ["consent_missing"])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (None, "consent_missing"),
        (consent(withdrawn_at=datetime(2026, 2, 1, tzinfo=UTC)), "consent_withdrawn"),
        (consent(withdrawn_at=datetime(2027, 2, 1, tzinfo=UTC)), "consent_withdrawn"),
        (consent(expires_on=date(2026, 11, 20)), "consent_expired"),
        (consent(ended_at=datetime(2026, 2, 1, tzinfo=UTC), ended_as="expired"), "consent_expired"),
        (consent(ended_at=datetime(2026, 2, 1, tzinfo=UTC), ended_as="superseded"), "consent_superseded"),
        (consent(ended_at=datetime(2026, 2, 1, tzinfo=UTC)), "consent_superseded"),
    ],
)
def test_a_purpose_that_always_needs_consent_says_what_is_wrong_with_it(given: object, code: str) -> None:
    assert said(ask(purpose="consented", known=facts(consent=given))) == (False, [code])


def test_a_consent_in_force_is_the_basis_to_its_last_day() -> None:
    decision = ask(purpose="consented", known=facts(consent=consent(expires_on=date(2026, 11, 21))))
    assert said(decision) == (True, ["basis_consent", "basis_contract"])
    left = facts(consent=consent(), memberships=(LEFT,))
    assert said(ask(purpose="consented", known=left)) == (True, ["basis_consent"])


def test_a_notice_that_wants_fresh_consent_ends_the_older_one() -> None:
    notified = the_pack(notices={"n-2": NOTICE})
    assert said(ask(purpose="consented", known=facts(consent=consent()), pack=notified)) == (
        False,
        ["consent_superseded"],
    )
    fresh = facts(consent=consent(notice_version="2"))
    assert ask(purpose="consented", known=fresh, pack=notified).allowed


def test_a_consent_covers_its_categories_and_recipients_alone() -> None:
    narrow = facts(consent=consent(categories=("identity",), recipients=("insurer",)))
    assert said(ask(purpose="consented", known=narrow)) == (False, ["consent_missing:financial"])
    assert ask(purpose="consented", known=narrow, categories=("identity",)).allowed
    to_bank = ask("disclose", "consented", narrow, categories=("identity",), recipient="bank")
    assert said(to_bank) == (False, ["consent_missing"])
    assert ask("disclose", "consented", narrow, categories=("identity",), recipient="insurer").allowed


@pytest.mark.parametrize(
    "given", [None, consent("partly", explicit=False), consent("partly", quality="doubtful"),
              consent("partly", quality="original_purpose"), consent("partly", categories=("identity",))],
)  # fmt: skip
def test_a_sensitive_category_needs_explicit_consent_besides(given: object) -> None:
    known = facts(consent=given)
    assert said(ask(purpose="partly", known=known)) == (True, ["basis_contract"]), "ordinary data rests on the contract"
    assert said(ask(purpose="partly", known=known, categories=("identity", "health"))) == (
        False, ["explicit_consent_missing:health"],
    )  # fmt: skip


def test_with_explicit_consent_the_sensitive_category_is_allowed_and_says_so() -> None:
    decision = ask(purpose="partly", known=facts(consent=consent("partly")), categories=("identity", "health"))
    assert said(decision) == (True, ["basis_contract", "basis_consent:health"])
    gone = facts(consent=consent("partly", withdrawn_at=datetime(2026, 2, 1, tzinfo=UTC)))
    assert said(ask(purpose="partly", known=gone, categories=("health",))) == (False, ["consent_withdrawn:health"])


@pytest.mark.parametrize(
    ("changes", "basis"),
    [
        ({"explicit": True}, Basis.EXPLICIT_CONSENT),
        ({"explicit": False}, Basis.CONSENT),
        ({"quality": "doubtful"}, Basis.CONSENT),
    ],
)
def test_no_consent_is_called_explicit_that_was_not(changes: dict[str, Any], basis: Basis) -> None:
    decision = ask(purpose="consented", known=facts(consent=consent(**changes)))
    assert decision.bases == (basis, Basis.CONTRACT)
    assert said(decision) == (True, ["basis_consent", "basis_contract"])


def test_explicit_consent_does_not_stand_in_for_the_basis() -> None:
    left = facts(consent=consent("partly"), memberships=(LEFT,))
    assert said(ask(purpose="partly", known=left, categories=("health",))) == (False, ["relationship_ended"])


def test_a_provision_of_section_26_spares_explicit_consent() -> None:
    assert said(ask(purpose="excepted", categories=("health",))) == (True, ["basis_legal_obligation"])


def test_a_purpose_of_sensitive_categories_alone_is_asked_about_those() -> None:
    assert said(ask(purpose="sensitive")) == (False, ["explicit_consent_missing:health"])


@pytest.mark.parametrize("quality", ["doubtful", "original_purpose"])
def test_doubtful_wording_and_the_original_purpose_carry_ordinary_data(quality: str) -> None:
    known = facts(consent=consent(quality=quality))
    assert ask(purpose="consented", known=known).allowed
    assert said(ask(purpose="consented", known=known, categories=("health",))) == (
        False, ["explicit_consent_missing:health"],
    )  # fmt: skip


@pytest.mark.parametrize("action", ["use", "store"])
@pytest.mark.parametrize("given_as", ["self", "parent"])
def test_a_consent_in_doubt_carries_nothing(action: str, given_as: str) -> None:
    known = facts(consent=consent(given_as=given_as, doubted=True))
    assert ask(action, "consented", known).reasons[0].code == "representative_missing"
    assert ask(purpose="partly", known=facts(consent=consent("partly", doubted=True))).allowed, "on the contract"


@pytest.mark.parametrize(
    ("born", "given_as", "alone", "allowed"),
    [
        ("2010-01-01", "self", False, False),
        ("2010-01-01", "self", True, True),
        ("2010-01-01", "parent", False, True),
        ("2018-01-01", "self", True, False),
        ("2006-01-05", "self", False, True),
        ("2006-01-06", "self", False, False),
        (None, "self", False, True),
    ],
)
def test_a_consent_given_too_young_to_give_it_alone_is_none(
    born: str | None, given_as: str, alone: bool, allowed: bool
) -> None:
    rules = the_pack(minors_alone=frozenset({"consent"} if alone else ()))
    known = facts(person=Person(born), consent=consent(given_as=given_as))
    decision = ask(purpose="consented", known=known, pack=rules)
    assert (
        said(decision) == (True, ["basis_consent", "basis_contract"])
        if allowed
        else (False, ["representative_missing"])
    )
