"""Restrictions and objections in force."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from app.core.work import Work
from app.models.limit import ProcessingLimit


def add(work: Work, limit: ProcessingLimit) -> None:
    """Keep a new limit."""
    work.session.add(limit)


async def objected(work: Work, subject_ref: str) -> frozenset[str]:
    """The purposes against which an objection of the subject stands that nothing can refuse, or that was granted."""
    statement = select(ProcessingLimit.purposes).where(
        ProcessingLimit.subject_ref == subject_ref,
        ProcessingLimit.kind == "objection",
        col(ProcessingLimit.final),
        col(ProcessingLimit.lifted_at).is_(None),
    )
    return frozenset(code for codes in (await work.session.exec(statement)).all() for code in codes or ())


async def in_force(work: Work, request_id: UUID) -> Sequence[ProcessingLimit]:
    """The limits that a request brought about and that were not lifted, oldest first; the subject's row orders changes."""
    statement = (
        select(ProcessingLimit)
        .where(ProcessingLimit.request_id == request_id, col(ProcessingLimit.lifted_at).is_(None))
        .order_by(col(ProcessingLimit.id))
    )
    return (await work.session.exec(statement)).all()
