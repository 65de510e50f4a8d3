"""Holidays and notices of the shipped pack (LAW B3 s.23, E4)."""

from datetime import date, timedelta
from itertools import groupby

import pytest

from app.domain.policy import Bilingual, PolicyPack
from app.domain.vocabulary import (
    ConsentNeed,
)


def reckoned_full_moon_days(makha: date) -> dict[str, date]:
    """Makha, Visakha and Asarnha Bucha of a common lunar year: 88 and 147 days apart."""
    return {"makha": makha, "visakha": makha + timedelta(days=88), "asarnha": makha + timedelta(days=147)}


def test_the_lunar_days_of_2027_follow_from_those_of_2026(chanthaburi: PolicyPack) -> None:
    """2026 has a second eighth month: its lunar year has 384 days, and its Makha Bucha falls a month late (29 days)."""
    assert "Makha" in chanthaburi.holidays[2026].days[date(2026, 3, 3)].en
    days = reckoned_full_moon_days(date(2026, 3, 3) - timedelta(days=29) + timedelta(days=384))
    names = {name: chanthaburi.holidays[2027].days[day].en for name, day in days.items()}
    assert names == {"makha": "Makha Bucha", "visakha": "Visakha Bucha", "asarnha": "Asarnha Bucha"}


@pytest.mark.parametrize("year", [2026, 2027])
def test_each_year_holds_the_fixed_holidays(chanthaburi: PolicyPack, year: int) -> None:
    listed = chanthaburi.holidays[year].days
    for fixed in chanthaburi.fixed_holidays:
        assert listed[date(year, fixed.month, fixed.day)] == fixed.label


@pytest.mark.parametrize("year", [2026, 2027])
def test_a_government_holiday_on_a_weekend_has_a_substitute_on_a_working_day(
    chanthaburi: PolicyPack, year: int
) -> None:
    days = chanthaburi.holidays[year].days
    for day, label in days.items():
        if "substitute" in label.en:
            assert day.weekday() < 5
        elif day.weekday() >= 5 and label.en != "Labour Day":
            later = [other for other, text in days.items() if text.en == f"{label.en} (substitute)"]
            assert [other > day for other in later] == [True], day


def test_nothing_moves_the_year_end_deadline_of_2026_past_the_4th_of_january(chanthaburi: PolicyPack) -> None:
    assert date(2026, 12, 31) in chanthaburi.holidays[2026].days
    assert date(2027, 1, 1) in chanthaburi.holidays[2027].days
    assert date(2027, 1, 4) not in chanthaburi.holidays[2027].days


def test_only_a_list_that_was_read_is_called_verified(chanthaburi: PolicyPack) -> None:
    assert {year: listed.verified for year, listed in chanthaburi.holidays.items()} == {2026: True, 2027: False}


def test_one_notice_asks_for_each_consent_in_both_languages(chanthaburi: PolicyPack) -> None:
    asked = sorted(purpose for notice in chanthaburi.notices.values() for purpose in notice.purposes)
    needed = [p.code for p in chanthaburi.purposes.values() if p.requires_consent is not ConsentNeed.NEVER]
    assert asked == sorted(needed)
    assert [len(list(group)) for _, group in groupby(asked)] == [1] * len(needed)
    assert all(notice.effective_from == date(2022, 6, 1) for notice in chanthaburi.notices.values())


@pytest.mark.parametrize(
    ("language", "elements"),
    [
        ("th", ["โดยใช้", "ฐาน:", "หากท่านไม่ยินยอม", "ระยะเวลาเก็บ", "เปิดเผย", "ถอนความยินยอม", "สิทธิ", "039-303379"]),
        ("en", ["using", "basis:", "If you do not consent", "kept", "disclosed", "withdraw", "erasure", "039-303379"]),
    ],
)
def test_each_notice_states_the_elements_of_section_23(
    chanthaburi: PolicyPack, language: str, elements: list[str]
) -> None:
    for notice in chanthaburi.notices.values():
        missing = [element for element in elements if element not in getattr(notice.content, language)]
        assert missing == [], notice.notice_id


def test_each_notice_names_the_recipients_of_its_purposes_and_no_others(chanthaburi: PolicyPack) -> None:
    for notice in chanthaburi.notices.values():
        named = {code for purpose in notice.purposes for code in chanthaburi.purposes[purpose].recipients}
        for code, recipient in chanthaburi.recipients.items():
            told = (recipient.label.th in notice.content.th, recipient.label.en.lower() in notice.content.en.lower())
            assert told == (code in named, code in named), (notice.notice_id, code)


def test_a_notice_is_a_proposal_until_somebody_confirms_it(chanthaburi: PolicyPack) -> None:
    assert not any(notice.verified for notice in chanthaburi.notices.values())


def test_royal_holidays_bear_their_full_titles(chanthaburi: PolicyPack) -> None:
    days = chanthaburi.holidays[2026].days
    assert days[date(2026, 6, 3)].th == "วันเฉลิมพระชนมพรรษาสมเด็จพระนางเจ้าฯ พระบรมราชินี"
    assert days[date(2026, 7, 28)].th == "วันเฉลิมพระชนมพรรษาพระบาทสมเด็จพระเจ้าอยู่หัว"


def test_every_text_is_thai_in_thai_and_has_none_in_english(chanthaburi: PolicyPack) -> None:
    labels: list[Bilingual] = [
        *(purpose.label for purpose in chanthaburi.purposes.values()),
        *(rule.label for rule in chanthaburi.retention_rules.values()),
        *(condition.label for condition in chanthaburi.conditions.values()),
        *(event.label for event in chanthaburi.events.values()),
        *(recipient.label for recipient in chanthaburi.recipients.values()),
        *(category.label for category in chanthaburi.categories.values()),
        *(right.label for right in chanthaburi.rights.values()),
        *(ground.text for ground in chanthaburi.grounds.values()),
        *(notice.content for notice in chanthaburi.notices.values()),
    ]
    for label in labels:
        assert any("\u0e00" <= letter <= "\u0e7f" for letter in label.th), label.en
        assert not any("\u0e00" <= letter <= "\u0e7f" for letter in label.en), label.en
