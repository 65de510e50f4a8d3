"""Open rights requests, counted."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import col, func, select

from app.core.work import Work
from app.models.rights_request import RightsRequest
from app.repositories.rights_requests import OPEN


async def count_open(work: Work, *, soon: date) -> Sequence[tuple[str, int, int, int]]:
    """For each right: open; of these, due until `soon`; and past their day."""
    due = col(RightsRequest.due_on)
    statement = (
        select(
            RightsRequest.kind,
            func.count(),
            func.count().filter(due.between(work.today, soon)),
            func.count().filter(due < work.today),
        )
        .where(col(RightsRequest.status).in_(OPEN))
        .group_by(RightsRequest.kind)
    )
    return (await work.session.exec(statement)).all()
