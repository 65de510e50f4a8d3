"""Rows under leases: claimed by one worker at a time, taken over when it is gone, settled by nobody else."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, tuple_
from sqlalchemy.orm import Mapped
from sqlmodel import and_, col, or_, select

from app.core.work import Work
from app.models.errand import Errand
from app.repositories import set_aside

Row = TypeVar("Row", bound=Errand)
Key = TypeVar("Key")


async def claim(
    work: Work,
    table: type[Row],
    waiting: ColumnElement[bool],
    *,
    limit: int,
    lease: timedelta,
    order: ColumnElement[Any] | None = None,
) -> Sequence[Row]:
    """Take rows that are `waiting`, due, and in nobody's hands, the longest due first, else in this `order`.

    What another claims is skipped.
    """
    free = or_(col(table.lease_until).is_(None), col(table.lease_until) <= work.real_now)
    due, ordered = (
        [waiting, free, col(table.not_before) <= work.now],
        [col(table.not_before) if order is None else order],
    )
    rows = await set_aside.take(work, _kind(table), table, due, order=ordered, limit=limit, wait=False)
    for row in rows:
        row.lease_until = work.real_now + lease
        row.fence += 1
        row.attempts += 1
    return rows


async def lock_held(work: Work, table: type[Row], key: ColumnElement[bool], fence: int) -> Row | None:
    """The row, locked, if the claim that was given `fence` is still the latest; None: somebody else has it, or it is gone."""
    statement = select(table).where(and_(key, col(table.fence) == fence)).with_for_update()
    return (await work.session.exec(statement.execution_options(populate_existing=True))).one_or_none()


async def first_due(work: Work, table: type[Errand], waiting: ColumnElement[bool]) -> datetime | None:
    """Since when, or from when on, the first of the rows that are `waiting` is due; None: none waits."""
    return await set_aside.first(work, _kind(table), table, col(table.not_before), waiting)


def _kind(table: type[Errand]) -> str:
    return str(table.__tablename__)


async def lock_all_held(work: Work, table: type[Row], key: Mapped[Key], fences: Mapping[Key, int]) -> Sequence[Row]:
    """Of rows that were claimed together, by key and fence, those whose claim is still the latest; locked."""
    held = tuple_(key, col(table.fence)).in_(list(fences.items()))
    statement = select(table).where(held).order_by(key).with_for_update()
    return (await work.session.exec(statement.execution_options(populate_existing=True))).all()
