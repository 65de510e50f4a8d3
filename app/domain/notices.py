"""Which version of a privacy notice is in force for a purpose, and what it ends (PDPA s.23; policy clause 15)."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum

from app.domain.catalogue import Notice

BANGKOK = timezone(timedelta(hours=7))
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


class NoticeStatus(StrEnum):
    """Where a notice stands on one day; `past`: a later one has replaced it for every purpose."""

    SCHEDULED = "scheduled"
    CURRENT = "current"
    PAST = "past"


def current_notice(notices: Iterable[Notice], purpose: str, today: date) -> Notice | None:
    """The notice to show before asking for consent: the latest in force that covers the purpose, or None.

    Of those from the same day it is the one that was published last; the pack's own come before all that was published.
    """
    in_force = [notice for notice in notices if purpose in notice.purposes and notice.effective_from <= today]
    in_force.reverse()  # of equals `max` takes the first; here that is the last of the order of publication
    return max(in_force, key=lambda notice: (notice.effective_from, _published(notice)), default=None)


def notice_status(notices: Iterable[Notice], notice: Notice, today: date) -> NoticeStatus:
    """Where a notice stands: a new one replaces it for the purposes of both only."""
    if notice.effective_from > today:
        return NoticeStatus.SCHEDULED
    known = tuple(notices)
    current = any(current_notice(known, purpose, today) == notice for purpose in notice.purposes)
    return NoticeStatus.CURRENT if current else NoticeStatus.PAST


def newest_first(notices: Iterable[Notice]) -> list[Notice]:
    """By the day from which they are in force, then by publication; by version where that says nothing."""
    by_version = sorted(notices, key=lambda notice: notice.version)
    return sorted(by_version, key=lambda notice: (notice.effective_from, _published(notice)), reverse=True)


def takes_effect_at(notice: Notice) -> datetime:
    """The first instant of a notice in force: when its day begins in Bangkok, or on that day its publication."""
    return max(datetime.combine(notice.effective_from, time.min, BANGKOK).astimezone(UTC), _published(notice))


def superseded_at(
    notices: Iterable[Notice], purpose: str, granted_at: datetime, notice_version: str | None
) -> datetime | None:
    """When a consent to the purpose ends because another notice wants it given afresh, or None (DOMAIN "Consent").

    That is the first instant after the grant at which such a notice takes effect. What is granted at that instant or
    later stands, and so does what was granted under that very notice; only a grant that crossed its publication, under
    a notice that was in force before, never stood. `notice_version` None: granted under none.
    """
    known = tuple(notices)
    fresh = [one for one in known if purpose in one.fresh_consent_for and one.version != notice_version]
    if not fresh:
        return None
    own = next((takes_effect_at(notice) for notice in known if notice.version == notice_version), None)
    instants = map(takes_effect_at, fresh)
    ends = [max(at, granted_at) for at in instants if at > granted_at or (own is not None and own < at)]
    return min(ends, default=None)


def _published(notice: Notice) -> datetime:
    return notice.published_at or BEFORE_ALL
