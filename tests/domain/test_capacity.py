from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.capacity import AgeState, age_state, birthday, read_birth

CHILD, MINOR, ADULT = AgeState
ONE_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "born_on"),
    [
        ("1990-05-17", date(1990, 5, 17)),
        ("1990-05", date(1990, 5, 1)),
        ("1990", date(1990, 1, 1)),
        ("2016-02-29", date(2016, 2, 29)),
    ],
)
def test_of_a_birth_known_in_part_the_first_day_counts(text: str, born_on: date) -> None:
    assert read_birth(text) == born_on


@pytest.mark.parametrize(
    "text", ["", "90", "19900517", "1990-5", "1990-13", "2015-02-29", "1990-05-17T00:00", "0000", "๑๙๙๐", "1990-05-"]
)
def test_anything_else_is_no_birth(text: str) -> None:
    with pytest.raises(ValueError, match=r"birth|month|day|year"):
        read_birth(text)


@pytest.mark.parametrize(
    ("born_on", "on", "age"),
    [
        (date(2016, 5, 10), date(2026, 5, 9), CHILD),
        (date(2016, 5, 10), date(2026, 5, 10), CHILD),
        (date(2016, 5, 10), date(2026, 5, 11), MINOR),
        (date(2006, 5, 10), date(2026, 5, 9), MINOR),
        (date(2006, 5, 10), date(2026, 5, 10), ADULT),
        (date(2006, 5, 10), date(2026, 5, 11), ADULT),
        (date(2016, 2, 29), date(2026, 2, 28), CHILD),
        (date(2016, 2, 29), date(2026, 3, 1), CHILD),
        (date(2016, 2, 29), date(2026, 3, 2), MINOR),
        (date(2004, 2, 29), date(2024, 2, 28), MINOR),
        (date(2004, 2, 29), date(2024, 2, 29), ADULT),
        (date(2080, 2, 29), date(2100, 2, 28), MINOR),
        (date(2080, 2, 29), date(2100, 3, 1), ADULT),
    ],
)
def test_an_age_changes_after_the_tenth_and_on_the_twentieth_birthday(born_on: date, on: date, age: AgeState) -> None:
    assert age_state(born_on, on) is age


def test_marriage_makes_an_adult_from_its_day_on() -> None:
    born_on, married_on = date(2008, 1, 1), date(2026, 2, 14)
    assert age_state(born_on, married_on - ONE_DAY, married_on) is MINOR
    assert age_state(born_on, married_on, married_on) is ADULT


def test_an_unknown_birth_counts_as_adult() -> None:
    assert age_state(None, date(2026, 1, 1)) is ADULT


def test_a_birthday_beyond_the_calendar_never_comes() -> None:
    assert birthday(date(9990, 1, 1), 20) == date.max


BIRTHS = st.dates(min_value=date(1900, 1, 1), max_value=date(2030, 1, 1))


@given(BIRTHS, st.integers(0, 40_000))
def test_nobody_grows_younger(born_on: date, days: int) -> None:
    on = born_on + timedelta(days=days)
    ages = list(AgeState)
    assert ages.index(age_state(born_on, on)) <= ages.index(age_state(born_on, on + ONE_DAY))
