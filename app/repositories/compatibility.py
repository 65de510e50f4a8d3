"""Assessments of further purposes."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from app.core.work import Work
from app.models.evidence import CompatibilityAssessment


def add(work: Work, assessment: CompatibilityAssessment) -> None:
    """Keep a new assessment."""
    work.session.add(assessment)


async def get(work: Work, assessment_id: UUID) -> CompatibilityAssessment | None:
    """The assessment."""
    return await work.session.get(CompatibilityAssessment, assessment_id)


async def list_newest(
    work: Work, purpose: str | None, before: UUID | None, limit: int
) -> Sequence[CompatibilityAssessment]:
    """Assessments, the newest first, from the one before `before` on; `purpose`: only what starts from it."""
    statement = select(CompatibilityAssessment).order_by(col(CompatibilityAssessment.id).desc()).limit(limit)
    if purpose is not None:
        statement = statement.where(CompatibilityAssessment.purpose == purpose)
    if before is not None:
        statement = statement.where(col(CompatibilityAssessment.id) < before)
    return (await work.session.exec(statement)).all()
