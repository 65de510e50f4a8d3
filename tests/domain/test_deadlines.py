from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendar import Calendar
from app.domain.deadlines import Schedule, SlaState, days_left, due_by, lapses_on, schedule, sla_state
from app.domain.vocabulary import Right
from tests.domain.building import pack, right, said

CALENDAR = Calendar.of(
    pack(holidays={2026: [date(2026, 12, 31)], 2027: [date(2027, 1, 1)]}, fixed=[(1, 1), (12, 31), (4, 6)])
)
ACCESS = right(Right.ACCESS)
ERASURE = right(Right.ERASURE, complete_within=90)
WITHDRAWAL = right(Right.WITHDRAWAL, decide_within=0, complete_within=0)


def test_the_day_of_receipt_is_not_counted() -> None:
    assert schedule(ACCESS, date(2026, 11, 21), CALENDAR).decide_by == date(2026, 12, 21)


def test_a_last_day_on_a_holiday_moves_to_the_next_working_day_and_the_internal_date_comes_before_it() -> None:
    due = schedule(ACCESS, date(2026, 12, 1), CALENDAR)
    assert due.decide_by == date(2027, 1, 4)
    assert due.decide_by_internal == date(2026, 12, 30)


def test_a_last_day_on_a_working_day_is_both_dates() -> None:
    due = schedule(ACCESS, date(2026, 11, 21), CALENDAR)
    assert due.decide_by == due.decide_by_internal == due.complete_by == due.complete_by_internal


def test_an_erasure_is_decided_by_day_30_and_carried_out_by_day_90() -> None:
    due = schedule(ERASURE, date(2026, 11, 21), CALENDAR)
    assert due.decide_by == date(2026, 12, 21)
    assert due.complete_by == date(2027, 2, 19)


def test_a_right_with_no_days_is_due_on_the_day_itself_even_a_sunday() -> None:
    sunday = date(2026, 11, 22)
    due = schedule(WITHDRAWAL, sunday, CALENDAR)
    assert due == Schedule(sunday, sunday, sunday, sunday, sunday, provisional=False)


def test_the_internal_date_never_comes_before_the_receipt() -> None:
    saturday = date(2026, 11, 21)
    due = schedule(right(Right.COMPLAINT, decide_within=1, complete_within=1), saturday, CALENDAR)
    assert due.decide_by_internal == saturday
    assert due.decide_by == date(2026, 11, 23)


def test_a_deadline_in_a_year_without_a_list_of_holidays_is_provisional() -> None:
    assert schedule(ACCESS, date(2027, 12, 2), CALENDAR).provisional
    assert not schedule(ACCESS, date(2027, 11, 30), CALENDAR).provisional
    assert schedule(ERASURE, date(2027, 11, 1), CALENDAR).provisional


def test_a_deadline_that_rolls_into_a_year_without_a_list_is_provisional() -> None:
    calendar = Calendar.of(pack(holidays={2026: [date(2026, 12, 31)]}, fixed=[(1, 1)]))
    due = schedule(ACCESS, date(2026, 12, 1), calendar)
    assert due.decide_by == date(2027, 1, 4)
    assert due.provisional


def test_an_extension_goes_on_from_the_old_last_day_and_carries_the_completion_along() -> None:
    due = schedule(ACCESS, date(2026, 9, 1), CALENDAR, extended_days=30)
    assert due.decide_by == due.complete_by == date(2026, 11, 2)
    assert due.decide_by_internal == date(2026, 10, 30)


def test_an_extension_of_the_decision_leaves_day_90_of_an_erasure_where_it_was() -> None:
    plain = schedule(ERASURE, date(2026, 9, 1), CALENDAR)
    extended = schedule(ERASURE, date(2026, 9, 1), CALENDAR, extended_days=30)
    assert extended.decide_by > plain.decide_by
    assert extended.complete_by == plain.complete_by


def test_a_pause_puts_both_dates_off() -> None:
    due = schedule(ERASURE, date(2026, 9, 1), CALENDAR, paused_days=7)
    assert due.decide_by == date(2026, 10, 8)
    assert due.complete_by == date(2026, 12, 7)


DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))
CALENDARS = st.builds(
    lambda announced, cancelled: Calendar.of(said(pack(fixed=[(1, 1), (4, 13), (12, 31)]), announced, cancelled)),
    st.sets(DAYS, max_size=20),
    st.sets(DAYS, max_size=5),
)


@given(DAYS, st.integers(1, 120), st.integers(1, 120), CALENDARS)
def test_no_deadline_comes_before_its_days_have_run_and_each_is_a_working_day(
    received_on: date, decide: int, complete: int, calendar: Calendar
) -> None:
    due = schedule(right(Right.ERASURE, decide_within=decide, complete_within=complete), received_on, calendar)
    raw = received_on + timedelta(days=decide)
    assert due.decide_by >= raw
    assert due.complete_by >= max(due.decide_by, received_on + timedelta(days=complete))
    assert calendar.is_working_day(due.decide_by)
    assert calendar.is_working_day(due.complete_by)
    assert all(not calendar.is_working_day(raw + timedelta(days=n)) for n in range((due.decide_by - raw).days))


@given(DAYS, st.integers(1, 120), CALENDARS)
def test_an_internal_date_is_the_last_working_day_within_the_period(
    received_on: date, days: int, calendar: Calendar
) -> None:
    due = schedule(right(Right.ACCESS, decide_within=days, complete_within=days), received_on, calendar)
    raw = received_on + timedelta(days=days)
    assert received_on <= due.decide_by_internal <= raw
    assert due.decide_by_internal == received_on or calendar.is_working_day(due.decide_by_internal)


@given(DAYS, st.sets(DAYS, max_size=20), CALENDARS)
def test_more_holidays_never_bring_a_deadline_forward(received_on: date, more: set[date], calendar: Calendar) -> None:
    closed = Calendar(calendar.holidays, calendar.fixed, calendar.announced | more, calendar.cancelled)
    assert schedule(ACCESS, received_on, closed).decide_by >= schedule(ACCESS, received_on, calendar).decide_by


DUE = schedule(ERASURE, date(2026, 11, 21), CALENDAR)  # decide by 2026-12-21, complete by 2027-02-19


@pytest.mark.parametrize(
    ("today", "state", "left"),
    [
        (date(2026, 12, 13), SlaState.ON_TRACK, 8),
        (date(2026, 12, 14), SlaState.DUE_SOON, 7),
        (date(2026, 12, 21), SlaState.DUE_SOON, 0),
        (date(2026, 12, 22), SlaState.OVERDUE, -1),
    ],
)
def test_before_the_decision_the_clock_runs_against_the_day_of_deciding(
    today: date, state: SlaState, left: int
) -> None:
    assert sla_state(DUE, today) is state
    assert days_left(DUE, today, None) == left


@pytest.mark.parametrize(
    ("today", "state", "left"),
    [
        (date(2026, 12, 22), SlaState.ON_TRACK, 59),
        (date(2027, 2, 12), SlaState.DUE_SOON, 7),
        (date(2027, 2, 19), SlaState.DUE_SOON, 0),
        (date(2027, 2, 20), SlaState.OVERDUE, -1),
    ],
)
def test_after_the_decision_the_clock_runs_against_the_day_of_completion(
    today: date, state: SlaState, left: int
) -> None:
    decided_on = date(2026, 12, 20)
    assert due_by(DUE, decided_on) == DUE.complete_by
    assert sla_state(DUE, today, decided_on) is state
    assert days_left(DUE, today, decided_on) == left


@pytest.mark.parametrize(
    ("decided_on", "closed_on", "state"),
    [
        (date(2026, 12, 21), date(2027, 2, 19), SlaState.MET),
        (date(2026, 12, 22), date(2027, 2, 19), SlaState.MISSED),
        (date(2026, 12, 21), date(2027, 2, 20), SlaState.MISSED),
        (None, date(2026, 12, 21), SlaState.MET),
        (None, date(2026, 12, 22), SlaState.MISSED),
    ],
)
def test_a_closed_request_has_met_or_missed_its_dates(
    decided_on: date | None, closed_on: date, state: SlaState
) -> None:
    assert sla_state(DUE, date(2030, 1, 1), decided_on, closed_on) is state


def test_a_request_that_lapsed_missed_nothing() -> None:
    assert sla_state(DUE, date(2030, 1, 1), None, date(2026, 12, 22), lapsed=True) is SlaState.MET


def test_an_unproven_identity_lapses_when_the_day_after_day_30_begins() -> None:
    assert lapses_on(pack().identity, date(2026, 11, 21)) == date(2026, 12, 22)
