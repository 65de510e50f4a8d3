"""Which version of a privacy notice is in force for a purpose (PDPA s.23; policy clause 15)."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from app.domain.catalogue import Notice


class NoticeStatus(StrEnum):
    """Where a notice stands on one day; `past`: a later one has replaced it for every purpose."""

    SCHEDULED = "scheduled"
    CURRENT = "current"
    PAST = "past"


def current_notice(notices: Iterable[Notice], purpose: str, today: date) -> Notice | None:
    """The notice to show before asking for consent: the latest in force that covers the purpose, or None."""
    in_force = [notice for notice in notices if purpose in notice.purposes and notice.effective_from <= today]
    return max(in_force, key=lambda notice: notice.effective_from, default=None)


def notice_status(notices: Iterable[Notice], notice: Notice, today: date) -> NoticeStatus:
    """Where a notice stands: a new one replaces it for the purposes of both only."""
    if notice.effective_from > today:
        return NoticeStatus.SCHEDULED
    known = tuple(notices)
    current = any(current_notice(known, purpose, today) == notice for purpose in notice.purposes)
    return NoticeStatus.CURRENT if current else NoticeStatus.PAST
