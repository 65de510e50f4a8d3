"""Other controllers that packages may go to."""

from collections.abc import Sequence

from sqlmodel import col, select

from app.core.work import Work
from app.models.transfer import OtherController


async def get(work: Work, code: str) -> OtherController | None:
    """The controller of that code."""
    return await work.session.get(OtherController, code)


async def lock(work: Work, code: str) -> OtherController | None:
    """The same, locked until the unit of work ends."""
    statement = select(OtherController).where(OtherController.code == code).with_for_update()
    return (await work.session.exec(statement.execution_options(populate_existing=True))).one_or_none()


async def page(work: Work, after: str | None, limit: int) -> Sequence[OtherController]:
    """Controllers by code."""
    statement = select(OtherController).order_by(col(OtherController.code)).limit(limit)
    if after is not None:
        statement = statement.where(col(OtherController.code) > after)
    return (await work.session.exec(statement)).all()


def add(work: Work, controller: OtherController) -> None:
    """Keep a new controller."""
    work.session.add(controller)
