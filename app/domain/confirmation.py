"""Confirming a consent: the subject stands by what a parent consented to before (DOMAIN "Who may act")."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from app.domain.capacity import AgeState, Person
from app.domain.consent import ConsentEvent, ConsentEventKind, ConsentStatus
from app.domain.errors import DomainError
from app.domain.notices import BANGKOK


class ConsentNotActive(DomainError):
    """A consent that is not in force any more can't be confirmed: it must be given afresh."""

    code = "consent_not_active"


def check_confirmation(status: ConsentStatus) -> None:
    """That a consent may be confirmed: it is in force. Raises `ConsentNotActive`."""
    if status is not ConsentStatus.ACTIVE:
        raise ConsentNotActive


def confirmed_at(happened: Iterable[ConsentEvent]) -> datetime | None:
    """When a consent was last confirmed."""
    return max((event.at for event in happened if event.kind is ConsentEventKind.CONFIRMED), default=None)


def awaited_since(person: Person, granted_at: datetime, today: date) -> datetime | None:
    """Since when the subject's own word is awaited on what somebody else consented to; None below full age."""
    if person.age(today) is not AgeState.ADULT:
        return None
    day = person.majority_on
    of_age = granted_at if day is None else datetime.combine(day, time.min, BANGKOK).astimezone(UTC)
    return max(granted_at, of_age)


def is_confirmed(person: Person, granted_at: datetime, happened: Iterable[ConsentEvent], today: date) -> bool:
    """Whether a consent was confirmed before, and since the subject came of age: confirming again adds nothing."""
    last = confirmed_at(happened)
    since = awaited_since(person, granted_at, today)
    return last is not None and (since is None or last >= since)
