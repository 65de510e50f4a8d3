"""Dates and instants: one spelling, the Common Era, ASCII digits; the rest is refused by its code."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.schemas.types import CalendarDate, Duration, Instant, PartialDate, error_code

DATE, PARTIAL = TypeAdapter[date](CalendarDate), TypeAdapter[str](PartialDate)
INSTANT, DURATION = TypeAdapter[datetime](Instant), TypeAdapter[timedelta](Duration)
FIRST, LAST = (datetime.fromisoformat(day) for day in ("1900-01-02", "2200-12-30"))
NOT_TEXT: list[object] = [None, 0, 1_700_006_400, 1_700_006_400.5, True, b"2026-01-01", ["2026-01-01"], {}]


def code_of(
    kind: TypeAdapter[date] | TypeAdapter[str] | TypeAdapter[datetime] | TypeAdapter[timedelta], value: object
) -> str:
    with pytest.raises(ValidationError) as refusal:
        kind.validate_python(value)
    (fault,) = refusal.value.errors(include_input=False)
    return error_code(fault["type"])


@pytest.mark.parametrize("text", ["2026-11-21", "2024-02-29", "1900-01-01", "2200-12-31"])
def test_a_date_is_read(text: str) -> None:
    assert DATE.validate_python(text) == date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2567-01-01", "buddhist_era_year"),
        ("2567-02-29", "buddhist_era_year"),
        ("2567-13-45", "buddhist_era_year"),
        ("2400-01-01", "buddhist_era_year"),
        ("9999-12-31", "buddhist_era_year"),
        ("2399-12-31", "out_of_range"),
        ("2201-01-01", "out_of_range"),
        ("1899-12-31", "out_of_range"),
        ("0001-01-01", "out_of_range"),
        ("0000-00-00", "out_of_range"),
        ("2026-02-29", "bad_format"),
        ("2026-00-10", "bad_format"),
        ("2026-13-01", "bad_format"),
        ("2026-01-32", "bad_format"),
        ("", "bad_format"),
        ("2026-1-1", "bad_format"),
        ("20260101", "bad_format"),
        ("2026-W01-1", "bad_format"),
        ("2026-01", "bad_format"),
        ("2026-01-01T00:00:00Z", "bad_format"),
        ("2026-01-01 ", "bad_format"),
        ("2026-01-01\n", "bad_format"),
        ("-2026-01-01", "bad_format"),
        ("12026-01-01", "bad_format"),
        ("๒๐๒๖-๐๑-๐๑", "bad_format"),
        ("2026-01-๐๑", "bad_format"),
        ("２０２６-01-01", "bad_format"),
        ("2026\u201001\u201001", "bad_format"),
        ("\ud800", "bad_format"),
        ("1700006400", "bad_format"),
        ("1" * 50_000, "bad_format"),
    ],
)
def test_a_date_in_another_form_or_era_is_refused(text: str, code: str) -> None:
    assert code_of(DATE, text) == code


@pytest.mark.parametrize("value", NOT_TEXT)
def test_a_number_is_neither_date_nor_instant_nor_duration(value: object) -> None:
    assert {code_of(kind, value) for kind in (DATE, PARTIAL, INSTANT, DURATION)} == {"wrong_type"}


def test_a_date_is_a_date_already() -> None:
    assert DATE.validate_python(date(2026, 11, 21)) == date(2026, 11, 21)


def test_a_moment_is_not_a_date() -> None:
    assert code_of(DATE, datetime(2026, 1, 1, tzinfo=UTC)) == "wrong_type"


@pytest.mark.parametrize("text", ["1950", "1950-02", "2004-02-29"])
def test_a_partial_date_is_kept_as_far_as_it_is_known(text: str) -> None:
    assert PARTIAL.validate_python(text) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2493", "buddhist_era_year"),
        ("2493-02", "buddhist_era_year"),
        ("2567-02-29", "buddhist_era_year"),
        ("1899", "out_of_range"),
        ("2399-01", "out_of_range"),
        ("1950-13", "bad_format"),
        ("1950-00", "bad_format"),
        ("1951-02-29", "bad_format"),
        ("50", "bad_format"),
        ("1950-", "bad_format"),
        ("1950-2", "bad_format"),
        ("195002", "bad_format"),
        ("๑๙๕๐", "bad_format"),
        ("1950\n", "bad_format"),
    ],
)
def test_a_wrong_partial_date_is_refused(text: str, code: str) -> None:
    assert code_of(PARTIAL, text) == code


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-30T23:30:00Z", datetime(2026, 1, 30, 23, 30, tzinfo=UTC)),
        ("2026-01-31T06:30:00+07:00", datetime(2026, 1, 30, 23, 30, tzinfo=UTC)),
        ("2026-01-30T23:30:00.5-00:00", datetime(2026, 1, 30, 23, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-01-30T23:30:00.123456789Z", datetime(2026, 1, 30, 23, 30, 0, 123_456, tzinfo=UTC)),
        ("2026-01-31T07:29:00+07:59", datetime(2026, 1, 30, 23, 30, tzinfo=UTC)),
        ("2026-01-30T23:30:00.000007Z", datetime(2026, 1, 30, 23, 30, 0, 7, tzinfo=UTC)),
        ("2200-12-31T23:59:59-14:00", datetime(2201, 1, 1, 13, 59, 59, tzinfo=UTC)),
        ("1900-01-01T00:00:00+14:00", datetime(1899, 12, 31, 10, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_into_utc(text: str, at: datetime) -> None:
    read = INSTANT.validate_python(text)
    assert read == at
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2569-01-30T23:30:00Z", "buddhist_era_year"),
        ("9999-12-31T23:59:59-12:00", "buddhist_era_year"),
        ("0001-01-01T00:00:00+14:00", "out_of_range"),
        ("2026-01-30T23:30:00+23:59", "out_of_range"),
        ("2026-01-30T23:30:00+14:01", "out_of_range"),
        ("2026-01-30T23:30:00-14:30", "out_of_range"),
        ("2026-01-30T23:30:00+07:60", "out_of_range"),
        ("2026-01-30T23:30:00", "bad_format"),
        ("2026-01-30T23:30Z", "bad_format"),
        ("2026-01-30 23:30:00Z", "bad_format"),
        ("2026-01-30t23:30:00z", "bad_format"),
        ("2026-01-30T23:30:00+0700", "bad_format"),
        ("2026-01-30T23:30:00+07", "bad_format"),
        ("2026-01-30T23:30:00+07:00:00", "bad_format"),
        ("2026-01-30T23:30:00\u221207:00", "bad_format"),
        ("2026-01-30T23:30:00[Asia/Bangkok]", "bad_format"),
        ("2026-01-30T24:00:00Z", "bad_format"),
        ("2026-01-30T23:60:00Z", "bad_format"),
        ("2026-01-30T23:30:60Z", "bad_format"),
        ("2026-02-30T23:30:00Z", "bad_format"),
        ("2026-01-30T23:30:00,5Z", "bad_format"),
        ("2026-01-30T23:30:00.Z", "bad_format"),
        ("2026-01-30T23:30:00.1234567890Z", "bad_format"),
        ("2026-01-30", "bad_format"),
        ("1700000000000", "bad_format"),
        ("๒๐๒๖-01-30T23:30:00Z", "bad_format"),
        ("2026-01-30T23:30:00Z\n", "bad_format"),
        ("now", "bad_format"),
    ],
)
def test_an_instant_in_another_form_or_era_is_refused(text: str, code: str) -> None:
    assert code_of(INSTANT, text) == code


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("P30D", timedelta(days=30)),
        ("PT12H", timedelta(hours=12)),
        ("PT90M", timedelta(minutes=90)),
        ("PT1H5S", timedelta(hours=1, seconds=5)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("P99999D", timedelta(days=99_999)),
        ("P0D", timedelta()),
    ],
)
def test_a_duration_is_read(text: str, length: timedelta) -> None:
    assert DURATION.validate_python(text) == length


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1DT",
        "P1M",
        "P1Y",
        "P1W",
        "30D",
        "P-1D",
        "-P1D",
        "P1.5D",
        "P100000D",
        "PT1S1H",
        "p1d",
        "P๑D",
        "P1D\n",
        "P1D2D",
    ],
)
def test_a_duration_in_another_form_is_refused(text: str) -> None:
    assert code_of(DURATION, text) == "bad_format"


@given(st.datetimes(FIRST, LAST, timezones=st.timezones()))
def test_any_instant_of_these_centuries_survives_its_text(at: datetime) -> None:
    offset = at.utcoffset() or timedelta()
    if not offset % timedelta(minutes=1):
        assert INSTANT.validate_python(at.isoformat()) == at.astimezone(UTC)


@given(st.text(alphabet="0123456789-+:.TZPDHMS๑\n") | st.text())
def test_no_text_raises_anything_but_a_validation_error(text: str) -> None:
    for kind in (DATE, PARTIAL, INSTANT, DURATION):
        try:
            kind.validate_python(text)
        except ValidationError as refusal:
            assert len(refusal.errors()) == 1  # noqa: PT017  (refusing and taking are both right here)
