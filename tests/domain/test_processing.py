"""The rules of a decision, and the order of them all (DOMAIN, fast path)."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.domain.capacity import Person
from app.domain.catalogue import CreditBureauDuty
from app.domain.consent import check_grant
from app.domain.errors import InvalidInput
from app.domain.processing_facts import Facts
from app.domain.processing_reasons import OF_BASIS, TEXTS, ReasonCode
from app.domain.vocabulary import Basis, ConsentNeed
from tests.domain.building import text
from tests.domain.deciding import LEFT, MEMBER, PACK, ask, consent, deposit, facts, limit, purpose, said

OLD = date(2010, 3, 2)
DEAD = Person("1930-05-17", deceased_on=date(2026, 11, 21))


def test_every_reason_has_words_in_both_languages_and_every_basis_a_reason() -> None:
    assert set(TEXTS) == set(ReasonCode)
    assert all(text.th and text.en and text.th != text.en for text in TEXTS.values())
    assert set(OF_BASIS) == set(Basis)


@pytest.mark.parametrize(
    ("purpose", "code"),
    [
        ("contractual", "basis_contract"),
        ("legitimate", "basis_legitimate_interest"),
        ("legal", "basis_legal_obligation"),
        ("public", "basis_public_task"),
    ],
)
def test_a_basis_that_holds_is_named(purpose: str, code: str) -> None:
    assert said(ask(purpose=purpose)) == (True, [code])


def test_all_bases_that_hold_are_named() -> None:
    assert said(ask(purpose="both")) == (True, ["basis_contract", "basis_legal_obligation"])


def test_what_is_not_known_is_told_in_the_order_of_the_rules() -> None:
    nobody = Facts()
    assert said(ask("sell", "marketing", nobody)) == (False, ["subject_unknown", "action_unknown", "purpose_unknown"])
    assert said(ask(known=nobody)) == (False, ["subject_unknown"])
    assert said(ask(known=nobody, categories=("health",))) == (
        False, ["subject_unknown", "category_not_in_purpose:health"],
    )  # fmt: skip
    assert said(ask(purpose=None)) == (False, ["purpose_unknown"])
    assert said(ask(known=nobody, resource_known=False)) == (False, ["resource_unknown"])


def test_a_category_outside_the_purpose_is_named_each() -> None:
    decision = ask(categories=("financial", "health", "shoe_size"))
    assert said(decision) == (False, ["category_not_in_purpose:health", "category_not_in_purpose:shoe_size"])


def test_a_bureau_members_duty_is_towards_the_bureau_and_no_authority() -> None:
    duty = CreditBureauDuty("Credit Information Business Act s.18", text("duty"))
    told = purpose("told", Basis.CONSENT, Basis.LEGAL_OBLIGATION, recipients=("insurer",), credit_bureau_duty=duty)
    pack = replace(PACK, purposes={"told": told})
    assert said(ask("disclose", "told", recipient="insurer", pack=pack)) == (True, ["basis_legal_obligation"])
    assert said(ask("disclose", "told", recipient="revenue", pack=pack)) == (False, ["recipient_not_registered"])
    with pytest.raises(InvalidInput):
        check_grant(replace(told, requires_consent=ConsentNeed.ALWAYS), pack, recipients=["revenue"])


@pytest.mark.parametrize(
    ("action", "purpose", "recipient", "accepted"),
    [
        ("disclose", "contractual", "bank", True),
        ("disclose", "contractual", None, False),
        ("disclose", "contractual", "insurer", False),
        ("disclose", "contractual", "registrar", False),
        ("disclose", "legal", "registrar", True),
        ("disclose", "legal", "insurer", False),
        ("disclose", "contractual", "a_cloud_abroad", False),
        ("use", "contractual", None, True),
        ("use", "contractual", "insurer", False),
    ],
)
def test_a_recipient_is_one_of_the_purpose_or_an_authority_that_the_law_obliges_to(
    action: str, purpose: str, recipient: str | None, accepted: bool
) -> None:
    decision = ask(action, purpose, recipient=recipient)
    assert decision.allowed is accepted
    assert ("recipient_not_registered" in said(decision)[1]) is not accepted


@pytest.mark.parametrize("purpose", ["contractual", "legitimate"])
@pytest.mark.parametrize("action", ["collect", "use", "disclose"])
def test_contract_and_legitimate_interest_end_with_the_relationship(purpose: str, action: str) -> None:
    recipient = "bank" if action == "disclose" else None
    assert said(ask(action, purpose, facts(memberships=(LEFT,)), recipient=recipient)) == (
        False,
        ["relationship_ended"],
    )
    assert ask(action, purpose, facts(memberships=(LEFT, MEMBER)), recipient=recipient).allowed, (
        "a linked member's lasts"
    )
    assert ask(action, purpose, facts(memberships=()), recipient=recipient).allowed, "nobody told of an end"


def test_a_membership_lasts_until_the_day_before_its_end() -> None:
    ends = replace(MEMBER, ended_on=date(2026, 11, 22))
    assert ask(known=facts(memberships=(ends,))).allowed
    assert not ask(known=facts(memberships=(replace(ends, ended_on=date(2026, 11, 21)),))).allowed


def test_a_legal_obligation_outlives_the_relationship_and_ends_with_retention() -> None:
    assert said(ask(purpose="both", known=facts(memberships=(LEFT,)))) == (True, ["basis_legal_obligation"])
    over = facts(records=(deposit(made=OLD),))
    assert said(ask(purpose="legal", known=over)) == (False, ["retention_ended"])


@pytest.mark.parametrize("purpose", ["contractual", "legitimate", "legal", "both", "consented", "partly"])
def test_storing_goes_on_until_retention_ends_on_any_basis(purpose: str) -> None:
    known = facts(memberships=(LEFT,), consent=consent(purpose, withdrawn_at=datetime(2026, 2, 1, tzinfo=UTC)))
    assert ask("store", purpose, known).allowed
    assert ask("store", purpose, replace(known, records=(deposit(),))).allowed
    over = replace(known, records=(deposit(made=OLD),))
    assert said(ask("store", purpose, over)) == (False, ["retention_ended"])


def test_who_has_died_is_no_longer_a_party_and_consents_no_more() -> None:
    dead = facts(person=DEAD, consent=consent())
    assert said(ask(known=dead)) == (False, ["relationship_ended"])
    assert said(ask(purpose="consented", known=dead)) == (False, ["relationship_ended"])
    assert ask(purpose="legal", known=dead).allowed
    assert ask("store", known=dead).allowed


@pytest.mark.parametrize(
    ("action", "purpose", "recipient", "allowed"),
    [
        ("store", "both", None, True),
        ("use", "both", None, False),
        ("collect", "both", None, False),
        ("use", "both", "registrar", True),
        ("disclose", "both", "registrar", True),
        ("collect", "both", "registrar", False),
        ("disclose", "both", "bank", False),
    ],
)
def test_a_restriction_leaves_storing_and_what_the_law_obliges_to_towards_authorities(
    action: str, purpose: str, recipient: str | None, allowed: bool
) -> None:
    decision = ask(action, purpose, facts(limits=(limit("restriction", purpose),)), recipient=recipient)
    assert decision.allowed is allowed
    assert allowed or said(decision) == (False, ["restricted"])


@pytest.mark.parametrize("action", ["collect", "use", "disclose"])
def test_an_objection_sets_the_data_of_its_purpose_apart(action: str) -> None:
    known = facts(limits=(limit("objection", "legitimate"),))
    assert said(ask(action, "legitimate", known, recipient="bank")) == (False, ["objected"])
    assert ask("store", "legitimate", known).allowed
    assert ask(action, "contractual", known, recipient="bank").allowed


def test_every_rule_that_says_no_is_told_in_the_order_of_the_rules() -> None:
    known = facts(
        memberships=(LEFT,),
        consent=consent("partly", withdrawn_at=datetime(2026, 2, 1, tzinfo=UTC)),
        limits=(limit("objection", "partly"), limit("restriction", "partly"), limit("restriction", "partly")),
        records=(deposit(made=OLD), deposit("D-2", state="erased"), deposit("D-3", state="storage_only")),
    )
    decision = ask("disclose", "partly", known, categories=("identity", "financial", "health", "shoe_size"))
    assert said(decision) == (
        False,
        [
            "category_not_in_purpose:shoe_size", "recipient_not_registered", "erased", "restricted", "objected",
            "relationship_ended", "consent_withdrawn:health", "storage_only", "retention_ended",
        ],
    )  # fmt: skip


def test_no_purpose_of_the_small_pack_is_left_out() -> None:
    assert {each.requires_consent for each in PACK.purposes.values()} == set(ConsentNeed)
