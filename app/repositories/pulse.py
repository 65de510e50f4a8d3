"""The pulse of the workers: one row."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select

from app.core.work import Work
from app.models.process import WorkerPulse


async def last(work: Work) -> datetime | None:
    """When it was last felt."""
    return (await work.session.exec(select(WorkerPulse.at))).one_or_none()


async def put(work: Work) -> None:
    """It is felt now."""
    statement = insert(WorkerPulse).values(id=1, at=work.real_now)
    await work.session.exec(statement.on_conflict_do_update(index_elements=["id"], set_={"at": work.real_now}))
