from datetime import date

import pytest

from app.domain.calendar import Calendar
from app.domain.capacity import Person
from app.domain.deletion_cases import (
    DeletionOutcome,
    DeletionReason,
    check_resolution,
    decide_by,
    lacking,
    without_consent,
)
from app.domain.errors import InvalidInput
from app.domain.vocabulary import Basis, LegalCapacity

MINOR, INCAPABLE = DeletionReason
CALENDAR = Calendar({2026: frozenset(), 2027: frozenset({date(2027, 1, 1)})}, frozenset())
TWENTY = date(2026, 5, 10)


@pytest.mark.parametrize(
    ("person", "given_on", "reason"),
    [
        (Person("2006-05-10"), date(2026, 5, 9), MINOR),
        (Person("2006-05-10"), TWENTY, None),
        (Person("2016-05-10"), TWENTY, MINOR),
        (Person("2008-01-01", date(2026, 5, 10)), TWENTY, None),
        (Person(None), TWENTY, None),
        (Person("1970-05-17", legal_capacity=LegalCapacity.INCOMPETENT), TWENTY, INCAPABLE),
        (Person("1970-05-17", legal_capacity=LegalCapacity.QUASI_INCOMPETENT), TWENTY, INCAPABLE),
        (Person("2010-05-10", legal_capacity=LegalCapacity.INCOMPETENT), TWENTY, MINOR),
    ],
)
def test_whose_word_a_consent_lacks_that_was_given_alone(
    person: Person, given_on: date, reason: DeletionReason | None
) -> None:
    assert lacking(person, given_on, ()) is reason


def test_what_a_pack_lets_minors_consent_to_alone_lacks_nothing() -> None:
    assert lacking(Person("2010-05-10"), TWENTY, {"consent"}) is None
    assert lacking(Person("2010-05-10"), TWENTY, {"access"}) is MINOR
    assert lacking(Person("2016-05-10"), TWENTY, {"consent"}) is MINOR


@pytest.mark.parametrize(
    ("resting", "consented", "found"),
    [
        ((), (), ()),
        (("a",), (), ("a",)),
        (("a",), ("a",), ()),
        (("a", "b", None), ("b",), ("a",)),
        ((None,), (), (None,)),
        ((None,), ("b",), ()),
    ],
)
def test_a_record_on_consent_wants_one_to_its_purpose_and_one_that_names_none_any(
    resting: tuple[str | None, ...], consented: tuple[str, ...], found: tuple[str | None, ...]
) -> None:
    assert without_consent(resting, consented) == set(found)


@pytest.mark.parametrize(
    ("found_on", "last"),
    [
        (date(2026, 11, 20), date(2026, 12, 21)),
        (date(2026, 11, 23), date(2026, 12, 23)),
        (date(2026, 12, 2), date(2027, 1, 4)),
    ],
)
def test_the_thirtieth_day_moves_past_weekends_and_holidays(found_on: date, last: date) -> None:
    assert decide_by(found_on, CALENDAR) == last


@pytest.mark.parametrize("basis", [None, *Basis])
@pytest.mark.parametrize("outcome", DeletionOutcome)
@pytest.mark.parametrize("still_lacking", [False, True])
def test_how_a_case_may_end(outcome: DeletionOutcome, basis: Basis | None, still_lacking: bool) -> None:
    of_consent = basis in {Basis.CONSENT, Basis.EXPLICIT_CONSENT}
    match outcome:
        case DeletionOutcome.KEEP:
            lawful = basis is not None and not of_consent
        case DeletionOutcome.ERASE:
            lawful = basis is None
        case DeletionOutcome.UNFOUNDED:
            lawful = basis is None and not still_lacking
    try:
        check_resolution(outcome, basis, still_lacking=still_lacking)
    except InvalidInput:
        assert not lawful
    else:
        assert lawful
