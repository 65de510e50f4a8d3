"""By when connected persons are told (PDPA s.25)."""

from datetime import date

import pytest

from app.domain.calendar import Calendar
from app.domain.connected_persons import CONNECTED, tell_by
from app.domain.vocabulary import SubjectKind
from tests.domain.building import pack

CALENDAR = Calendar.of(pack(holidays={2026: [date(2026, 12, 10)]}))


@pytest.mark.parametrize(
    ("collected_on", "last_day"),
    [
        (date(2026, 11, 2), date(2026, 12, 2)),
        (date(2026, 11, 6), date(2026, 12, 7)),  # day 30 is a Sunday
        (date(2026, 11, 10), date(2026, 12, 11)),  # day 30 is a holiday
    ],
)
def test_day_thirty_or_the_next_working_day(collected_on: date, last_day: date) -> None:
    assert tell_by(collected_on, CALENDAR) == last_day


def test_connected_are_those_whom_somebody_else_has_named() -> None:
    assert set(SubjectKind) - CONNECTED == {
        SubjectKind.MEMBER,
        SubjectKind.ASSOCIATE_MEMBER,
        SubjectKind.REGISTERED_USER,
        SubjectKind.VISITOR,
    }
