from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendar import Calendar
from app.domain.deadlines import Schedule, rescheduled, schedule
from app.domain.holidays import changed_days, days_of, furthest, missed_from, missing_years, next_unlisted
from app.domain.vocabulary import Right
from tests.domain.building import pack, right, said

LISTED = pack(holidays={2026: [date(2026, 12, 31)], 2027: [date(2027, 1, 1)]})
CALENDAR = Calendar.of(LISTED)
DAYS = st.dates(min_value=date(2026, 1, 1), max_value=date(2027, 12, 31))


def test_a_year_has_each_of_its_days() -> None:
    assert [len(list(days_of(year))) for year in (2027, 2028)] == [365, 366]


def test_only_days_that_open_or_close_have_changed() -> None:
    after = Calendar.of(said(LISTED, [date(2027, 1, 4), date(2027, 1, 9)], [date(2026, 12, 31)]))
    asked = [date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 4), date(2027, 1, 9)]
    assert changed_days(CALENDAR, after, asked) == [date(2026, 12, 31), date(2027, 1, 4)]


@given(DAYS, st.sets(DAYS, max_size=3), st.sets(DAYS, max_size=3), st.integers(1, 90))
def test_whoever_gets_other_dates_is_found_by_the_changed_days(
    received_on: date, announced: set[date], cancelled: set[date], days: int
) -> None:
    before = Calendar.of(said(LISTED, {date(2026, 12, 28), date(2027, 5, 3)}))
    after = Calendar.of(said(LISTED, {date(2026, 12, 28), date(2027, 5, 3)} | announced, cancelled))
    rule = right(Right.ACCESS, decide_within=days, complete_within=days)
    old, new = schedule(rule, received_on, before), schedule(rule, received_on, after)
    found = any(
        day <= old.decide_by <= furthest(before, day) and old.decide_by_internal <= day
        for day in changed_days(before, after, announced | cancelled)
    )
    assert found or (old.decide_by, old.decide_by_internal) == (new.decide_by, new.decide_by_internal)


def test_the_list_of_a_year_is_missed_three_months_ahead() -> None:
    assert missed_from(2028) == date(2027, 10, 1)
    assert missing_years(CALENDAR, date(2027, 9, 30)) == []
    assert missing_years(CALENDAR, date(2027, 10, 1)) == [2028]
    assert missing_years(CALENDAR, date(2028, 3, 1)) == [2028]
    assert missing_years(CALENDAR, date(2028, 10, 1)) == [2028, 2029]


def test_each_year_without_a_list_is_warned_of_in_its_turn() -> None:
    assert next_unlisted(CALENDAR, date(2026, 11, 1), []) == 2028
    assert next_unlisted(CALENDAR, date(2027, 11, 1), [2028]) == 2029
    assert next_unlisted(CALENDAR, date(2030, 1, 1), [2028, 2029]) == 2030


DUE = schedule(right(Right.ERASURE, complete_within=90), date(2026, 11, 21), CALENDAR)


@pytest.mark.parametrize(
    ("today", "wanted"),
    [
        (date(2026, 12, 1), date(2026, 12, 18)),
        (date(2026, 12, 18), date(2026, 12, 18)),
        (date(2026, 12, 19), DUE.decide_by),
    ],
)
def test_no_date_is_brought_forward_into_the_past(today: date, wanted: date) -> None:
    earlier = Schedule(DUE.received_on, date(2026, 12, 18), date(2026, 12, 18), DUE.complete_by, DUE.complete_by, False)
    assert rescheduled(DUE, earlier, today, decided=False).decide_by == wanted


def test_what_was_decided_keeps_its_dates_of_deciding() -> None:
    later = Schedule(
        *[day + timedelta(days=3) for day in (DUE.received_on, DUE.decide_by, DUE.decide_by)],
        *[DUE.complete_by + timedelta(days=3)] * 2,
        provisional=False,
    )
    after = rescheduled(DUE, later, date(2026, 12, 1), decided=True)
    assert (after.decide_by, after.decide_by_internal) == (DUE.decide_by, DUE.decide_by_internal)
    assert after.complete_by == later.complete_by
    assert after.received_on == DUE.received_on
