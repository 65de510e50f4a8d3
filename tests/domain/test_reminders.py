from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.reminders import Deadline, Reminder, addressees, deadline_of, first_from, reminders

INTERNAL, LEGAL = date(2026, 12, 30), date(2027, 1, 4)
DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))


def test_before_it_is_the_internal_date_that_is_reminded_of_and_from_the_day_on_the_legal_one() -> None:
    told = {reminder.mark: reminder.on for reminder in reminders(INTERNAL, LEGAL)}
    assert [told[mark] for mark in (-7, -3, -1)] == [date(2026, 12, 23), date(2026, 12, 27), date(2026, 12, 29)]
    assert [told[mark] for mark in (0, 1, 30)] == [date(2027, 1, 4), date(2027, 1, 5), date(2027, 2, 3)]
    assert len(told) == 34


@given(DAYS, st.integers(0, 14))
def test_each_reminder_has_a_day_of_its_own_in_their_order(legal: date, apart: int) -> None:
    days = [reminder.on for reminder in reminders(legal - timedelta(days=apart), legal)]
    assert days == sorted(set(days))


@given(DAYS, st.integers(0, 14), st.integers(-20, 60))
def test_the_first_from_a_day_is_the_first_of_those_that_are_left(legal: date, apart: int, offset: int) -> None:
    internal, since = legal - timedelta(days=apart), legal + timedelta(days=offset)
    left = [reminder for reminder in reminders(internal, legal) if reminder.on >= since]
    assert first_from(internal, legal, since) == (left[0] if left else None)


def test_thirty_days_after_the_date_nothing_comes_any_more() -> None:
    assert first_from(LEGAL, LEGAL, LEGAL + timedelta(days=30)) == Reminder(date(2027, 2, 3), 30)
    assert first_from(LEGAL, LEGAL, LEGAL + timedelta(days=31)) is None


@pytest.mark.parametrize(
    ("mark", "assigned", "unassigned"),
    [
        (-7, "assignee", "dpo"),
        (-3, "assignee", "dpo"),
        (-1, "assignee dpo", "dpo"),
        (0, "assignee dpo", "dpo"),
        (1, "assignee dpo manager", "dpo manager"),
        (30, "assignee dpo manager", "dpo manager"),
    ],
)
def test_the_nearer_the_date_the_more_are_told(mark: int, assigned: str, unassigned: str) -> None:
    reminder = Reminder(LEGAL, mark)
    assert addressees(reminder, assigned=True) == tuple(assigned.split())
    assert addressees(reminder, assigned=False) == tuple(unassigned.split())


def test_an_extension_makes_a_deadline_of_its_own_and_a_decision_another() -> None:
    found = [deadline_of(extended=extended, decided=decided) for decided in (False, True) for extended in (False, True)]
    assert found == [Deadline.DECIDE, Deadline.DECIDE_EXTENDED, Deadline.COMPLETE, Deadline.COMPLETE]
