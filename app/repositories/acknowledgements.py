"""Who was shown which notice."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.core.work import Work
from app.models.notice import NoticeAcknowledgement


async def add_unless_there(work: Work, shown: NoticeAcknowledgement) -> tuple[NoticeAcknowledgement, bool]:
    """Keep an acknowledgement, or give back the first of that subject and notice; tells which."""
    made = insert(NoticeAcknowledgement).values(**shown.model_dump()).on_conflict_do_nothing()
    created = (await work.session.exec(made.returning(col(NoticeAcknowledgement.id)))).one_or_none() is not None
    statement = select(NoticeAcknowledgement).where(
        NoticeAcknowledgement.subject_ref == shown.subject_ref, NoticeAcknowledgement.notice_id == shown.notice_id
    )
    return (await work.session.exec(statement)).one(), created


async def list_newest(work: Work, subject_ref: str, before: UUID | None, limit: int) -> Sequence[NoticeAcknowledgement]:
    """What a subject was shown, the newest first, from the one before `before` on."""
    statement = (
        select(NoticeAcknowledgement)
        .where(NoticeAcknowledgement.subject_ref == subject_ref)
        .order_by(col(NoticeAcknowledgement.id).desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(col(NoticeAcknowledgement.id) < before)
    return (await work.session.exec(statement)).all()
