from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.notices import NoticeStatus, current_notice, newest_first, notice_status, superseded_at, takes_effect_at
from app.domain.policy import Bilingual, Notice

TEXT = Bilingual(th="ข้อความ", en="text")


def notice(
    version: str, effective_from: date, *purposes: str, fresh: tuple[str, ...] = (), at: datetime | None = None
) -> Notice:
    return Notice(
        version,
        version,
        effective_from,
        purposes,
        TEXT,
        TEXT,
        content_sha256=f"sha256 of {version}",
        fresh_consent_for=fresh,
        published_at=at,
    )


FIRST = notice("first", date(2026, 1, 1), "loan", "cover")
SECOND = notice("second", date(2026, 6, 1), "loan")
THIRD = notice("third", date(2026, 7, 1), "cover")
NOTICES = (SECOND, THIRD, FIRST)


class TestTheCurrentNotice:
    def test_before_its_day_a_notice_covers_nothing(self) -> None:
        assert current_notice(NOTICES, "loan", date(2025, 12, 31)) is None
        assert current_notice(NOTICES, "loan", date(2026, 1, 1)) == FIRST

    def test_a_newer_notice_replaces_the_current_one_from_its_day_on(self) -> None:
        assert current_notice(NOTICES, "loan", date(2026, 5, 31)) == FIRST
        assert current_notice(NOTICES, "loan", date(2026, 6, 1)) == SECOND

    def test_it_replaces_it_for_its_own_purposes_only(self) -> None:
        assert current_notice(NOTICES, "cover", date(2026, 6, 1)) == FIRST

    def test_a_purpose_that_no_notice_covers_has_none(self) -> None:
        assert current_notice(NOTICES, "photo", date(2026, 12, 31)) is None

    def test_of_two_from_the_same_day_the_one_published_later_is_current(self) -> None:
        early = replace(SECOND, version="early", published_at=datetime(2026, 5, 1, tzinfo=UTC))
        late = replace(SECOND, version="late", published_at=datetime(2026, 5, 2, tzinfo=UTC))
        for order in ((SECOND, early, late), (late, early, SECOND), (early, late, SECOND)):
            assert current_notice(order, "loan", date(2026, 6, 1)) == late
        assert current_notice((early, SECOND), "loan", date(2026, 6, 1)) == early

    def test_of_two_from_the_same_instant_the_one_that_stands_later_is_current(self) -> None:
        one, other = (replace(SECOND, version=version, published_at=NOON) for version in ("one", "other"))
        assert current_notice((one, other), "loan", date(2026, 6, 1)) == other
        assert current_notice((other, one), "loan", date(2026, 6, 1)) == one

    def test_a_notice_with_the_later_day_wins_over_one_published_later(self) -> None:
        published = replace(SECOND, version="published", published_at=datetime(2026, 5, 1, tzinfo=UTC))
        later_day = replace(SECOND, version="later day", effective_from=date(2026, 6, 2))
        assert current_notice((later_day, published), "loan", date(2026, 6, 2)) == later_day


def test_a_notice_is_past_once_it_is_replaced_for_each_of_its_purposes() -> None:
    assert notice_status(NOTICES, FIRST, date(2025, 12, 31)) is NoticeStatus.SCHEDULED
    assert notice_status(NOTICES, FIRST, date(2026, 1, 1)) is NoticeStatus.CURRENT
    assert notice_status(NOTICES, FIRST, date(2026, 6, 30)) is NoticeStatus.CURRENT
    assert notice_status(NOTICES, FIRST, date(2026, 7, 1)) is NoticeStatus.PAST


def test_the_newest_come_first_and_of_equals_the_lower_version() -> None:
    early, late = (replace(SECOND, version=at.isoformat(), published_at=at) for at in (BEFORE, NOON))
    twin = replace(SECOND, version="a twin")
    assert newest_first([FIRST, SECOND, early, twin, late, THIRD]) == [THIRD, late, early, twin, SECOND, FIRST]


NOON = datetime(2026, 6, 1, 5, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
FRESH = notice("fresh", date(2026, 6, 1), "loan", "cover", fresh=("loan",), at=NOON)
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


class TestSupersession:
    def test_a_notice_takes_effect_when_its_day_begins_in_bangkok(self) -> None:
        assert takes_effect_at(SECOND) == datetime(2026, 5, 31, 17, tzinfo=UTC)
        ahead = replace(SECOND, published_at=datetime(2026, 5, 31, 16, 59, tzinfo=UTC))
        assert takes_effect_at(ahead) == datetime(2026, 5, 31, 17, tzinfo=UTC)

    def test_on_the_day_itself_it_takes_effect_when_it_is_published(self) -> None:
        assert takes_effect_at(FRESH) == NOON

    def test_it_ends_what_was_granted_before_where_it_says_so(self) -> None:
        assert superseded_at((FIRST, FRESH), "loan", BEFORE, "first") == NOON
        assert superseded_at((FIRST, FRESH), "loan", NOON - MOMENT, "first") == NOON

    def test_where_it_does_not_say_so_a_consent_stands(self) -> None:
        assert superseded_at((FIRST, FRESH), "cover", BEFORE, "first") is None
        assert superseded_at(NOTICES, "loan", BEFORE, "first") is None

    def test_what_is_granted_at_that_instant_or_later_stands(self) -> None:
        assert superseded_at((FIRST, FRESH), "loan", NOON, "fresh") is None
        assert superseded_at((FIRST, FRESH), "loan", NOON + MOMENT, "fresh") is None
        assert superseded_at((FRESH,), "loan", NOON, None) is None

    def test_a_grant_that_crossed_the_publication_never_stood(self) -> None:
        assert superseded_at((FIRST, FRESH), "loan", NOON, "first") == NOON
        assert superseded_at((FIRST, FRESH), "loan", NOON + MOMENT, "first") == NOON + MOMENT

    def test_what_was_granted_under_the_very_notice_stands(self) -> None:
        assert superseded_at((FIRST, FRESH), "loan", BEFORE, "fresh") is None

    def test_what_was_granted_under_no_notice_ends_too(self) -> None:
        assert superseded_at((FRESH,), "loan", BEFORE, None) == NOON

    def test_of_several_the_first_after_the_grant_ends_it(self) -> None:
        again = replace(FRESH, version="again", effective_from=date(2026, 7, 1))
        assert superseded_at((again, FRESH), "loan", BEFORE, "first") == NOON
        assert superseded_at((again, FRESH), "loan", NOON, "fresh") == datetime(2026, 6, 30, 17, tzinfo=UTC)

    def test_a_notice_of_the_pack_ends_what_was_granted_before_its_day(self) -> None:
        own = replace(FRESH, published_at=None)
        began = datetime(2026, 5, 31, 17, tzinfo=UTC)
        assert superseded_at((own,), "loan", began - MOMENT, "first") == began
        assert superseded_at((own,), "loan", began, "first") is None


INSTANTS = st.integers(0, 1_500).map(lambda hours: BEFORE + timedelta(hours=hours))
PURPOSES = st.lists(st.sampled_from(["loan", "cover", "photo"]), min_size=1, unique=True).map(tuple)


@st.composite
def published(draw: st.DrawFn) -> Notice:
    """A notice as it can be published: from that day in Bangkok, or a later one."""
    at = draw(INSTANTS)
    day = (at + timedelta(hours=7)).date() + timedelta(days=draw(st.integers(0, 40)))
    purposes = draw(PURPOSES)
    fresh = tuple(purpose for purpose in purposes if draw(st.booleans()))
    return notice(str(draw(st.uuids())), day, *purposes, fresh=fresh, at=at)


HISTORIES = st.lists(published(), max_size=6).map(lambda found: sorted(found, key=lambda n: n.published_at or BEFORE))


@given(HISTORIES, INSTANTS, INSTANTS, st.sampled_from(["loan", "cover", "photo"]))
def test_publishing_later_never_changes_what_was_true_at_an_earlier_instant(
    history: list[Notice], granted_at: datetime, asked_at: datetime, purpose: str
) -> None:
    known_then = [each for each in history if each.published_at is not None and each.published_at <= asked_at]
    assert _superseded(known_then, purpose, granted_at, asked_at) == _superseded(history, purpose, granted_at, asked_at)
    yesterday = (asked_at + timedelta(hours=7)).date() - timedelta(days=1)
    assert current_notice(known_then, purpose, yesterday) == current_notice(history, purpose, yesterday)


@given(HISTORIES, INSTANTS, st.sampled_from(["loan", "cover", "photo"]))
def test_a_consent_is_only_ever_ended_after_its_grant_and_by_a_notice_in_force(
    history: list[Notice], granted_at: datetime, purpose: str
) -> None:
    at = superseded_at(history, purpose, granted_at, None)
    ends = [takes_effect_at(each) for each in history if purpose in each.fresh_consent_for]
    assert at is None or (at > granted_at and at in ends)
    assert not [end for end in ends if end > granted_at and (at is None or end < at)]


@given(HISTORIES, published(), INSTANTS, st.sampled_from(["loan", "cover", "photo"]))
def test_another_notice_never_brings_a_consent_back(
    history: list[Notice], another: Notice, granted_at: datetime, purpose: str
) -> None:
    before = superseded_at(history, purpose, granted_at, None)
    after = superseded_at([*history, another], purpose, granted_at, None)
    assert before is None or (after is not None and after <= before)


def _superseded(notices: list[Notice], purpose: str, granted_at: datetime, asked_at: datetime) -> bool:
    at = superseded_at(notices, purpose, granted_at, None)
    return at is not None and at <= asked_at
