"""Confirming what a parent consented to (DOMAIN "Who may act")."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.capacity import Person
from app.domain.confirmation import ConsentNotActive, awaited_since, check_confirmation, is_confirmed
from app.domain.consent import ConsentEvent, ConsentEventKind, ConsentStatus

GIVEN = datetime(2020, 1, 1, tzinfo=UTC)
BIRTHDAY = datetime(2026, 11, 30, 17, tzinfo=UTC)
"""When the twentieth birthday of who was born on 1 December 2006 begins in Bangkok."""
CHILD = Person("2006-12-01")


def test_a_second_confirmation_adds_nothing_unless_majority_lies_between() -> None:
    confirmed = [ConsentEvent(GIVEN, ConsentEventKind.GRANTED), ConsentEvent(GIVEN, ConsentEventKind.CONFIRMED)]
    assert is_confirmed(CHILD, GIVEN, confirmed, date(2026, 11, 30))
    assert not is_confirmed(CHILD, GIVEN, confirmed, date(2026, 12, 1))
    assert not is_confirmed(CHILD, GIVEN, confirmed[:1], date(2026, 11, 30))
    assert is_confirmed(Person(), GIVEN, confirmed, date(2026, 12, 1)), "an unknown birth counts as adult all along"


def test_the_own_word_is_awaited_since_majority_or_since_a_later_grant() -> None:
    assert awaited_since(CHILD, GIVEN, date(2026, 11, 30)) is None
    assert awaited_since(CHILD, GIVEN, date(2026, 12, 1)) == BIRTHDAY
    assert awaited_since(CHILD, BIRTHDAY + timedelta(1), date(2026, 12, 5)) == BIRTHDAY + timedelta(1)


@pytest.mark.parametrize("status", [one for one in ConsentStatus if one is not ConsentStatus.ACTIVE])
def test_only_what_is_in_force_is_confirmed(status: ConsentStatus) -> None:
    check_confirmation(ConsentStatus.ACTIVE)
    with pytest.raises(ConsentNotActive):
        check_confirmation(status)
