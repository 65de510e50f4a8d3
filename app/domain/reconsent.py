"""Whose consent must be asked for again, and why (DOMAIN "Consent", "Who may act"; LAW T-25)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.domain.capacity import PARENTAL, Person
from app.domain.catalogue import Notice
from app.domain.confirmation import awaited_since
from app.domain.notices import superseded_at, takes_effect_at
from app.domain.vocabulary import ConsentQuality


class ReconsentReason(StrEnum):
    """Why somebody must be asked again; of one consent, in this order."""

    DOUBTFUL_WORDING = "doubtful_wording"
    NOTICE_SUPERSEDED = "notice_superseded"
    MAJORITY_REACHED = "majority_reached"


@dataclass(frozen=True, slots=True)
class OpenConsent:
    """A consent that nobody has ended, as far as it decides whether it is asked for again.

    `confirmed_at`: when it was last confirmed. `ends_on`: its last day of validity.
    """

    purpose: str
    granted_at: datetime
    given_as: str
    quality: str
    notice_version: str | None
    confirmed_at: datetime | None = None
    ends_on: date | None = None


def reasons(
    consent: OpenConsent, person: Person, notices: Collection[Notice], now: datetime, today: date
) -> Iterator[tuple[ReconsentReason, datetime]]:
    """Why the person must be asked again, each since when; nothing for the dead, nor for what has run out by itself."""
    if person.dead(today) or (consent.ends_on is not None and consent.ends_on < today):
        return
    if consent.quality == ConsentQuality.DOUBTFUL:
        yield ReconsentReason.DOUBTFUL_WORDING, consent.granted_at
    ended = superseded_at(notices, consent.purpose, consent.granted_at, consent.notice_version)
    if ended is not None and ended <= now:
        yield ReconsentReason.NOTICE_SUPERSEDED, ended
    since = awaited_since(person, consent.granted_at, today) if consent.given_as in PARENTAL else None
    if since is not None and (consent.confirmed_at is None or consent.confirmed_at < since):
        yield ReconsentReason.MAJORITY_REACHED, since


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A purpose whose consents some notice wants afresh: since when at the latest, and which versions were there before."""

    purpose: str
    at: datetime
    older: tuple[str, ...]


def refreshed(notices: Collection[Notice], now: datetime) -> list[Refreshed]:
    """The purposes for which a notice in force wants fresh consent: what was given before, or under an older one, may be over."""
    latest: dict[str, datetime] = {}
    for notice in notices:
        at = takes_effect_at(notice)
        for purpose in notice.fresh_consent_for if at <= now else ():
            latest[purpose] = max(at, latest.get(purpose, at))
    return [
        Refreshed(purpose, at, tuple(notice.version for notice in notices if takes_effect_at(notice) < at))
        for purpose, at in latest.items()
    ]
