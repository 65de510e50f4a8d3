"""Single values of a pack, from the text in its files. What is wrong is a ValueError that its author understands."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum

from app.domain.policy import Period

FIRST_BUDDHIST_YEAR = 2400
"""From here on a year is taken for a Buddhist-era one (LAW E2); packs count by the Common Era."""


def parse_text(text: str) -> str:
    """Text that says something: not empty, not `null`."""
    if text.strip() in ("", "null", "~"):
        raise ValueError("must not be empty")
    return text


def parse_whole_number(text: str) -> int:
    """0 or more, in Arabic digits."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(f"`{text}` is not a whole number")
    return int(text)


def parse_truth(text: str) -> bool:
    """`true` or `false`, and no other word."""
    if text not in ("true", "false"):
        raise ValueError(f"`{text}` is neither true nor false")
    return text == "true"


def parse_date(text: str) -> date:
    """An ISO 8601 date of the Common Era."""
    match = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", text)
    if not match:
        raise ValueError(f"`{text}` is not a date like 2026-12-31")
    year, month, day = (int(part) for part in match.groups())
    if year >= FIRST_BUDDHIST_YEAR:
        raise ValueError(f"`{text}` has a Buddhist-era year: write {year - 543}")
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValueError(f"`{text}` is not a day of the calendar") from error


def parse_period(text: str) -> Period:
    """An ISO 8601 period of years, months or days, more than 0."""
    match = re.fullmatch(r"P([0-9]{1,4})([YMD])", text)
    if not match or int(match[1]) == 0:
        raise ValueError(f"`{text}` is not a period like P10Y, P6M or P90D")
    unit = {"Y": "years", "M": "months", "D": "days"}[match[2]]
    return Period(**{unit: int(match[1])})


def parse_word(words: type[StrEnum], text: str) -> StrEnum:
    """One of a closed list of words."""
    try:
        return words(text)
    except ValueError as error:
        raise ValueError(f"`{text}` is none of: {', '.join(words)}") from error


SCALARS: Mapping[object, Callable[[str], object]] = {
    str: parse_text,
    int: parse_whole_number,
    bool: parse_truth,
    date: parse_date,
    Period: parse_period,
}
