from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.periods import ends_on, parse_period
from app.domain.policy import Period


@pytest.mark.parametrize(
    ("trigger", "iso", "last_day"),
    [
        ("2020-01-15", "P10Y", "2030-01-15"),
        ("2016-02-29", "P10Y", "2026-02-28"),
        ("2016-02-28", "P10Y", "2026-02-28"),
        ("2014-02-28", "P10Y", "2024-02-29"),
        ("2023-02-28", "P1Y", "2024-02-29"),
        ("2024-02-28", "P1Y", "2025-02-28"),
        ("2024-02-29", "P10Y", "2034-02-28"),
        ("2026-01-30", "P1M", "2026-02-28"),
        ("2026-01-31", "P1M", "2026-02-28"),
        ("2026-12-31", "P1M", "2027-01-31"),
        ("2026-11-30", "P3M", "2027-02-28"),
        ("2027-11-30", "P3M", "2028-02-29"),
        ("2026-08-30", "P6M", "2027-02-28"),
        ("2020-12-31", "P5Y", "2025-12-31"),
        ("2020-03-31", "P18M", "2021-09-30"),
        ("2026-11-21", "P30D", "2026-12-21"),
        ("2024-02-01", "P28D", "2024-02-29"),
    ],
)
def test_a_period_ends_where_the_civil_code_says(trigger: str, iso: str, last_day: str) -> None:
    assert ends_on(date.fromisoformat(trigger), parse_period(iso)) == date.fromisoformat(last_day)


@pytest.mark.parametrize(
    ("iso", "period"), [("P10Y", Period(years=10)), ("P6M", Period(months=6)), ("P90D", Period(days=90))]
)
def test_a_period_of_one_unit_is_read(iso: str, period: Period) -> None:
    assert parse_period(iso) == period


@pytest.mark.parametrize(
    "text", ["", "P", "10Y", "P10", "P0Y", "P-1Y", "P1Y6M", "P1.5Y", "PT24H", "P2W", "p1y", "P1Y ", "P๑Y", "P100000Y"]
)
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="not a period"):
        parse_period(text)


@pytest.mark.parametrize("iso", ["P1Y", "P1M", "P1D", "P99999Y", "P99999M"])
def test_a_period_beyond_the_calendar_ends_on_its_last_day(iso: str) -> None:
    assert ends_on(date.max, parse_period(iso)) == date.max
    assert ends_on(date(9999, 12, 30), parse_period(iso)) == date.max


def test_a_period_may_end_on_the_last_day_there_is() -> None:
    assert ends_on(date(9989, 12, 31), Period(years=10)) == date.max
    assert ends_on(date(9989, 12, 30), Period(years=10)) == date(9999, 12, 30)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 1, 1)), st.integers(1, 60))
def test_years_and_the_same_months_end_together(trigger: date, count: int) -> None:
    assert ends_on(trigger, Period(years=count)) == ends_on(trigger, Period(months=12 * count))


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 1, 1)), st.integers(1, 240))
def test_a_period_started_later_never_ends_earlier(trigger: date, months: int) -> None:
    assert ends_on(trigger, Period(months=months)) <= ends_on(trigger + timedelta(days=1), Period(months=months))


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 1, 1)), st.integers(1, 50))
def test_ten_years_are_at_least_ten_times_365_days(trigger: date, count: int) -> None:
    days = (ends_on(trigger, Period(years=count)) - trigger).days
    assert 365 * count <= days <= 366 * count
