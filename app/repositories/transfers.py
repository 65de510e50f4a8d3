"""Direct transfers of packages to other controllers."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, exists, select

from app.core.work import Work
from app.models.package import DataPackage
from app.models.transfer import Transfer
from app.repositories import errands, set_aside

LOCK_CLAIMS = "SELECT pg_advisory_xact_lock(hashtextextended('transfer_claims', 0))"
PUT_OFF = """
UPDATE transfer SET not_before = $2 WHERE request_id IN (
    SELECT request_id FROM transfer WHERE controller = $1 AND state = 'waiting' AND not_before < $2 FOR UPDATE SKIP LOCKED
)
"""


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
    """The transfer that is due longest, of those to controllers that none is under way to, claimed; None: there is none.

    What is set aside is under way no more, although its lease runs on.
    """
    await (await work.driver()).execute(LOCK_CLAIMS)
    under_way = (
        col(Transfer.state) == "waiting",
        col(Transfer.lease_until) > work.real_now,
        set_aside.is_sound("transfer", Transfer),
    )
    busy = select(Transfer.controller).where(*under_way).correlate(None)
    ready = _ready() & col(Transfer.controller).not_in(busy)
    return next(iter(await errands.claim(work, Transfer, ready, limit=1, lease=lease)), None)


async def put_off(work: Work, controller: str, until: datetime) -> None:
    """Let no transfer to a controller be due before an instant; what others hold is left to them."""
    await (await work.driver()).execute(PUT_OFF, controller, until)


async def lock_held(work: Work, request_id: UUID, fence: int) -> Transfer | None:
    """The transfer, locked, as long as the claim that was given `fence` is the latest and it still waits."""
    waits = and_(col(Transfer.request_id) == request_id, col(Transfer.state) == "waiting")
    return await errands.lock_held(work, Transfer, waits, fence)


async def first_due(work: Work) -> datetime | None:
    """Since when, or from when on, the first transfer that can be made is due."""
    return await errands.first_due(work, Transfer, _ready())
