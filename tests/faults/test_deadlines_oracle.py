"""The deadline engine against one that was written independently of it, day by day, by LAW E3."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.calendar import Calendar
from app.domain.deadlines import schedule, stops_on, waited
from app.domain.vocabulary import Right
from app.policies.loader import load_pack
from tests.domain.building import right, said

pytestmark = pytest.mark.faults
PACK = load_pack("chanthaburi-teachers")
DAY = timedelta(days=1)
DATES = st.dates(min_value=date(2025, 11, 1), max_value=date(2029, 6, 30))
YEARS = {year: set(listed.days) for year, listed in PACK.holidays.items()}
FIXED = {(one.month, one.day) for one in PACK.fixed_holidays}


def off(day: date, announced: set[date], cancelled: set[date]) -> bool:
    """By hand: a weekend, a listed or fixed holiday, or an announced one; a cancelled one is none."""
    if day.isoweekday() in {6, 7}:
        return True
    if day in cancelled:
        return False
    known = day in YEARS[day.year] if day.year in YEARS else (day.month, day.day) in FIXED
    return known or day in announced


def counted(received: date, days: int) -> date:
    """Civil Code 193/3: the first day that counts is the one after the receipt."""
    day, count = received, 0
    while count < days:
        day += DAY
        count += 1
    return day


def oracle(received: date, days: int, announced: set[date], cancelled: set[date]) -> tuple[date, date]:
    """The legal date by 193/8, and the internal one: the last working day within the period, at the earliest the receipt."""
    raw = counted(received, days)
    legal = raw
    while off(legal, announced, cancelled):
        legal += DAY
    internal = raw
    while off(internal, announced, cancelled) and internal > received:
        internal -= DAY
    return legal, internal


@settings(max_examples=2_000, deadline=None)
@given(DATES, st.sets(DATES, max_size=4), st.sets(DATES, max_size=4), st.integers(0, 45), st.integers(0, 30))
@example(date(2026, 12, 1), set(), set(), 0, 0)  # the last day is the year-end holiday
@example(date(2028, 1, 30), set(), set(), 0, 0)  # over 29 February
@example(date(2026, 11, 6), set(), set(), 0, 0)  # into a weekend and the day in place of a holiday on it
@example(date(2026, 10, 2), set(), set(), 0, 0)  # 90 days to the end of the year
@example(date(2027, 12, 2), {date(2028, 1, 4)}, {date(2028, 1, 3)}, 0, 0)  # into a year without a list
def test_dates_are_those_of_an_independent_count(
    received: date, announced: set[date], cancelled: set[date], extended: int, paused: int
) -> None:
    calendar = Calendar.of(said(PACK, announced, cancelled))
    erasure = right(Right.ERASURE, complete_within=90)
    due = schedule(erasure, received, calendar, extended_days=extended, paused_days=paused)
    decide = 30 + extended + paused
    assert (due.decide_by, due.decide_by_internal) == oracle(received, decide, announced, cancelled)
    complete = max(90 + paused, decide)
    assert (due.complete_by, due.complete_by_internal) == oracle(received, complete, announced, cancelled)
    touched = {due.decide_by_internal.year, due.decide_by.year, due.complete_by_internal.year, due.complete_by.year}
    assert due.provisional == bool((touched | {counted(received, decide).year}) - YEARS.keys())


def paused_oracle(received: date, days: int, waits: list[tuple[date, date]], announced: set[date]) -> date:
    """By hand: the days of a wait, after the asking up to the answer, do not count; nor those between the last one and it."""
    day, left = received, days
    while left or any(asked <= legal_of(day, announced) and day < answered for asked, answered in waits):
        day += DAY
        stopped = any(asked < day <= answered for asked, answered in waits)
        left -= 0 if stopped or not left else 1
    return legal_of(day, announced)


def legal_of(day: date, announced: set[date]) -> date:
    while off(day, announced, set()):
        day += DAY
    return day


@settings(max_examples=500, deadline=None)
@given(
    DATES,
    st.sets(DATES, max_size=4),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 40)), min_size=1, max_size=4),
)
@example(date(2026, 12, 1), set(), [(33, 40)])  # nothing but days off is left: the last day was the year-end holiday
@example(date(2026, 12, 1), set(), [(34, 40)])  # on the legal date itself
@example(date(2026, 12, 1), set(), [(35, 40)])  # overdue
@example(
    date(2026, 12, 1), set(), [(0, 1), (0, 0)]
)  # on the day of receipt; again on the day of the answer, for no time
def test_several_pauses_add_up_to_those_of_an_independent_count(
    received: date, announced: set[date], spans: list[tuple[int, int]]
) -> None:
    calendar = Calendar.of(said(PACK, announced, set()))
    rule = replace(right(Right.ERASURE), pause_for_information=True)
    today, paused, due = received, 0, schedule(rule, received, calendar)
    waits = []
    for until_asked, until_answered in spans:
        today = asked = today + until_asked * DAY
        stopped_on = stops_on(rule, due, asked, paused_days=paused)
        assert (stopped_on is None) == (asked > due.decide_by)
        today += until_answered * DAY
        if stopped_on is None:
            continue
        waits.append((asked, today))
        paused += waited(stopped_on, today)
        due = schedule(rule, received, calendar, paused_days=paused)
        assert due.decide_by >= today, "who asked in time is in time after the answer"
        assert due.decide_by == paused_oracle(received, 30, waits, announced)


def test_without_the_pack_s_leave_no_clock_stops() -> None:
    standing = schedule(right(Right.ACCESS), date(2026, 12, 1), Calendar.of(PACK))
    assert stops_on(right(Right.ACCESS), standing, date(2026, 12, 5)) is None


@pytest.fixture(params=["UTC", "Asia/Bangkok", "Pacific/Kiritimati", "America/Los_Angeles"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def test_the_time_zone_of_the_process_makes_no_difference(zone: str) -> None:
    found = schedule(right(Right.ACCESS), date(2026, 12, 1), Calendar.of(PACK))
    assert (found.decide_by, found.decide_by_internal) == (date(2027, 1, 4), date(2026, 12, 30)), zone
