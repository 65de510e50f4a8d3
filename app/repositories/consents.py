"""Consent records and their events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_
from sqlmodel import col, select

from app.core.work import Work
from app.domain.consent import ConsentStatus
from app.models.consent import Consent, ConsentEvent

_CANDIDATES: dict[ConsentStatus, ColumnElement[bool]] = {
    ConsentStatus.ACTIVE: col(Consent.ended_at).is_(None),
    ConsentStatus.WITHDRAWN: col(Consent.withdrawn_at).is_not(None),
    ConsentStatus.EXPIRED: and_(col(Consent.expires_on).is_not(None), col(Consent.withdrawn_at).is_(None)),
    ConsentStatus.SUPERSEDED: and_(col(Consent.ended_at).is_not(None), col(Consent.withdrawn_at).is_(None)),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which consents: of a subject, of a purpose, in a status, granted up to an instant. None leaves it open.

    Status is only narrowed here, and only for the present; the events decide it.
    """

    subject_ref: str | None = None
    purpose: str | None = None
    status: ConsentStatus | None = None
    at: datetime | None = None


async def get(work: Work, consent_id: UUID) -> Consent | None:
    """The consent."""
    return await work.session.get(Consent, consent_id)


async def lock(work: Work, consent_id: UUID) -> Consent:
    """The consent, which exists, locked until the unit of work ends."""
    statement = select(Consent).where(Consent.id == consent_id).with_for_update()
    return (await work.session.exec(statement.execution_options(populate_existing=True))).one()


async def lock_open(work: Work, subject_ref: str, purposes: Iterable[str] | None = None) -> Sequence[Consent]:
    """The subject's consents that have not ended, locked; at most one for each purpose. `purposes` None means all."""
    statement = select(Consent).where(Consent.subject_ref == subject_ref, col(Consent.ended_at).is_(None))
    if purposes is not None:
        statement = statement.where(col(Consent.purpose).in_(list(purposes)))
    locking = statement.order_by(col(Consent.id)).with_for_update().execution_options(populate_existing=True)
    return (await work.session.exec(locking)).all()


async def list_newest(work: Work, wanted: Wanted, before: UUID | None, limit: int) -> Sequence[Consent]:
    """Consents, the newest first, from the one before `before` on."""
    statement = select(Consent).order_by(col(Consent.id).desc()).limit(limit)
    if wanted.subject_ref is not None:
        statement = statement.where(Consent.subject_ref == wanted.subject_ref)
    if wanted.purpose is not None:
        statement = statement.where(Consent.purpose == wanted.purpose)
    if wanted.at is not None:
        statement = statement.where(col(Consent.granted_at) <= wanted.at)
    elif wanted.status is not None:
        statement = statement.where(_CANDIDATES[wanted.status])
    if before is not None:
        statement = statement.where(col(Consent.id) < before)
    return (await work.session.exec(statement)).all()


async def events_of(work: Work, consent_ids: Iterable[UUID]) -> dict[UUID, list[ConsentEvent]]:
    """The events of some consents, in their order."""
    events: dict[UUID, list[ConsentEvent]] = {consent_id: [] for consent_id in consent_ids}
    statement = (
        select(ConsentEvent).where(col(ConsentEvent.consent_id).in_(list(events))).order_by(col(ConsentEvent.at))
    )
    for event in (await work.session.exec(statement)).all():
        events[event.consent_id].append(event)
    return events


async def add(work: Work, consent: Consent) -> None:
    """Keep a new consent, written at once, for its events refer to it."""
    work.session.add(consent)
    await work.session.flush()


def append(work: Work, event: ConsentEvent) -> None:
    """Append an event to the history of a consent that is kept already."""
    work.session.add(event)
