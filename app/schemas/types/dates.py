"""Dates, instants and durations, of the Common Era and spelled in one way each (API.md 1, RELIABILITY.md 4, Dates)."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from app.schemas.types.faults import fault

EARLIEST_YEAR = 1900
LATEST_YEAR = 2200
FIRST_BUDDHIST_YEAR = 2400
MAX_OFFSET = timedelta(hours=14)

_DATE = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_PARTIAL_DATE = r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?"
_INSTANT = _DATE + r"T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
_N = "[0-9]{1,5}"
_TIME = f"T(?:{_N}H(?:{_N}M)?(?:{_N}S)?|{_N}M(?:{_N}S)?|{_N}S)"
_DURATION = f"P(?:{_N}D(?:{_TIME})?|{_TIME})"
_UNITS = {"D": timedelta(days=1), "H": timedelta(hours=1), "M": timedelta(minutes=1), "S": timedelta(seconds=1)}


def _read_date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return _day(*_fields(_DATE, value))


def _read_partial_date(value: object) -> str:
    _day(*_fields(_PARTIAL_DATE, value))
    return str(value)


def _read_instant(value: object) -> datetime:
    year, month, day, hour, minute, second, fraction, sign, *offset = _fields(_INSTANT, value)
    on = _day(year, month, day)
    hours, minutes = (int(part or 0) for part in offset)
    ahead = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or ahead > MAX_OFFSET:
        raise fault("out_of_range", "The offset is out of range")
    zone = timezone(-ahead if sign == "-" else ahead)
    microsecond = int(f"{fraction or 0:0<6}"[:6])
    try:
        at = datetime(on.year, on.month, on.day, int(hour or 0), int(minute or 0), int(second or 0), microsecond, zone)
    except ValueError:
        raise fault("bad_format", "No such time") from None
    return at.astimezone(UTC)


def _read_duration(value: object) -> timedelta:
    _fields(_DURATION, value)
    return sum((int(number) * _UNITS[unit] for number, unit in re.findall("([0-9]+)([DHMS])", str(value))), timedelta())


def _fields(pattern: str, value: object) -> tuple[str | None, ...]:
    if not isinstance(value, str):
        raise fault("wrong_type", "Must be text")
    if (found := re.fullmatch(pattern, value)) is None:
        raise fault("bad_format", "Not in the format wanted")
    return found.groups()


def _day(year: str | None, month: str | None, day: str | None) -> date:
    """The day, or the first of the month or year.

    The year comes first: 29 February 2567 is of another era, not unknown.
    """
    known = _in_era(int(year or 0))
    try:
        return date(known, int(month or 1), int(day or 1))
    except ValueError:
        raise fault("bad_format", "No such day") from None


def _in_era(year: int) -> int:
    if year >= FIRST_BUDDHIST_YEAR:
        raise fault("buddhist_era_year", "The year must be of the Common Era")
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise fault("out_of_range", "The year is out of range")
    return year


CalendarDate = Annotated[
    date,
    BeforeValidator(_read_date),
    WithJsonSchema({"type": "string", "format": "date", "minLength": 10, "maxLength": 10}),
]
"""A day, `YYYY-MM-DD`."""
CalendarYear = Annotated[
    int,
    AfterValidator(_in_era),
    WithJsonSchema({"type": "integer", "minimum": EARLIEST_YEAR, "maximum": LATEST_YEAR}),
]
"""A year."""
PartialDate = Annotated[
    str,
    BeforeValidator(_read_partial_date),
    WithJsonSchema({"type": "string", "pattern": f"^{_PARTIAL_DATE}$", "minLength": 4, "maxLength": 10}),
]
"""A day, month or year, as far as it is known: `YYYY-MM-DD`, `YYYY-MM` or `YYYY` (Civil Code 16)."""
Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "minLength": 20, "maxLength": 35}),
]
"""A moment, RFC 3339 with its offset; held in UTC, to the microsecond."""
Duration = Annotated[
    timedelta,
    BeforeValidator(_read_duration),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION}$", "minLength": 3, "maxLength": 26}),
]
"""Days, hours, minutes and seconds, ISO 8601: `P30D`, `PT12H`, `P1DT30M`.

Months and years have no fixed length: not taken.
"""
