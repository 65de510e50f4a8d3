"""Legal holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from app.core.work import Work
from app.models.record import LegalHold


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which holds: on a subject, in force or released. None leaves it open."""

    subject_ref: str | None = None
    in_force: bool | None = None


def add(work: Work, hold: LegalHold) -> None:
    """Keep a new hold."""
    work.session.add(hold)


async def get(work: Work, hold_id: UUID) -> LegalHold | None:
    """The hold."""
    return await work.session.get(LegalHold, hold_id)


async def lock(work: Work, hold_id: UUID) -> LegalHold:
    """The hold, which exists, locked until the unit of work ends."""
    statement = select(LegalHold).where(LegalHold.id == hold_id).with_for_update()
    return (await work.session.exec(statement.execution_options(populate_existing=True))).one()


async def in_force(work: Work, subject_ref: str) -> Sequence[LegalHold]:
    """The holds on a subject that were not released."""
    statement = (
        select(LegalHold)
        .where(LegalHold.subject_ref == subject_ref, col(LegalHold.released_at).is_(None))
        .order_by(col(LegalHold.id))
    )
    return (await work.session.exec(statement)).all()


async def list_newest(work: Work, wanted: Wanted, before: UUID | None, limit: int) -> Sequence[LegalHold]:
    """Holds, the newest first, from the one before `before` on."""
    statement = select(LegalHold).order_by(col(LegalHold.id).desc()).limit(limit)
    if wanted.subject_ref is not None:
        statement = statement.where(LegalHold.subject_ref == wanted.subject_ref)
    if wanted.in_force is not None:
        released = col(LegalHold.released_at)
        statement = statement.where(released.is_(None) if wanted.in_force else released.is_not(None))
    if before is not None:
        statement = statement.where(col(LegalHold.id) < before)
    return (await work.session.exec(statement)).all()
