"""Privacy notices: every version that was ever published, which one is current, and the publication of new ones."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from app.core.ids import new_id
from app.core.paging import Page
from app.core.work import Work
from app.domain.errors import FieldError, InvalidInput, NotFound, NoticeVersionTaken
from app.domain.notices import NoticeStatus, newest_first, notice_status
from app.domain.policy import Bilingual, Notice, PolicyPack
from app.domain.vocabulary import ConsentNeed
from app.policies.overlay import NOTICE, Entry, overlaid
from app.repositories import overlay, process
from app.services import audit, events
from app.services.events import EventType
from app.services.pages import page


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice, and where it stands today."""

    notice_id: str
    version: str
    status: NoticeStatus
    effective_from: date
    purposes: tuple[str, ...]
    fresh_consent_for: tuple[str, ...]
    title: Bilingual
    content: Bilingual
    content_sha256: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Publication:
    """A notice as the DPO publishes it."""

    version: str
    effective_from: date
    title: Bilingual
    content: Bilingual
    purposes: tuple[str, ...]
    fresh_consent_for: tuple[str, ...] = ()


def list_notices(
    work: Work, purpose: str | None, status: NoticeStatus | None, limit: int, cursor: str | None
) -> Page[NoticeView]:
    """The notices, the newest first; narrowed to those that cover a purpose, and to a status. Raises `BadCursor`."""
    known = newest_first(work.pack.notices.values())
    views = [_view(work, work.pack, notice) for notice in known if purpose is None or purpose in notice.purposes]
    wanted = [view for view in views if status is None or view.status is status]
    return page(work, f"notices {purpose} {status}", wanted, lambda view: view.notice_id, limit=limit, cursor=cursor)


async def see(work: Work, path: Mapping[str, str]) -> None:
    """Whether there is the notice that a path names. Raises `NotFound`."""
    published(work, path["notice_id"])


def published(work: Work, notice_id: str) -> Notice:
    """The notice. Raises `NotFound`."""
    if notice_id not in work.pack.notices:
        raise NotFound
    return work.pack.notices[notice_id]


def get(work: Work, notice_id: str) -> NoticeView:
    """One notice. Raises `NotFound`."""
    return _view(work, work.pack, published(work, notice_id))


async def publish(work: Work, asked: Publication) -> NoticeView:
    """Publish a notice, for good: from its day on it is the current one of its purposes (PDPA s.23; policy clause 15).

    Consents end only where it says so, and when `domain.notices.superseded_at` says: no row is changed. The policy that
    is in force from now on is kept whole. Raises `InvalidInput`, `NoticeVersionTaken`.
    """
    connection = await work.driver()
    await overlay.lock(connection)
    before = overlaid(work.pack, await overlay.entries_after(connection, work.pack.overlay_entries))
    _check(work, before, asked)
    entry = _entry(work, asked)
    after = overlaid(before, [entry])
    await overlay.append(connection, after.overlay_entries, entry, work.actor.sub)
    await process.remember_policy(replace(work, pack=after))
    notice = after.notices[entry.content["notice_id"]]
    _announce(work, notice)
    return _view(work, after, notice)


def _check(work: Work, pack: PolicyPack, asked: Publication) -> None:
    faults = [FieldError("/effective_from", "out_of_range")] if asked.effective_from < work.today else []
    faults += _not_allowed("/purposes", asked.purposes, pack.purposes.keys())
    asks = {code for code in asked.purposes if code in pack.purposes and _rests_on_consent(pack, code)}
    faults += _not_allowed("/fresh_consent_for", asked.fresh_consent_for, asks)
    if faults:
        raise InvalidInput(faults)
    if any(notice.version == asked.version for notice in pack.notices.values()):
        raise NoticeVersionTaken


def _rests_on_consent(pack: PolicyPack, purpose: str) -> bool:
    return pack.purposes[purpose].requires_consent is not ConsentNeed.NEVER


def _not_allowed(pointer: str, named: tuple[str, ...], known: Collection[str]) -> list[FieldError]:
    """What is not known, or stands there a second time."""
    return [
        FieldError(f"{pointer}/{at}", "not_allowed")
        for at, code in enumerate(named)
        if code not in known or code in named[:at]
    ]


def _entry(work: Work, asked: Publication) -> Entry:
    content = {
        "notice_id": str(new_id(work.now)),
        "version": asked.version,
        "effective_from": asked.effective_from.isoformat(),
        "purposes": list(asked.purposes),
        "fresh_consent_for": list(asked.fresh_consent_for),
        "title": asdict(asked.title),
        "content": asdict(asked.content),
    }
    return Entry(NOTICE, content, work.now)


def _announce(work: Work, notice: Notice) -> None:
    told: dict[str, Any] = {
        "version": notice.version,
        "purposes": list(notice.purposes),
        "fresh_consent_for": list(notice.fresh_consent_for),
        "effective_from": notice.effective_from.isoformat(),
    }
    events.announce(work, EventType.NOTICE_PUBLISHED, notice_id=notice.notice_id, **told)
    audit.record(work, EventType.NOTICE_PUBLISHED, "notice", notice.notice_id, **told)


def _view(work: Work, pack: PolicyPack, notice: Notice) -> NoticeView:
    return NoticeView(
        notice_id=notice.notice_id,
        version=notice.version,
        status=notice_status(pack.notices.values(), notice, work.today),
        effective_from=notice.effective_from,
        purposes=notice.purposes,
        fresh_consent_for=notice.fresh_consent_for,
        title=notice.title,
        content=notice.content,
        content_sha256=notice.content_sha256,
        published_at=notice.published_at,
    )
