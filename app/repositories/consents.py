"""Consent records and their events, by statements on the driver: granting and withdrawing are hot paths.

The subject's row orders all that happens to its consents: who writes here has locked it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, select

from app.core.work import Work
from app.domain.consent import ConsentEvent, ConsentEventKind, ConsentStatus
from app.models.consent import Consent

COLUMNS = """
SELECT consent.id, subject_ref, purpose, categories, recipients, explicit, notice_version, notice_sha256, channel, language,
       given_by, given_as, subject_agreed, evidence, assurance, granted_at, withdrawn_at, ended_at, expires_on, quality,
       wording, policy, version,
       ARRAY(SELECT at FROM consent_event WHERE consent_id = consent.id ORDER BY at, id),
       ARRAY(SELECT event FROM consent_event WHERE consent_id = consent.id ORDER BY at, id)
FROM consent
"""
GET = COLUMNS + "WHERE consent.id = ANY($1) ORDER BY consent.id DESC"
OPEN = COLUMNS + "WHERE subject_ref = $1 AND ended_at IS NULL ORDER BY consent.id"
OPEN_FOR = COLUMNS + "WHERE subject_ref = $1 AND ended_at IS NULL AND purpose = ANY($2) ORDER BY consent.id"
EXPIRED = """
SELECT consent.id FROM consent JOIN subject USING (subject_ref)
WHERE consent.ended_at IS NULL AND expires_on < $1
  AND consent.id::text NOT IN (SELECT object_id FROM set_aside WHERE kind = 'consent_expiry' AND until > now())
ORDER BY expires_on, consent.id LIMIT 1 FOR NO KEY UPDATE OF subject
"""
EXPIRED_AND_FREE = EXPIRED + "SKIP LOCKED"
FIRST_EXPIRY = """
SELECT min(expires_on) FROM consent WHERE ended_at IS NULL AND expires_on IS NOT NULL
  AND id::text NOT IN (SELECT object_id FROM set_aside WHERE kind = 'consent_expiry' AND until > now())
"""
EVENTS = "SELECT id, at, event, channel, actor, reason FROM consent_event WHERE consent_id = $1 ORDER BY at, id"
ADD = """
WITH consent AS (
    INSERT INTO consent (
        id, subject_ref, purpose, categories, recipients, explicit, notice_version, notice_sha256, channel, language, given_by,
        given_as, subject_agreed, evidence, assurance, granted_at, withdrawn_at, ended_at, expires_on, quality, wording,
        policy, version
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
)
INSERT INTO consent_event (id, consent_id, at, event, channel, actor, reason) VALUES ($24, $1, $25, $26, $27, $28, $29)
"""
END = """
WITH ended AS (
    UPDATE consent SET ended_at = coalesce(ended_at, $4), version = version + 1,
        withdrawn_at = CASE WHEN $5::text = 'withdrawn' THEN $4 ELSE withdrawn_at END
    WHERE id = $1
)
INSERT INTO consent_event (id, consent_id, at, event, channel, actor, reason) VALUES ($2, $3, $4, $5::text, $6, $7, $8)
"""
HAPPEN = """
WITH changed AS (UPDATE consent SET version = version + 1 WHERE id = $2)
INSERT INTO consent_event (id, consent_id, at, event, channel, actor, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


class ConsentRecord(NamedTuple):
    """A consent as it is kept, with the events that happened to it, in order.

    `ended_at`: when an event ended it; time alone may have ended it earlier. `given_by`: the subject, or the
    representative who gave it, then `given_as` is their relation. `assurance`: how surely the giver was known.
    `wording`: what is wrong with one that was taken over.
    """

    id: UUID
    subject_ref: str
    purpose: str
    categories: Sequence[str]
    recipients: Sequence[str]
    explicit: bool
    notice_version: str | None
    notice_sha256: str | None
    channel: str
    language: str
    given_by: str
    given_as: str
    subject_agreed: bool | None
    evidence: bytes | None
    assurance: str
    granted_at: datetime
    withdrawn_at: datetime | None
    ended_at: datetime | None
    expires_on: date | None
    quality: str
    wording: Sequence[str]
    policy: str
    version: int
    happened: tuple[ConsentEvent, ...]


class EventRow(NamedTuple):
    """One event of a consent; `reason` sealed."""

    id: UUID
    at: datetime
    event: str
    channel: str | None
    actor: str
    reason: bytes | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which consents: of a subject, of a purpose, in a status, granted up to an instant. None leaves it open.

    Status is only narrowed here, and only for the present; the events decide it. `refreshed`: purposes for which some
    notice wants fresh consent.
    """

    subject_ref: str | None = None
    purpose: str | None = None
    status: ConsentStatus | None = None
    at: datetime | None = None
    refreshed: tuple[str, ...] = ()


async def get(work: Work, consent_id: UUID) -> ConsentRecord | None:
    """The consent."""
    return next(iter(await get_many(work, [consent_id])), None)


async def get_many(work: Work, consent_ids: Collection[UUID]) -> Sequence[ConsentRecord]:
    """Some consents, the newest first."""
    driver = await work.driver()
    return [_record(row) for row in await driver.fetch(GET, list(consent_ids))]


async def list_open(work: Work, subject_ref: str, purposes: Collection[str] | None = None) -> Sequence[ConsentRecord]:
    """The subject's consents that no event has ended; at most one for each purpose. `purposes` None means all."""
    driver = await work.driver()
    rows = (
        await driver.fetch(OPEN, subject_ref)
        if purposes is None
        else await driver.fetch(OPEN_FOR, subject_ref, list(purposes))
    )
    return [_record(row) for row in rows]


async def lock_next_expired(work: Work, *, wait: bool) -> ConsentRecord | None:
    """The consent longest past its last day, its subject locked; without `wait` past those whom others hold."""
    driver = await work.driver()
    consent_id = await driver.fetchval(EXPIRED if wait else EXPIRED_AND_FREE, work.today)
    if consent_id is None:
        return None
    work.in_hand.take("consent_expiry", consent_id)
    return await get(work, consent_id)


async def first_expiry(work: Work) -> date | None:
    """The earliest last day of those consents that no event has ended."""
    driver = await work.driver()
    found: date | None = await driver.fetchval(FIRST_EXPIRY)
    return found


async def list_newest(work: Work, wanted: Wanted, before: UUID | None, limit: int) -> Sequence[ConsentRecord]:
    """Consents, the newest first, from the one before `before` on."""
    statement = select(Consent.id).order_by(col(Consent.id).desc()).limit(limit)
    if wanted.subject_ref is not None:
        statement = statement.where(Consent.subject_ref == wanted.subject_ref)
    if wanted.purpose is not None:
        statement = statement.where(Consent.purpose == wanted.purpose)
    if wanted.at is not None:
        statement = statement.where(col(Consent.granted_at) <= wanted.at)
    elif wanted.status is not None:
        statement = statement.where(_candidates(wanted.status, wanted.refreshed))
    if before is not None:
        statement = statement.where(col(Consent.id) < before)
    return await get_many(work, (await work.session.exec(statement)).all())


def _candidates(status: ConsentStatus, refreshed: Iterable[str]) -> ColumnElement[bool]:
    ended, withdrawn = col(Consent.ended_at).is_not(None), col(Consent.withdrawn_at).is_not(None)
    match status:
        case ConsentStatus.ACTIVE:
            return ~ended
        case ConsentStatus.WITHDRAWN:
            return withdrawn
        case ConsentStatus.EXPIRED:
            return and_(col(Consent.expires_on).is_not(None), ~withdrawn)
        case ConsentStatus.SUPERSEDED:
            return and_(or_(ended, col(Consent.purpose).in_(list(refreshed))), ~withdrawn)


async def events_of(work: Work, consent_id: UUID) -> Sequence[EventRow]:
    """What happened to a consent, in order."""
    driver = await work.driver()
    return [EventRow(*row) for row in await driver.fetch(EVENTS, consent_id)]


async def add(work: Work, consent: ConsentRecord, granted: EventRow) -> None:
    """Keep a new consent with the event that began it."""
    driver = await work.driver()
    *columns, _happened = consent
    await driver.execute(ADD, *columns, granted.id, *granted[1:])


async def end(work: Work, consent_id: UUID, event: EventRow) -> None:
    """Append the event that ends a consent; a withdrawal is noted beside an earlier end."""
    driver = await work.driver()
    await driver.execute(END, consent_id, event.id, consent_id, *event[1:])


async def append(work: Work, consent_id: UUID, event: EventRow) -> None:
    """Append an event that ends nothing."""
    driver = await work.driver()
    await driver.execute(HAPPEN, event.id, consent_id, *event[1:])


def _record(row: "asyncpg.Record") -> ConsentRecord:
    *columns, instants, kinds = row
    happened = zip(instants, kinds, strict=True)
    return ConsentRecord._make([*columns, tuple(ConsentEvent(at, ConsentEventKind(kind)) for at, kind in happened)])
