"""Who may act for whom: the whole table of `policies/cases/who_may_act.yaml`, and what holds whatever the facts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.domain.capacity import (
    AgeState,
    Person,
    Power,
    check_who_acts,
    covers,
    ends_on,
    is_effective,
)
from app.domain.errors import RepresentativeRequired, SubjectAgreementMissing
from app.domain.vocabulary import LegalCapacity, Relation, RequestKind

CASES = yaml.safe_load(
    (Path(__file__).parents[1] / "policies" / "cases" / "who_may_act.yaml").read_text(encoding="utf-8")
)
ACTS = ["consent", "withdrawal", *RequestKind]
ALONE = "alone"
ONE_DAY = timedelta(days=1)
LONG_AGO = date(1900, 1, 1)
MEMBER = Person("1970-05-17")
ATTORNEY = Power("P-1", Relation.ATTORNEY, frozenset({"all"}), LONG_AGO, None, approved=True)


def answer(person: Person, act: str, on: date, power: Power | None, **more: Any) -> str:
    """What comes of an act, in the words of the table."""
    try:
        check_who_acts(person, act, on, power=power, **more)
    except RepresentativeRequired:
        return "may_not"
    except SubjectAgreementMissing:
        return "disagrees"
    return "may"


def people(age: str, capacity: str) -> Iterator[tuple[str, Person, date]]:
    """Everybody of an age, with a capacity, and the day on which they are so old."""
    for case in CASES["ages"]:
        if case["age"] == age:
            person = Person(case["born"], case.get("married"), None, LegalCapacity(capacity))
            yield case["who"], person, case["day"]


def named(relation: str) -> Power | None:
    return None if relation == ALONE else replace(ATTORNEY, relation=Relation(relation))


def row_name(row: dict[str, Any]) -> str:
    return f"{row['age']}-{row['capacity']}"


@pytest.mark.parametrize("case", CASES["ages"], ids=[case["who"] for case in CASES["ages"]])
def test_everybody_is_as_old_as_the_example_says(case: dict[str, Any]) -> None:
    assert Person(case["born"], case.get("married")).age(case["day"]).value == case["age"]


@pytest.mark.parametrize("row", CASES["table"], ids=row_name)
def test_every_cell_of_the_table_for_everybody_of_its_age(row: dict[str, Any]) -> None:
    for who, person, on in people(row["age"], row["capacity"]):
        for relation in [ALONE, *Relation]:
            for act in ACTS:
                for agreed in (None, False, True):
                    told = f"consent, the subject {'agrees' if agreed else 'does not agree'}"
                    wanted = row[told if act == "consent" else "everything else"][relation]
                    got = answer(person, act, on, named(relation), subject_agreed=agreed)
                    assert got == wanted, (who, relation, act, agreed)


def test_the_table_is_whole() -> None:
    wanted = {(age.value, capacity.value) for age in AgeState for capacity in LegalCapacity}
    for table in ("table", "minors_alone"):
        rows = [(row["age"], row["capacity"]) for row in CASES[table]]
        assert (len(rows), set(rows)) == (9, wanted)
    cells = [cell for row in CASES["table"] for cell in row.values() if isinstance(cell, dict)]
    assert len(cells) == 27
    assert all(set(cell) == {ALONE, *Relation} for cell in cells)
    assert {case["age"] for case in CASES["ages"]} == {age.value for age in AgeState}


@pytest.mark.parametrize("row", CASES["minors_alone"], ids=row_name)
@pytest.mark.parametrize("act", ACTS)
def test_what_a_minor_does_alone(row: dict[str, Any], act: str) -> None:
    for who, person, on in people(row["age"], row["capacity"]):
        others = set(ACTS) - {act}
        assert answer(person, act, on, None, minors_alone={act}) == row["listed"], who
        assert answer(person, act, on, None, minors_alone=others) == row["not listed"], who


@pytest.mark.parametrize("capacity", LegalCapacity)
@pytest.mark.parametrize("birth", ["2020-01-01", "2010-01-01", "1970-01-01"])
def test_whom_death_leaves_standing_from_its_day_on(birth: str, capacity: LegalCapacity) -> None:
    died = date(2026, 5, 10)
    person = Person(birth, None, died, capacity)
    for relation, stands in CASES["after_death"].items():
        power = replace(ATTORNEY, relation=Relation(relation))
        for on in (died, died + ONE_DAY, died + 365 * ONE_DAY):
            assert is_effective(power, person, on) is stands, relation
            assert {answer(person, act, on, power, subject_agreed=True) for act in ACTS} == {"may_not"}
        alive = replace(person, deceased_on=None)
        assert is_effective(power, person, died - ONE_DAY) is is_effective(power, alive, died - ONE_DAY)


@pytest.mark.parametrize("case", CASES["days"])
def test_a_power_is_effective_on_its_days(case: dict[str, Any]) -> None:
    power = replace(ATTORNEY, valid_from=case["valid_from"], valid_until=case["valid_until"])
    assert is_effective(power, MEMBER, case["day"]) is case["effective"]
    assert answer(MEMBER, "access", case["day"], power) == ("may" if case["effective"] else "may_not")


@pytest.mark.parametrize("case", CASES["scopes"])
def test_a_power_covers_what_it_was_given_for(case: dict[str, Any]) -> None:
    power = replace(ATTORNEY, rights=frozenset(case["rights"]))
    for act in ACTS:
        assert covers(power, act) is (act in case["covers"])
        assert answer(MEMBER, act, date(2026, 5, 10), power) == ("may" if act in case["covers"] else "may_not")


@pytest.mark.parametrize(
    ("person", "relation", "valid_until", "last"),
    [
        (Person("2010-05-10"), Relation.PARENT, None, date(2030, 5, 9)),
        (Person("2010-05-10"), Relation.GUARDIAN, date(2027, 1, 1), date(2027, 1, 1)),
        (Person("2010-05-10"), Relation.PARENT, date(2040, 1, 1), date(2030, 5, 9)),
        (Person("2010-05-10", date(2028, 2, 14)), Relation.PARENT, None, date(2028, 2, 13)),
        (Person("2010-05-10", None, date(2027, 3, 1)), Relation.PARENT, None, date(2027, 2, 28)),
        (Person("2010-05-10", None, date(2027, 3, 1)), Relation.HEIR, None, None),
        (Person("2010-05-10", date(2028, 2, 14)), Relation.CUSTODIAN, None, None),
        (Person(None), Relation.PARENT, None, None),
        (MEMBER, Relation.ATTORNEY, date(2027, 1, 1), date(2027, 1, 1)),
    ],
)
def test_the_last_day_of_a_power_is_told(
    person: Person, relation: Relation, valid_until: date | None, last: date | None
) -> None:
    assert ends_on(replace(ATTORNEY, relation=relation, valid_until=valid_until), person) == last


@pytest.mark.parametrize("relation", Relation)
def test_of_the_living_there_are_no_heirs(relation: Relation) -> None:
    power = replace(ATTORNEY, relation=relation)
    assert is_effective(power, MEMBER, date(2026, 5, 10)) is (relation is Relation.ATTORNEY)


DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))
MAYBE = st.none() | DAYS
PERSONS = st.builds(Person, st.none() | DAYS.map(str), MAYBE, MAYBE, st.sampled_from(LegalCapacity))
RIGHTS = st.sampled_from(["all"]).map(lambda word: frozenset({word})) | st.frozensets(
    st.sampled_from(["consent", *RequestKind]), min_size=1
)
POWERS = st.builds(Power, st.just("P-1"), st.sampled_from(Relation), RIGHTS, DAYS, MAYBE, st.booleans())
ACTS_OF_ANY = st.sampled_from(ACTS)
AGREED = st.none() | st.booleans()


@given(PERSONS, POWERS, DAYS)
def test_without_approval_no_power_is_effective(person: Person, power: Power, on: date) -> None:
    assert not is_effective(replace(power, approved=False), person, on)


@given(PERSONS, POWERS, DAYS, ACTS_OF_ANY, AGREED)
def test_approval_takes_nothing_away(person: Person, power: Power, on: date, act: str, agreed: bool | None) -> None:
    unapproved, approved = replace(power, approved=False), replace(power, approved=True)
    assert is_effective(approved, person, on) >= is_effective(unapproved, person, on)
    assert answer(person, act, on, unapproved, subject_agreed=agreed) == "may_not"


@given(PERSONS, POWERS, DAYS, ACTS_OF_ANY, AGREED)
def test_a_wider_scope_or_a_longer_time_takes_nothing_away(
    person: Person, power: Power, on: date, act: str, agreed: bool | None
) -> None:
    wider = replace(power, rights=power.rights | {"consent", "access"}, valid_until=None)
    if answer(person, act, on, power, subject_agreed=agreed) == "may":
        assert answer(person, act, on, wider, subject_agreed=agreed) == "may"


@given(PERSONS, POWERS, DAYS, ACTS_OF_ANY)
def test_agreement_takes_nothing_away(person: Person, power: Power, on: date, act: str) -> None:
    if answer(person, act, on, power) == "may":
        assert answer(person, act, on, power, subject_agreed=True) == "may"


@given(PERSONS, POWERS, st.integers(0, 40_000), st.sampled_from([Relation.PARENT, Relation.GUARDIAN]))
def test_from_majority_on_no_parent_is_effective(person: Person, power: Power, days: int, relation: Relation) -> None:
    majority = person.majority_on or LONG_AGO
    on = majority + timedelta(days=days)
    assert not is_effective(replace(power, relation=relation), person, on)


@given(PERSONS, POWERS, DAYS, ACTS_OF_ANY, AGREED)
def test_who_acts_for_another_is_effective_and_covers_the_act(
    person: Person, power: Power, on: date, act: str, agreed: bool | None
) -> None:
    if answer(person, act, on, power, subject_agreed=agreed) != "may_not":
        assert is_effective(power, person, on)
        assert covers(power, act)
        assert power.relation is not Relation.HEIR


@given(PERSONS, POWERS, DAYS)
def test_no_power_is_effective_after_its_last_day(person: Person, power: Power, on: date) -> None:
    if is_effective(power, person, on):
        last = ends_on(power, person)
        assert last is None or on <= last
