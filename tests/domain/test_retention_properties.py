"""What must hold of retention whatever the rules, the record and the day."""

from dataclasses import replace
from datetime import date

from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.policy import Floor, Period, RetentionRule
from app.domain.retention import Circumstances, Membership, Record, RetentionDecision, evaluate
from app.domain.vocabulary import RetentionAction
from tests.domain.building import CONDITIONS, PLAIN_RULE, floor, pack

EVENTS = (
    "made",
    "settled",
    "transaction_made",
    "receipt_issued",
    "relationship_ended",
    "account_closed",
    "membership_terminated",
)
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2030, 1, 1))
TODAYS = st.dates(min_value=date(2005, 1, 1), max_value=date(2050, 1, 1))
PERIODS = st.one_of(
    st.builds(Period, years=st.integers(1, 15)),
    st.builds(Period, months=st.integers(1, 40)),
    st.builds(Period, days=st.integers(1, 400)),
)
FLOOR_TRIGGERS = st.sampled_from(
    ("transaction_made", "receipt_issued", "relationship_ended", "account_closed_or_relationship_ended")
)


def seldom() -> st.SearchStrategy[bool]:
    return st.integers(0, 9).map(lambda drawn: drawn == 9)


@st.composite
def floors(draw: st.DrawFn) -> Floor:
    trigger = "audit_closed" if draw(seldom()) else draw(FLOOR_TRIGGERS)
    return floor("a law", trigger, draw(PERIODS), registrar_defined=draw(st.booleans()))


@st.composite
def rules(draw: st.DrawFn) -> RetentionRule:
    """A rule for the kind `plain`; its code makes it different from the others of a list."""
    insurer_defined = draw(seldom())
    return replace(
        PLAIN_RULE,
        code=f"ret_{draw(st.integers(0, 10**6))}",
        number=draw(st.integers(1, 3)),
        trigger="made" if draw(st.booleans()) else draw(st.sampled_from(EVENTS)),
        trigger_fallback=draw(st.none() | st.sampled_from(EVENTS)),
        later_of=draw(st.none() | st.just("settled")),
        period=None if insurer_defined else draw(PERIODS),
        insurer_defined=insurer_defined,
        claims=draw(st.booleans()),
        retain_while_membership=draw(seldom()),
        floors=tuple(draw(st.lists(floors(), max_size=2))),
        hold_while=tuple(draw(st.sets(st.sampled_from(sorted(CONDITIONS)), max_size=3))),
    )


RULE_SETS = st.lists(rules(), min_size=1, max_size=4, unique_by=lambda rule: rule.code)
RECORDS = st.builds(
    Record,
    record_ref=st.just("R-1"),
    kind=st.just("plain"),
    events=st.fixed_dictionaries({"made": DAYS}, optional=dict.fromkeys(EVENTS[1:], DAYS)),
    conditions=st.just(frozenset()) | st.frozensets(st.sampled_from(sorted(CONDITIONS)), max_size=2),
)
MEMBERSHIPS = st.lists(st.builds(Membership, st.just(date(1980, 1, 1)), DAYS | st.none()), max_size=2).map(tuple)
CIRCUMSTANCES = st.builds(Circumstances, memberships=MEMBERSHIPS, other_open_request=seldom())


def strength(decision: RetentionDecision) -> tuple[int, date]:
    """How firmly a decision keeps the record."""
    rank = (RetentionAction.DISPOSE, RetentionAction.KEEP, RetentionAction.UNRESOLVED, RetentionAction.HOLD)
    return rank.index(decision.action), decision.until or date.max


@given(
    RULE_SETS.flatmap(lambda known: st.tuples(st.just(known), st.permutations(known))), RECORDS, CIRCUMSTANCES, TODAYS
)
def test_the_order_of_the_rules_makes_no_difference(
    orders: tuple[list[RetentionRule], list[RetentionRule]], of: Record, circumstances: Circumstances, today: date
) -> None:
    given_, shuffled = orders
    assert evaluate(of, pack(*given_), circumstances, today) == evaluate(of, pack(*shuffled), circumstances, today)


@given(RULE_SETS, rules(), RECORDS, CIRCUMSTANCES, TODAYS)
def test_one_rule_more_never_frees_a_record_or_shortens_its_keeping(
    known: list[RetentionRule], more: RetentionRule, of: Record, circumstances: Circumstances, today: date
) -> None:
    assume(more.code not in {rule.code for rule in known})
    before = evaluate(of, pack(*known), circumstances, today)
    assert strength(evaluate(of, pack(*known, more), circumstances, today)) >= strength(before)


@given(RULE_SETS, floors(), RECORDS, CIRCUMSTANCES, TODAYS)
def test_one_floor_more_never_frees_a_record_or_shortens_its_keeping(
    known: list[RetentionRule], more: Floor, of: Record, circumstances: Circumstances, today: date
) -> None:
    stricter = replace(known[0], floors=(*known[0].floors, more))
    before = evaluate(of, pack(*known), circumstances, today)
    assert strength(evaluate(of, pack(stricter, *known[1:]), circumstances, today)) >= strength(before)


@given(RULE_SETS, RECORDS, CIRCUMSTANCES, TODAYS, st.sampled_from(sorted(CONDITIONS)))
def test_one_condition_more_never_frees_a_record(
    known: list[RetentionRule], of: Record, circumstances: Circumstances, today: date, condition: str
) -> None:
    burdened = replace(of, conditions=of.conditions | {condition})
    before = evaluate(of, pack(*known), circumstances, today)
    assert strength(evaluate(burdened, pack(*known), circumstances, today)) >= strength(before)


@given(RULE_SETS | st.just([]), RECORDS, CIRCUMSTANCES, TODAYS, st.text(min_size=1, max_size=5))
def test_a_hold_beats_everything_and_lifting_it_restores_the_decision(
    known: list[RetentionRule], of: Record, circumstances: Circumstances, today: date, provision: str
) -> None:
    before = evaluate(of, pack(*known), circumstances, today)
    held = evaluate(of, pack(*known), replace(circumstances, holds=(provision,)), today)
    assert held.action is RetentionAction.HOLD
    assert evaluate(of, pack(*known), replace(circumstances, holds=()), today) == before


@given(RULE_SETS, RECORDS, CIRCUMSTANCES, TODAYS)
def test_an_unknown_kind_is_never_disposed_of(
    known: list[RetentionRule], of: Record, circumstances: Circumstances, today: date
) -> None:
    unknown = replace(of, kind="unheard of")
    assert evaluate(unknown, pack(*known), circumstances, today).action is RetentionAction.UNRESOLVED


@given(RULE_SETS, RECORDS, CIRCUMSTANCES, TODAYS, st.integers(0, 100))
def test_a_kept_record_is_kept_on_every_day_until_its_last(
    known: list[RetentionRule], of: Record, circumstances: Circumstances, today: date, share: int
) -> None:
    until = evaluate(of, pack(*known), circumstances, today).until
    if until is not None:
        later = today + (until - today) * share // 100
        assert evaluate(of, pack(*known), circumstances, later).action is not RetentionAction.DISPOSE


@given(RULE_SETS, RECORDS, CIRCUMSTANCES, TODAYS)
def test_every_decision_gives_its_reasons_and_those_for_keeping_still_run(
    known: list[RetentionRule], of: Record, circumstances: Circumstances, today: date
) -> None:
    decision = evaluate(of, pack(*known), circumstances, today)
    assert decision.because
    disposed = decision.action is RetentionAction.DISPOSE
    assert all(reason.runs(today) is not disposed for reason in decision.because)
    if decision.action is RetentionAction.KEEP:
        assert (decision.until is None) == (decision.waits_for is not None)


@given(RULE_SETS, RECORDS, CIRCUMSTANCES, TODAYS)
def test_the_same_facts_on_the_same_day_give_the_same_answer(
    known: list[RetentionRule], of: Record, circumstances: Circumstances, today: date
) -> None:
    again = replace(of, events=dict(reversed(list(of.events.items()))), conditions=frozenset(sorted(of.conditions)))
    assert evaluate(of, pack(*known), circumstances, today) == evaluate(again, pack(*known), circumstances, today)
