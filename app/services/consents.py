"""Consent records: how they stand, their list and their history (PDPA s.19; DOMAIN "Consent").

The events decide how a consent stands. One consent at a time is open for a subject and a purpose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from app.core.clock import BANGKOK
from app.core.ids import new_id
from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.consent import ConsentEvent, ConsentEventKind, ConsentStatus, effective
from app.domain.policy import Bilingual
from app.models import consent as tables
from app.repositories import consents
from app.repositories.consents import Wanted
from app.services import events, keys, subjects
from app.services.events import EventType
from app.services.keys import KeyPurpose
from app.services.pages import page

NOBODY = ""
"""A reference that no subject has: asking for an unknown consent does what asking for another's does."""
LAPSE_OF_TIME = "system"
"""The actor of an expiry."""


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A consent as it stands; `consequences`: what its withdrawal brings, or brought."""

    id: UUID
    subject_ref: str
    purpose: str
    categories: Sequence[str]
    recipients: Sequence[str]
    explicit: bool
    status: ConsentStatus
    notice_version: str
    notice_sha256: str
    channel: str
    language: str
    given_by: str
    subject_agreed: bool | None
    granted_at: datetime
    withdrawn_at: datetime | None
    expires_on: date | None
    quality: str
    policy: str
    consequences: Bilingual | None
    version: int


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What happened to a consent, when, by which channel and through whom."""

    at: datetime
    event: ConsentEventKind
    channel: str | None
    actor: str


async def see(work: Work, path: Mapping[str, str]) -> None:
    """Whether the actor may see the consent that a path names. Raises `NotFound`."""
    try:
        consent_id = UUID(path["consent_id"])
    except ValueError:
        consent_id = UUID(int=0)
    await visible(work, consent_id)


async def visible(work: Work, consent_id: UUID) -> tables.Consent:
    """The consent, if the actor may see its subject. Raises `NotFound`, the same for another's as for none."""
    consent = await consents.get(work, consent_id)
    await subjects.visible(work, consent.subject_ref if consent is not None else NOBODY)
    assert consent is not None, "nobody is never visible"  # noqa: S101  (the statement before makes it so)
    return consent


async def read(work: Work, consent_id: UUID) -> ConsentView:
    """One consent. Raises `NotFound`."""
    consent = await visible(work, consent_id)
    return standing(work, consent, await events_of(work, consent))


async def list_consents(
    work: Work,
    *,
    subject_ref: str | None,
    purpose: str | None,
    status: ConsentStatus | None,
    at: datetime | None,
    limit: int,
    cursor: str | None,
) -> Page[ConsentView]:
    """The consents of one subject or, for those who see everyone, of all; newest first. With `at`, as they stood then.

    Raises `NotFound` for a subject that the actor may not see, `BadCursor`.
    """
    if not work.actor.everyone:
        subject_ref = subject_ref or work.actor.subject_ref or NOBODY
    if subject_ref is not None:
        await subjects.visible(work, subject_ref)
    wanted = Wanted(subject_ref, purpose, status, at)
    scope = f"consents {wanted}"
    before = UUID(decode_cursor(work.ring, scope, cursor)[0]) if cursor is not None else None
    found: list[ConsentView] = []
    while len(found) <= limit:
        rows = await consents.list_newest(work, wanted, before, limit + 1)
        found += await _views(work, rows, wanted)
        if len(rows) <= limit:
            break
        before = rows[-1].id
    more = len(found) > limit
    return Page(found[:limit], encode_cursor(work.ring, scope, [str(found[limit - 1].id)]) if more else None)


async def history(work: Work, consent_id: UUID, limit: int, cursor: str | None) -> Page[HistoryEntry]:
    """What happened to a consent, in order; an expiry too that nobody has recorded yet. Raises `NotFound`, `BadCursor`."""
    consent = await visible(work, consent_id)
    happened = await events_of(work, consent)
    entries = [HistoryEntry(event.at, ConsentEventKind(event.event), event.channel, event.actor) for event in happened]
    ends = expires_at(consent.expires_on)
    if ends is not None and consent.ended_at is None and status_now(work, consent, happened) is ConsentStatus.EXPIRED:
        entries.append(HistoryEntry(ends, ConsentEventKind.EXPIRED, None, LAPSE_OF_TIME))
    return page(
        work, f"consent-history {consent_id}", entries, lambda e: f"{e.at} {e.event}", limit=limit, cursor=cursor
    )


async def events_of(work: Work, consent: tables.Consent) -> list[tables.ConsentEvent]:
    """The history of a consent, in order."""
    return (await consents.events_of(work, [consent.id]))[consent.id]


async def happens(
    work: Work,
    consent: tables.Consent,
    event: ConsentEventKind,
    at: datetime,
    *,
    channel: str | None,
    actor: str,
    reason: str | None = None,
) -> None:
    """Append to the history of a consent."""
    event_id = new_id(work.now)
    box = await seal_evidence(work, consent.subject_ref, reason, f"consent_event/{event_id}/reason")
    consents.append(
        work,
        tables.ConsentEvent(
            id=event_id, consent_id=consent.id, at=at, event=event, channel=channel, actor=actor, reason=box
        ),
    )


async def seal_evidence(work: Work, subject_ref: str, text: str | None, place: str) -> bytes | None:
    """Seal free text that proves a consent or its end: it outlives the profile (PDPA s.19)."""
    return None if text is None else await keys.seal(work, subject_ref, KeyPurpose.EVIDENCE, text, place)


def announce(work: Work, event: EventType, consent: tables.Consent) -> None:
    """Tell the systems what happened to a consent, by references and codes."""
    events.announce(work, event, consent_id=str(consent.id), subject_ref=consent.subject_ref, purpose=consent.purpose)


def next_instant(work: Work, happened: Sequence[tables.ConsentEvent]) -> datetime:
    """When the next event happens: now, yet after those before it even where the sandbox's clock was put back."""
    return max([work.now, *(event.at + timedelta(microseconds=1) for event in happened)])


def status_now(work: Work, consent: tables.Consent, happened: Sequence[tables.ConsentEvent]) -> ConsentStatus:
    """How a consent stands after all that has happened to it."""
    status = _status(consent, happened, max([work.now, *(event.at for event in happened)]))
    assert status is not None, "a consent begins with its grant"  # noqa: S101  (both are written together)
    return status


def standing(work: Work, consent: tables.Consent, happened: Sequence[tables.ConsentEvent]) -> ConsentView:
    """A consent as it stands now."""
    return _view(work, consent, status_now(work, consent, happened), consent.withdrawn_at)


def expires_at(expires_on: date | None) -> datetime | None:
    """The first instant after the last day of validity, in Bangkok."""
    if expires_on is None:
        return None
    return datetime.combine(expires_on + timedelta(days=1), time.min, BANGKOK).astimezone(UTC)


async def _views(work: Work, rows: Sequence[tables.Consent], wanted: Wanted) -> list[ConsentView]:
    histories = await consents.events_of(work, [row.id for row in rows])
    views = [
        standing(work, row, histories[row.id]) if wanted.at is None else _stood(work, row, histories[row.id], wanted.at)
        for row in rows
    ]
    return [view for view in views if view is not None and wanted.status in {None, view.status}]


def _stood(
    work: Work, consent: tables.Consent, happened: Sequence[tables.ConsentEvent], at: datetime
) -> ConsentView | None:
    status = _status(consent, happened, at)
    withdrawn_at = consent.withdrawn_at if status is ConsentStatus.WITHDRAWN else None
    return _view(work, consent, status, withdrawn_at) if status is not None else None


def _status(consent: tables.Consent, happened: Sequence[tables.ConsentEvent], at: datetime) -> ConsentStatus | None:
    events_so_far = [ConsentEvent(event.at, ConsentEventKind(event.event)) for event in happened]
    return effective(events_so_far, at, expires_at(consent.expires_on))


def _view(work: Work, consent: tables.Consent, status: ConsentStatus, withdrawn_at: datetime | None) -> ConsentView:
    purpose = work.pack.purposes.get(consent.purpose)
    return ConsentView(
        id=consent.id,
        subject_ref=consent.subject_ref,
        purpose=consent.purpose,
        categories=consent.categories,
        recipients=consent.recipients,
        explicit=consent.explicit,
        status=status,
        notice_version=consent.notice_version,
        notice_sha256=consent.notice_sha256,
        channel=consent.channel,
        language=consent.language,
        given_by=consent.given_by,
        subject_agreed=consent.subject_agreed,
        granted_at=consent.granted_at,
        withdrawn_at=withdrawn_at,
        expires_on=consent.expires_on,
        quality=consent.quality,
        policy=consent.policy,
        consequences=purpose.consequences if purpose else None,
        version=consent.version,
    )
