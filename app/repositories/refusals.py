"""The register of refusals: added to and read, nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from app.core.work import Work
from app.models.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters of the register; None: any. `since` and `before` are instants of the decision, the latter not included."""

    right: str | None = None
    ground: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    subject_ref: str | None = None


def add(work: Work, refusals: Sequence[Refusal]) -> None:
    """Enter refusals."""
    work.session.add_all(refusals)


async def page(work: Work, wanted: Wanted, after: UUID | None, limit: int) -> Sequence[Refusal]:
    """Refusals in the order in which they were decided."""
    statement = select(Refusal).order_by(col(Refusal.id)).limit(limit)
    for name in ("right", "ground", "subject_ref"):
        if (value := getattr(wanted, name)) is not None:
            statement = statement.where(getattr(Refusal, name) == value)
    if wanted.since is not None:
        statement = statement.where(col(Refusal.decided_at) >= wanted.since)
    if wanted.before is not None:
        statement = statement.where(col(Refusal.decided_at) < wanted.before)
    if after is not None:
        statement = statement.where(col(Refusal.id) > after)
    return (await work.session.exec(statement)).all()
