"""Legal holds."""

from collections.abc import Sequence

from sqlmodel import col, select

from app.core.work import Work
from app.models.record import LegalHold


async def in_force(work: Work, subject_ref: str) -> Sequence[LegalHold]:
    """The holds on a subject that were not released."""
    statement = (
        select(LegalHold)
        .where(LegalHold.subject_ref == subject_ref, col(LegalHold.released_at).is_(None))
        .order_by(col(LegalHold.id))
    )
    return (await work.session.exec(statement)).all()
