"""Whose consent must be asked for again (DOMAIN "Consent", "Who may act"; LAW T-25)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.domain.capacity import Person
from app.domain.catalogue import Notice
from app.domain.policy import Bilingual
from app.domain.reconsent import OpenConsent, ReconsentReason, Refreshed, reasons, refreshed
from app.domain.vocabulary import ConsentQuality

GIVEN = datetime(2020, 1, 1, tzinfo=UTC)
BIRTHDAY = datetime(2026, 11, 30, 17, tzinfo=UTC)
"""When the twentieth birthday of who was born on 1 December 2006 begins in Bangkok."""
CHILD = Person("2006-12-01")
TEXT = Bilingual(th="ก", en="a")


def notice(version: str, since: date, *, fresh: bool) -> Notice:
    return Notice(
        notice_id=version,
        version=version,
        effective_from=since,
        purposes=("insurance",),
        title=TEXT,
        content=TEXT,
        content_sha256=version,
        fresh_consent_for=("insurance",) if fresh else (),
    )


NOTICES = (notice("1", date(2019, 1, 1), fresh=False), notice("2", date(2026, 1, 1), fresh=True))
FRESH_AT = datetime(2025, 12, 31, 17, tzinfo=UTC)


def asked(now: datetime, person: Person = CHILD, **changes: Any) -> list[tuple[ReconsentReason, datetime]]:
    given: dict[str, Any] = {
        "purpose": "insurance",
        "granted_at": GIVEN,
        "given_as": "self",
        "quality": ConsentQuality.SOUND,
        "notice_version": "1",
    }
    today = (now + timedelta(hours=7)).date()
    return list(reasons(OpenConsent(**{**given, **changes}), person, NOTICES, now, today))


def test_a_notice_asks_from_its_first_instant_on() -> None:
    assert asked(FRESH_AT - timedelta(microseconds=1)) == []
    assert asked(FRESH_AT) == [(ReconsentReason.NOTICE_SUPERSEDED, FRESH_AT)]
    assert asked(FRESH_AT, granted_at=FRESH_AT, notice_version="2") == []


def test_doubtful_wording_asks_since_the_grant_and_before_anything_else() -> None:
    found = asked(FRESH_AT, quality=ConsentQuality.DOUBTFUL, notice_version=None)
    assert found == [(ReconsentReason.DOUBTFUL_WORDING, GIVEN), (ReconsentReason.NOTICE_SUPERSEDED, FRESH_AT)]
    assert asked(GIVEN, quality=ConsentQuality.ORIGINAL_PURPOSE) == []


@pytest.mark.parametrize(
    ("given_as", "due"),
    [("parent", True), ("guardian", True), ("custodian", False), ("attorney", False), ("self", False)],
)
def test_majority_asks_about_what_parents_and_guardians_gave(given_as: str, due: bool) -> None:
    expected = [(ReconsentReason.MAJORITY_REACHED, BIRTHDAY)] if due else []
    assert asked(BIRTHDAY, given_as=given_as, notice_version="2") == expected
    assert asked(BIRTHDAY - timedelta(microseconds=1), given_as=given_as, notice_version="2") == []


def test_marriage_brings_majority_and_a_confirmation_counts_from_then_on_only() -> None:
    married = Person("2006-12-01", married_on=date(2024, 6, 1))
    since = datetime(2024, 5, 31, 17, tzinfo=UTC)
    due = [(ReconsentReason.MAJORITY_REACHED, since)]
    later = since + timedelta(days=30)
    assert asked(later, married, given_as="parent") == due
    assert asked(later, married, given_as="parent", confirmed_at=since - timedelta(microseconds=1)) == due
    assert asked(later, married, given_as="parent", confirmed_at=since) == []


def test_the_dead_are_asked_nothing_nor_about_what_has_run_out() -> None:
    dead = Person("2006-12-01", deceased_on=date(2026, 1, 1))
    assert asked(FRESH_AT, dead, quality=ConsentQuality.DOUBTFUL) == []
    assert asked(FRESH_AT, ends_on=date(2025, 12, 31)) == []
    assert asked(FRESH_AT, ends_on=date(2026, 1, 1)) != []


def test_what_may_be_over_is_what_is_older_than_the_notice_or_under_an_older_one() -> None:
    assert refreshed(NOTICES, FRESH_AT) == [Refreshed("insurance", FRESH_AT, ("1",))]
    assert refreshed(NOTICES, FRESH_AT - timedelta(microseconds=1)) == []
