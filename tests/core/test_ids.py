"""Identifiers: unique, of version 7, and in the order of making."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import new_id

NOW = datetime(2026, 11, 21, 3, 4, 5, 678_900, UTC)


def milliseconds(identifier: int) -> int:
    """The first 48 bits."""
    return identifier >> 80


def test_it_is_a_uuid_of_version_7_and_the_usual_variant() -> None:
    made = new_id(NOW)
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


def test_it_begins_with_its_millisecond() -> None:
    assert milliseconds(new_id(NOW).int) == 1_795_230_245_678
    assert milliseconds(new_id(datetime(1970, 1, 1, tzinfo=UTC)).int) == 0


def test_ten_thousand_of_one_instant_differ_and_sort_in_the_order_of_making() -> None:
    made = [new_id(NOW) for _ in range(10_000)]
    assert len(set(made)) == len(made)
    assert made == sorted(made)
    assert [str(one) for one in made] == sorted(str(one) for one in made), "as text too"


def test_two_processes_that_count_alike_make_different_ones() -> None:
    made = {new_id(NOW + timedelta(milliseconds=step)).int & (1 << 48) - 1 for step in range(1_000)}
    assert len(made) == 1_000, "the last 48 bits are random"


@given(st.datetimes(datetime(1900, 1, 1), datetime(2201, 1, 2), timezones=st.just(UTC)), st.integers(1, 10**9))  # noqa: DTZ001  (bounds of a strategy are naive)
def test_later_ones_sort_later(at: datetime, later: int) -> None:
    if at.timestamp() >= 0:
        assert new_id(at) < new_id(at + timedelta(milliseconds=later))


@pytest.mark.parametrize("year", [1900, 1969, 2201, 9999])
def test_whatever_the_sandbox_clock_says_there_is_one(year: int) -> None:
    assert new_id(datetime(year, 1, 1, tzinfo=UTC)).version == 7
