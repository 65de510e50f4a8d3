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
from app.domain.capacity import CONSENT
from app.domain.consent import ConsentEvent, ConsentEventKind, ConsentStatus, effective, end_by_itself
from app.domain.notices import superseded_at
from app.domain.policy import Bilingual
from app.repositories import consents
from app.repositories.consents import ConsentRecord, EventRow, Wanted
from app.services import events, keys, subjects
from app.services.events import EventType
from app.services.keys import KeyPurpose
from app.services.pages import page

NOBODY = ""
"""A reference that no subject has: asking for an unknown consent does what asking for another's does."""
EXAMINED = 1_000
"""After so many consents that are not in the status asked for, a page ends, with fewer items than were asked for."""
BY_ITSELF = "system"
"""The actor of what time or a new notice brings about."""
TOLD = {
    ConsentEventKind.WITHDRAWN: EventType.CONSENT_WITHDRAWN,
    ConsentEventKind.EXPIRED: EventType.CONSENT_EXPIRED,
}
"""The ends of a consent that the systems are told of."""


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
    notice_version: str | None
    notice_sha256: str | None
    channel: str
    language: str
    given_by: str
    given_as: str
    subject_agreed: bool | None
    granted_at: datetime
    withdrawn_at: datetime | None
    expires_on: date | None
    quality: str
    wording: Sequence[str]
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


async def visible(work: Work, consent_id: UUID) -> ConsentRecord:
    """The consent, if the actor may see its subject. Raises `NotFound`, the same for another's as for none."""
    consent = await consents.get(work, consent_id)
    await subjects.standing(work, consent.subject_ref if consent is not None else NOBODY, act=CONSENT)
    assert consent is not None, "nobody is never visible"  # noqa: S101  (the statement before makes it so)
    return consent


async def read(work: Work, consent_id: UUID) -> ConsentView:
    """One consent. Raises `NotFound`."""
    return standing(work, await visible(work, consent_id))


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
        await subjects.standing(work, subject_ref, act=CONSENT)
    refreshed = {code for notice in work.pack.notices.values() for code in notice.fresh_consent_for}
    wanted = Wanted(subject_ref, purpose, status, at, tuple(sorted(refreshed)))
    scope = f"consents {subject_ref} {purpose} {status} {at}"
    before = UUID(decode_cursor(work.ring, scope, cursor)[0]) if cursor is not None else None
    found: list[ConsentView] = []
    examined, more = 0, True
    while more and len(found) <= limit and examined < EXAMINED:
        rows = await consents.list_newest(work, wanted, before, limit + 1)
        found += _views(work, rows, wanted)
        examined, more = examined + len(rows), len(rows) > limit
        before = rows[-1].id if rows else before
    if len(found) > limit:
        more, before = True, found[limit - 1].id
    return Page(found[:limit], encode_cursor(work.ring, scope, [str(before)]) if more else None)


async def history(work: Work, consent_id: UUID, limit: int, cursor: str | None) -> Page[HistoryEntry]:
    """What happened to a consent, in order; also an end that came by itself and that nobody has recorded yet.

    Raises `NotFound`, `BadCursor`.
    """
    consent = await visible(work, consent_id)
    happened = await consents.events_of(work, consent_id)
    entries = [HistoryEntry(event.at, ConsentEventKind(event.event), event.channel, event.actor) for event in happened]
    if consent.ended_at is None and (end := end_of(work, consent)) is not None and end.at <= work.now:
        entries.append(HistoryEntry(end.at, end.kind, None, BY_ITSELF))
    return page(
        work, f"consent-history {consent_id}", entries, lambda e: f"{e.at} {e.event}", limit=limit, cursor=cursor
    )


async def purposes_in_force(work: Work, subject_ref: str) -> frozenset[str]:
    """The purposes to which a consent of the subject is effective now."""
    found = await consents.list_open(work, subject_ref)
    return frozenset(one.purpose for one in found if status_now(work, one) is ConsentStatus.ACTIVE)


async def end(
    work: Work,
    consent: ConsentRecord,
    event: ConsentEventKind,
    at: datetime,
    *,
    channel: str | None = None,
    actor: str | None = None,
    reason: str | None = None,
) -> ConsentRecord:
    """Append the event that ends a consent, and tell of it; the record as it is then."""
    row = await event_row(work, consent.subject_ref, event, at, channel=channel, actor=actor, reason=reason)
    await consents.end(work, consent.id, row)
    ended = consent._replace(
        withdrawn_at=at if event is ConsentEventKind.WITHDRAWN else consent.withdrawn_at,
        ended_at=consent.ended_at or at,
        version=consent.version + 1,
        happened=(*consent.happened, ConsentEvent(at, event)),
    )
    if event in TOLD:
        announce(work, TOLD[event], ended)
    return ended


async def event_row(
    work: Work,
    subject_ref: str,
    event: ConsentEventKind,
    at: datetime,
    *,
    channel: str | None = None,
    actor: str | None = None,
    reason: str | None = None,
) -> EventRow:
    """An event to be written, by the actor of this unit of work unless another is named; its reason sealed."""
    event_id = new_id(work.now)
    box = await seal_evidence(work, subject_ref, reason, f"consent_event/{event_id}/reason")
    return EventRow(event_id, at, event, channel, actor or work.actor.sub, box)


def evidence_place(consent_id: UUID) -> str:
    """Where the sealed evidence of a consent belongs."""
    return f"consent/{consent_id}/evidence"


async def seal_evidence(work: Work, subject_ref: str, text: str | None, place: str) -> bytes | None:
    """Seal free text that proves a consent or its end: it outlives the profile (PDPA s.19)."""
    return None if text is None else await keys.seal(work, subject_ref, KeyPurpose.EVIDENCE, text, place)


def announce(work: Work, event: EventType, consent: ConsentRecord) -> None:
    """Tell the systems what happened to a consent, by references and codes."""
    events.announce(work, event, consent_id=str(consent.id), subject_ref=consent.subject_ref, purpose=consent.purpose)


def next_instant(work: Work, consent: ConsentRecord) -> datetime:
    """When the next event happens: now, yet after those before it even where the sandbox's clock was put back."""
    return max([work.now, *(event.at + timedelta(microseconds=1) for event in consent.happened)])


def end_of(work: Work, consent: ConsentRecord) -> ConsentEvent | None:
    """How and when the consent ends without anybody's doing, by what is known now."""
    return end_by_itself(*_ends(work, consent))


def status_now(work: Work, consent: ConsentRecord) -> ConsentStatus:
    """How a consent stands after all that has happened to it."""
    status = _status(work, consent, max([work.now, *(event.at for event in consent.happened)]))
    assert status is not None, "a consent begins with its grant"  # noqa: S101  (both are written together)
    return status


def standing(work: Work, consent: ConsentRecord) -> ConsentView:
    """A consent as it stands now."""
    return _view(work, consent, status_now(work, consent), consent.withdrawn_at)


def expires_at(expires_on: date | None) -> datetime | None:
    """The first instant after the last day of validity, in Bangkok."""
    if expires_on is None:
        return None
    return datetime.combine(expires_on + timedelta(days=1), time.min, BANGKOK).astimezone(UTC)


def _ends(work: Work, consent: ConsentRecord) -> tuple[datetime | None, datetime | None]:
    refreshed = superseded_at(work.pack.notices.values(), consent.purpose, consent.granted_at, consent.notice_version)
    return expires_at(consent.expires_on), refreshed


def _views(work: Work, rows: Sequence[ConsentRecord], wanted: Wanted) -> list[ConsentView]:
    views = [standing(work, row) if wanted.at is None else _stood(work, row, wanted.at) for row in rows]
    return [view for view in views if view is not None and wanted.status in {None, view.status}]


def _stood(work: Work, consent: ConsentRecord, at: datetime) -> ConsentView | None:
    status = _status(work, consent, at)
    withdrawn_at = consent.withdrawn_at if status is ConsentStatus.WITHDRAWN else None
    return _view(work, consent, status, withdrawn_at) if status is not None else None


def _status(work: Work, consent: ConsentRecord, at: datetime) -> ConsentStatus | None:
    return effective(consent.happened, at, *_ends(work, consent))


def _view(work: Work, consent: ConsentRecord, status: ConsentStatus, withdrawn_at: datetime | None) -> ConsentView:
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
        given_as=consent.given_as,
        subject_agreed=consent.subject_agreed,
        granted_at=consent.granted_at,
        withdrawn_at=withdrawn_at,
        expires_on=consent.expires_on,
        quality=consent.quality,
        wording=consent.wording,
        policy=consent.policy,
        consequences=purpose.consequences if purpose else None,
        version=consent.version,
    )
