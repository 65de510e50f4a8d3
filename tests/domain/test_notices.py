from datetime import date

from app.domain.notices import NoticeStatus, current_notice, notice_status
from app.domain.policy import Bilingual, Notice

TEXT = Bilingual(th="ข้อความ", en="text")


def notice(version: str, effective_from: date, *purposes: str) -> Notice:
    return Notice(version, version, effective_from, purposes, TEXT, TEXT, content_sha256=f"sha256 of {version}")


FIRST = notice("first", date(2026, 1, 1), "loan", "cover")
SECOND = notice("second", date(2026, 6, 1), "loan")
THIRD = notice("third", date(2026, 7, 1), "cover")
NOTICES = (SECOND, THIRD, FIRST)


def test_before_its_day_a_notice_covers_nothing() -> None:
    assert current_notice(NOTICES, "loan", date(2025, 12, 31)) is None
    assert current_notice(NOTICES, "loan", date(2026, 1, 1)) == FIRST


def test_a_newer_notice_replaces_the_current_one_from_its_day_on() -> None:
    assert current_notice(NOTICES, "loan", date(2026, 5, 31)) == FIRST
    assert current_notice(NOTICES, "loan", date(2026, 6, 1)) == SECOND


def test_it_replaces_it_for_its_own_purposes_only() -> None:
    assert current_notice(NOTICES, "cover", date(2026, 6, 1)) == FIRST


def test_a_purpose_that_no_notice_covers_has_none() -> None:
    assert current_notice(NOTICES, "photo", date(2026, 12, 31)) is None


def test_a_notice_is_past_once_it_is_replaced_for_each_of_its_purposes() -> None:
    assert notice_status(NOTICES, FIRST, date(2025, 12, 31)) is NoticeStatus.SCHEDULED
    assert notice_status(NOTICES, FIRST, date(2026, 1, 1)) is NoticeStatus.CURRENT
    assert notice_status(NOTICES, FIRST, date(2026, 6, 30)) is NoticeStatus.CURRENT
    assert notice_status(NOTICES, FIRST, date(2026, 7, 1)) is NoticeStatus.PAST
