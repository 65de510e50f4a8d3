"""Packages, their chunks, and the links that hand them out."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, String, exists, true, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, select

from app.core.work import Work
from app.models.package import DataPackage, PackageLink
from app.models.rights_request import Task
from app.repositories import errands, set_aside

ADD_CHUNK = "INSERT INTO package_chunk (package_id, fence, position, box) VALUES ($1, $2, $3, $4)"
GET_CHUNK = "SELECT box FROM package_chunk WHERE package_id = $1 AND fence = $2 AND position = $3"
EMPTY = "DELETE FROM package_chunk WHERE package_id = $1"


def add(work: Work, row: DataPackage | PackageLink) -> None:
    """Keep a new package or link."""
    work.session.add(row)


async def get(work: Work, package_id: UUID) -> DataPackage | None:
    """A package."""
    return await work.session.get(DataPackage, package_id)


async def of_request(work: Work, request_id: UUID) -> DataPackage | None:
    """The package of a request."""
    return (await work.session.exec(select(DataPackage).where(DataPackage.request_id == request_id))).one_or_none()


async def claim_next(work: Work, lease: timedelta) -> DataPackage | None:
    """The package that has waited longest to be built, claimed; None: there is none."""
    waiting = col(DataPackage.state) == "building"
    return next(iter(await errands.claim(work, DataPackage, waiting, limit=1, lease=lease)), None)


async def lock_held(work: Work, package_id: UUID, fence: int) -> DataPackage | None:
    """The package, locked, as long as the claim that was given `fence` is the latest."""
    return await errands.lock_held(work, DataPackage, col(DataPackage.id) == package_id, fence)


async def lock_of_subject(work: Work, subject_ref: str) -> Sequence[DataPackage]:
    """The packages of a subject that are not removed yet, locked."""
    return await _lock_kept(work, subject_ref, true())


async def _lock_kept(work: Work, subject_ref: str, which: ColumnElement[bool]) -> Sequence[DataPackage]:
    statement = select(DataPackage).where(DataPackage.subject_ref == subject_ref, DataPackage.state != "removed", which)
    statement = statement.order_by(col(DataPackage.id)).with_for_update()
    return (await work.session.exec(statement.execution_options(populate_existing=True))).all()


async def lock_holding(work: Work, subject_ref: str, record_refs: Sequence[str]) -> Sequence[DataPackage]:
    """Of these, the ones that some records were collected for."""
    collected = exists().where(
        col(Task.request_id) == col(DataPackage.request_id),
        col(Task.kind) == "collect",
        type_coerce(col(Task.record_refs), ARRAY(String)).overlap(list(record_refs)),
    )
    return await _lock_kept(work, subject_ref, collected)


async def lock_next_to_remove(work: Work, *, wait: bool) -> DataPackage | None:
    """The ready package whose days ended first, locked; `wait`: for whoever holds it, else it is skipped."""
    remove_on = col(DataPackage.remove_on)
    due, order = [col(DataPackage.state) == "ready", remove_on <= work.today], [remove_on, col(DataPackage.id)]
    found = await set_aside.take(work, "package_removal", DataPackage, due, order=order, limit=1, wait=wait)
    return next(iter(found), None)


async def first_removal(work: Work) -> date | None:
    """The day on which the next package is removed."""
    ready = col(DataPackage.state) == "ready"
    return await set_aside.first(work, "package_removal", DataPackage, col(DataPackage.remove_on), ready)


async def add_chunk(work: Work, package_id: UUID, fence: int, position: int, box: bytes) -> None:
    """Keep one chunk of a package."""
    await (await work.driver()).execute(ADD_CHUNK, package_id, fence, position, box)


async def get_chunk(work: Work, package_id: UUID, fence: int, position: int) -> bytes | None:
    """One chunk of it."""
    box: bytes | None = await (await work.driver()).fetchval(GET_CHUNK, package_id, fence, position)
    return box


async def empty(work: Work, package_id: UUID) -> None:
    """Drop all chunks of a package, whoever made them."""
    await (await work.driver()).execute(EMPTY, package_id)


async def find_link(work: Work, token_hash: bytes) -> PackageLink | None:
    """The link of a token, locked until the unit of work ends."""
    statement = select(PackageLink).where(PackageLink.token_hash == token_hash).with_for_update()
    return (await work.session.exec(statement.execution_options(populate_existing=True))).one_or_none()


async def first_due(work: Work) -> datetime | None:
    """Since when, or from when on, the first package that is to be built is due."""
    return await errands.first_due(work, DataPackage, col(DataPackage.state) == "building")
