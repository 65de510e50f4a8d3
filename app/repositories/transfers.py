"""Direct transfers of packages to other controllers."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, exists

from app.core.work import Work
from app.models.package import DataPackage
from app.models.transfer import Transfer
from app.repositories import errands


def add(work: Work, transfer: Transfer) -> None:
    """Keep a new transfer."""
    work.session.add(transfer)


async def of_request(work: Work, request_id: UUID) -> Transfer | None:
    """The transfer that a request asked for, once it was decided."""
    return await work.session.get(Transfer, request_id)


def _ready() -> ColumnElement[bool]:
    """Those that wait, and whose package does not any more."""
    made = exists().where(
        col(DataPackage.request_id) == col(Transfer.request_id), col(DataPackage.state).in_(("ready", "removed"))
    )
    return and_(col(Transfer.state) == "waiting", made)


async def claim_next(work: Work, lease: timedelta) -> Transfer | None:
    """The transfer that is due longest, claimed; None: there is none."""
    return next(iter(await errands.claim(work, Transfer, _ready(), limit=1, lease=lease)), None)


async def lock_held(work: Work, request_id: UUID, fence: int) -> Transfer | None:
    """The transfer, locked, as long as the claim that was given `fence` is the latest and it still waits."""
    waits = and_(col(Transfer.request_id) == request_id, col(Transfer.state) == "waiting")
    return await errands.lock_held(work, Transfer, waits, fence)


async def first_due(work: Work) -> datetime | None:
    """Since when, or from when on, the first transfer that can be made is due."""
    return await errands.first_due(work, Transfer, _ready())
