"""What must hold of every decision, whatever the question and the facts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.domain.capacity import Person
from app.domain.policy import PolicyPack
from app.domain.processing import ACTIONS, decide
from app.domain.processing_facts import Facts, GivenConsent, HeldRecord, Limit, Question
from app.domain.processing_reasons import ReasonCode
from app.domain.retention import Membership
from tests.domain.deciding import NOTICE, NOW, TODAY, consent, deposit, the_pack

PACKS = st.sampled_from((the_pack(), the_pack(notices={"n-2": NOTICE})))
PURPOSES = sorted(the_pack().purposes)
CATEGORIES = ("identity", "financial", "health", "shoe_size")
REFS = ("R-0", "R-1", "R-2")
DAYS = st.dates(date(1990, 1, 1), date(2030, 1, 1))
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  (made aware by the strategy)
SOME_CATEGORIES = st.lists(st.sampled_from(CATEGORIES), max_size=3, unique=True).map(tuple)
QUESTIONS = st.builds(
    Question,
    action=st.sampled_from((*sorted(ACTIONS), "sell")),
    purpose=st.sampled_from((*PURPOSES, "marketing", None)),
    categories=st.none() | SOME_CATEGORIES,
    recipient=st.sampled_from((None, "bank", "insurer", "registrar", "nobody")),
    record_refs=st.none() | st.lists(st.sampled_from(REFS), max_size=2, unique=True).map(tuple),
    resource_known=st.sampled_from((True, True, True, False)),
)
LIMITS = st.builds(
    Limit,
    kind=st.sampled_from(("restriction", "objection")),
    purposes=st.lists(st.sampled_from(PURPOSES), max_size=2).map(tuple),
    record_refs=st.frozensets(st.sampled_from(REFS), max_size=2),
    since=INSTANTS,
    request_id=st.just("request"),
)


@st.composite
def consents(draw: st.DrawFn) -> GivenConsent:
    return consent(
        draw(st.sampled_from(PURPOSES)),
        categories=draw(SOME_CATEGORIES),
        recipients=draw(st.lists(st.sampled_from(("bank", "insurer")), unique=True).map(tuple)),
        explicit=draw(st.booleans()),
        withdrawn_at=draw(st.none() | INSTANTS),
        expires_on=draw(st.none() | DAYS),
        quality=draw(st.sampled_from(("sound", "sound", "doubtful", "original_purpose"))),
        given_as=draw(st.sampled_from(("self", "parent"))),
        doubted=draw(st.booleans()),
    )


@st.composite
def records(draw: st.DrawFn) -> HeldRecord:
    return deposit(
        draw(st.sampled_from(REFS)),
        draw(DAYS),
        state=draw(st.sampled_from(("held", "held", "locked", "storage_only", "erased"))),
        kind=draw(st.sampled_from(("deposit", "credit_life_insurance", "unknown"))),
        categories=draw(SOME_CATEGORIES),
        holds=draw(st.sampled_from(((), ("s.90",)))),
    )


PEOPLE = st.builds(
    Person, birth=st.sampled_from((None, "1970-05-17", "2010-01-01")), deceased_on=st.sampled_from((None, TODAY))
)
FACTS = st.builds(
    Facts,
    person=st.sampled_from((False, True, True, True)).flatmap(lambda known: PEOPLE if known else st.none()),
    erased=st.sampled_from((False, False, False, True)),
    memberships=st.lists(st.builds(Membership, st.just(date(1980, 1, 1)), st.none() | DAYS), max_size=2).map(tuple),
    consent=st.none() | consents(),
    limits=st.lists(LIMITS, max_size=2).map(tuple),
    records=st.lists(records(), max_size=3).map(tuple),
)


@given(QUESTIONS, FACTS, PACKS, LIMITS)
def test_a_further_restriction_or_objection_never_turns_a_no_into_a_yes(
    question: Question, facts: Facts, pack: PolicyPack, limit: Limit
) -> None:
    before = decide(question, facts, pack, NOW, TODAY)
    after = decide(question, replace(facts, limits=(*facts.limits, limit)), pack, NOW, TODAY)
    assert before.allowed or not after.allowed
    assert before.allowed or set(before.reasons) <= set(after.reasons), "and takes no reason away"


@given(QUESTIONS, FACTS, PACKS, consents(), INSTANTS)
def test_a_withdrawal_never_turns_a_no_into_a_yes(
    question: Question, facts: Facts, pack: PolicyPack, given_one: GivenConsent, at: datetime
) -> None:
    standing = replace(facts, consent=replace(given_one, withdrawn_at=None))
    withdrawn = replace(facts, consent=replace(given_one, withdrawn_at=at, ended_at=at))
    before = decide(question, standing, pack, NOW, TODAY)
    after = decide(question, withdrawn, pack, NOW, TODAY)
    assert before.allowed or not after.allowed


@given(QUESTIONS, FACTS, PACKS, consents())
def test_doubt_about_a_consent_never_turns_a_no_into_a_yes(
    question: Question, facts: Facts, pack: PolicyPack, given_one: GivenConsent
) -> None:
    sound, doubted = (replace(facts, consent=replace(given_one, doubted=doubt)) for doubt in (False, True))
    before = decide(question, sound, pack, NOW, TODAY)
    after = decide(question, doubted, pack, NOW, TODAY)
    assert before.allowed or not after.allowed


@given(QUESTIONS, FACTS, PACKS)
def test_a_decision_has_reasons_of_its_own_side_alone_each_once(
    question: Question, facts: Facts, pack: PolicyPack
) -> None:
    decision = decide(question, facts, pack, NOW, TODAY)
    positive = {reason.code.startswith("basis_") for reason in decision.reasons}
    assert positive == {decision.allowed}
    assert len(set(decision.reasons)) == len(decision.reasons)
    assert bool(decision.bases) <= decision.allowed


@given(QUESTIONS, FACTS, PACKS)
def test_the_reasons_of_the_first_rules_come_first(question: Question, facts: Facts, pack: PolicyPack) -> None:
    order = (
        {"subject_unknown", "resource_unknown", "action_unknown"}, {"purpose_unknown"}, {"category_not_in_purpose"},
        {"recipient_not_registered"}, {"erased"}, {"restricted"}, {"objected"},
        {"relationship_ended", "unresolved", "representative_missing"} | {c for c in ReasonCode if "consent" in c},
        {"storage_only"}, {"retention_ended"},
    )  # fmt: skip
    decision = decide(question, facts, pack, NOW, TODAY)
    if not decision.allowed:
        stages = [next(n for n, codes in enumerate(order) if reason.code in codes) for reason in decision.reasons]
        assert stages == sorted(stages)


@given(QUESTIONS, FACTS, PACKS, st.randoms())
def test_the_order_of_the_facts_makes_no_difference(
    question: Question, facts: Facts, pack: PolicyPack, random: Random
) -> None:
    shuffled = [list(facts.memberships), list(facts.limits), list(facts.records)]
    for values in shuffled:
        random.shuffle(values)
    memberships, limits, held = map(tuple, shuffled)
    other = replace(facts, memberships=memberships, limits=limits, records=held)
    assert decide(question, facts, pack, NOW, TODAY) == decide(question, other, pack, NOW, TODAY)


@given(QUESTIONS, FACTS, PACKS, st.integers(0, 3_000))
def test_a_consent_that_has_ended_does_not_come_back_with_time(
    question: Question, facts: Facts, pack: PolicyPack, days: int
) -> None:
    if facts.consent is None or facts.consent.status(pack, NOW, TODAY) == "active":
        return
    later = timedelta(days=days)
    assert facts.consent.status(pack, NOW + later, TODAY + later) != "active"
