"""Single values: what is taken, and what its author is told otherwise."""

from datetime import date

import pytest

from app.domain.policy import Period
from app.domain.vocabulary import Objectable
from app.policies import scalars


@pytest.mark.parametrize(
    ("text", "period"),
    [("P10Y", Period(years=10)), ("P6M", Period(months=6)), ("P90D", Period(days=90))],
)
def test_a_period_reads_as_iso_8601_and_writes_itself_the_same(text: str, period: Period) -> None:
    assert scalars.parse_period(text) == period
    assert str(period) == text


@pytest.mark.parametrize("text", ["10Y", "P10", "P0Y", "P1Y6M", "P1W", "PT1H", "P-1Y", "P1.5Y", "p1y", "P๑Y", "P10Y\n"])
def test_what_is_no_single_calendar_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a period"):
        scalars.parse_period(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2570-01-01", "Buddhist-era year: write 2027"),
        ("2400-01-01", "Buddhist-era year"),
        ("2027-02-29", "not a day of the calendar"),
        ("2027-2-1", "not a date like"),
        ("01-02-2027", "not a date like"),
        ("2027-01-01T00:00:00", "not a date like"),
        ("๒๐๒๗-๐๑-๐๑", "not a date like"),
    ],
)
def test_what_is_no_common_era_date_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scalars.parse_date(text)


def test_a_date_of_the_common_era_is_taken() -> None:
    assert scalars.parse_date("2028-02-29") == date(2028, 2, 29)
    assert scalars.parse_date("2399-12-31") == date(2399, 12, 31)


@pytest.mark.parametrize("text", ["", "  ", "null", "~"])
def test_a_text_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        scalars.parse_text(text)


@pytest.mark.parametrize("text", ["-1", "1.0", "ten", "1_000", "๑", "", "1e3"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number"):
        scalars.parse_whole_number(text)


@pytest.mark.parametrize("text", ["yes", "no", "True", "1", "on", ""])
def test_only_true_and_false_are_truth(text: str) -> None:
    with pytest.raises(ValueError, match="is neither true nor false"):
        scalars.parse_truth(text)
    assert scalars.parse_truth("true")
    assert not scalars.parse_truth("false")


def test_a_word_outside_its_list_is_refused_with_the_list() -> None:
    assert scalars.parse_word(Objectable, "no") is Objectable.NO
    with pytest.raises(ValueError, match="`maybe` is none of: no, yes, absolute"):
        scalars.parse_word(Objectable, "maybe")
