"""Acknowledgements: that a data subject was shown a version of a notice (policy clause 15)."""

from dataclasses import dataclass
from uuid import UUID

from app.core.ids import new_id
from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.errors import FieldError, InvalidInput, NotFound, SubjectErased
from app.domain.vocabulary import Channel, Language
from app.models.notice import NoticeAcknowledgement
from app.repositories import acknowledgements
from app.repositories import subjects as registered
from app.services import audit, notices, subjects


@dataclass(frozen=True, slots=True)
class Showing:
    """To whom a notice was shown, by which channel and in which language."""

    subject_ref: str
    channel: Channel
    language: Language


async def acknowledge(work: Work, notice_id: str, shown: Showing) -> tuple[NoticeAcknowledgement, bool]:
    """Record that a notice was shown; tells whether that is new, for the first time counts. Past notices too can be shown.

    Raises `NotFound`, `InvalidInput` before the day of the notice, `SubjectErased`.
    """
    await subjects.visible(work, shown.subject_ref)
    notice = notices.published(work, notice_id)
    if notice.effective_from > work.today:
        raise InvalidInput([FieldError("/path/notice_id", "not_allowed")])
    subject = await registered.lock(work, shown.subject_ref)
    if subject is None:
        raise NotFound
    if subject.erased_at is not None:
        raise SubjectErased
    kept, is_new = await acknowledgements.add_unless_there(
        work,
        NoticeAcknowledgement(
            id=new_id(work.now),
            subject_ref=shown.subject_ref,
            notice_id=notice.notice_id,
            version=notice.version,
            content_sha256=notice.content_sha256,
            channel=shown.channel,
            language=shown.language,
            acknowledged_at=work.now,
            recorded_by=work.actor.sub,
        ),
    )
    if is_new:
        _record(work, kept)
    return kept, is_new


async def list_acknowledgements(
    work: Work, subject_ref: str, limit: int, cursor: str | None
) -> Page[NoticeAcknowledgement]:
    """What a subject was shown, the newest first. Raises `NotFound`, `BadCursor`."""
    await subjects.visible(work, subject_ref)
    scope = f"acknowledgements {subject_ref}"
    before = UUID(decode_cursor(work.ring, scope, cursor)[0]) if cursor is not None else None
    rows = await acknowledgements.list_newest(work, subject_ref, before, limit + 1)
    shown = rows[:limit]
    return Page(shown, encode_cursor(work.ring, scope, [str(shown[-1].id)]) if len(rows) > limit else None)


def _record(work: Work, kept: NoticeAcknowledgement) -> None:
    audit.record(
        work,
        "notice.acknowledged",
        "notice_acknowledgement",
        kept.id,
        subject_ref=kept.subject_ref,
        notice_id=kept.notice_id,
        version=kept.version,
        channel=kept.channel,
        language=kept.language,
    )
