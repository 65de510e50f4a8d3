"""Restrictions and objections in force."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from app.core.ids import new_id
from app.core.work import Work
from app.models.limit import ProcessingLimit

LIFT = """
UPDATE processing_limit SET lifted_at = $3
WHERE subject_ref = $1 AND kind = 'objection' AND final AND lifted_at IS NULL AND $2 = ANY (purposes)
RETURNING id, request_id, purposes
"""
GO_ON = """
INSERT INTO processing_limit (id, subject_ref, kind, purposes, ground, request_id, final, since)
SELECT $2, subject_ref, kind, $3, ground, request_id, final, since FROM processing_limit WHERE id = $1
"""


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


async def lift_objections(work: Work, subject_ref: str, purpose: str) -> Sequence[UUID]:
    """Lift the final objections to one purpose, which go on against others; returns the requests that brought them about.

    By statements on the driver, for a grant of consent has no session. The subject's row is locked.
    """
    driver = await work.driver()
    lifted = await driver.fetch(LIFT, subject_ref, purpose, work.now)
    for row in lifted:
        if others := [code for code in row["purposes"] if code != purpose]:
            await driver.execute(GO_ON, row["id"], new_id(work.now), others)
    return [row["request_id"] for row in lifted]
