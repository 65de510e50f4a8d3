from datetime import date

import pytest

from app.domain.calendar import Calendar, english_date, thai_date
from tests.domain.building import pack, said

NEW_YEARS_EVE = date(2026, 12, 31)
NEW_YEARS_DAY = date(2027, 1, 1)
LISTED = pack(holidays={2026: [NEW_YEARS_EVE, date(2026, 5, 4)], 2027: [NEW_YEARS_DAY]}, fixed=[(1, 1), (12, 31)])


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 11, 22), False),
        (date(2026, 11, 23), True),
        (NEW_YEARS_EVE, False),
        (date(2026, 5, 4), False),
        (date(2026, 5, 5), True),
    ],
)
def test_a_working_day_is_neither_weekend_nor_listed_holiday(day: date, open_: bool) -> None:
    assert Calendar.of(LISTED).is_working_day(day) is open_


def test_a_fixed_date_does_not_close_a_day_that_the_list_of_its_year_leaves_open() -> None:
    assert Calendar.of(LISTED).is_working_day(date(2027, 12, 31))


def test_a_year_without_a_list_knows_weekends_and_fixed_dates_and_is_provisional() -> None:
    calendar = Calendar.of(LISTED)
    assert calendar.is_provisional(date(2028, 1, 3))
    assert not calendar.is_provisional(date(2027, 1, 4))
    assert not calendar.is_working_day(date(2029, 1, 1))
    assert not calendar.is_working_day(date(2028, 1, 1))
    assert calendar.is_working_day(date(2028, 5, 4))


def test_the_next_working_day_passes_over_weekend_and_holidays_together() -> None:
    assert Calendar.of(LISTED).next_working_day(NEW_YEARS_EVE) == date(2027, 1, 4)


def test_a_working_day_is_its_own_next_and_last() -> None:
    calendar = Calendar.of(LISTED)
    assert calendar.next_working_day(date(2026, 11, 20)) == date(2026, 11, 20)
    assert calendar.last_working_day(date(2026, 11, 20)) == date(2026, 11, 20)


def test_the_last_working_day_looks_back() -> None:
    assert Calendar.of(LISTED).last_working_day(date(2027, 1, 3)) == date(2026, 12, 30)


def test_an_announced_holiday_closes_a_day_and_a_cancelled_one_opens_it() -> None:
    calendar = Calendar.of(said(LISTED, announced=[date(2027, 1, 4)], cancelled=[NEW_YEARS_EVE]))
    assert calendar.next_working_day(NEW_YEARS_DAY) == date(2027, 1, 5)
    assert calendar.is_working_day(NEW_YEARS_EVE)


def test_cancelling_a_holiday_does_not_open_a_weekend() -> None:
    assert not Calendar.of(said(LISTED, cancelled=[date(2026, 11, 21)])).is_working_day(date(2026, 11, 21))


def test_a_holiday_announced_for_a_year_without_a_list_counts_and_the_year_stays_provisional() -> None:
    calendar = Calendar.of(said(LISTED, announced=[date(2028, 5, 4)]))
    assert not calendar.is_working_day(date(2028, 5, 4))
    assert calendar.is_provisional(date(2028, 5, 4))


def test_looking_for_working_days_stops_at_the_ends_of_the_calendar() -> None:
    calendar = Calendar.of(pack(fixed=[(12, 31), (1, 1)]))
    assert calendar.next_working_day(date.max) == date.max
    assert calendar.last_working_day(date.min) == date.min


def test_dates_are_told_in_the_era_of_the_language() -> None:
    assert thai_date(date(2030, 1, 15)) == "15 มกราคม 2573"
    assert english_date(date(2030, 1, 15)) == "15 January 2030"
    assert thai_date(date(2026, 12, 1)) == "1 ธันวาคม 2569"
    assert english_date(date(2026, 7, 31)) == "31 July 2026"
