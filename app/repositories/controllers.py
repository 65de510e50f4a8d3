"""Other controllers that packages may go to."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert
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


async def add_unless_there(work: Work, controller: OtherController) -> tuple[OtherController, bool]:
    """Keep a new controller, or give back the one that a concurrent call entered first, locked; tells which."""
    made = insert(OtherController).values(**controller.model_dump()).on_conflict_do_nothing()
    created = (await work.session.exec(made.returning(col(OtherController.code)))).one_or_none() is not None
    there = await lock(work, controller.code)
    assert there is not None, "inserted or found"  # noqa: S101  (the statement before makes it so)
    return there, created
