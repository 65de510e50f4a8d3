"""Events and messages that leave later."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, func, or_, select

from app.core.work import Work
from app.models.outbox import OutgoingMessage
from app.repositories import errands, set_aside

PENDING = col(OutgoingMessage.state).in_(("waiting", "failed"))


class Event(NamedTuple):
    """An event for systems: references and codes only."""

    id: UUID
    type: str
    occurred_at: datetime
    data: Mapping[str, object]


def add_message(work: Work, message: OutgoingMessage) -> None:
    """Queue a message for a person."""
    work.session.add(message)


async def messages_for(work: Work, subject_ref: str | None, limit: int) -> list[OutgoingMessage]:
    """Messages, newest first."""
    statement = select(OutgoingMessage).order_by(col(OutgoingMessage.id).desc()).limit(limit)
    if subject_ref is not None:
        statement = statement.where(OutgoingMessage.subject_ref == subject_ref)
    return list((await work.session.exec(statement)).all())


async def claim_message(work: Work, via: str, *, code: str, codes: bool, lease: timedelta) -> OutgoingMessage | None:
    """Take the message over a channel that is due longest and still of use; `code`: the kind of those with a code.

    `codes`: only these, else only others.
    """
    kind = col(OutgoingMessage.kind)
    mine = and_(
        PENDING,
        OutgoingMessage.via == via,
        kind == code if codes else kind != code,
        col(OutgoingMessage.good_until) > work.now,
    )
    return next(iter(await errands.claim(work, OutgoingMessage, mine, limit=1, lease=lease)), None)


async def lock_claimed(work: Work, message_id: UUID, fence: int) -> OutgoingMessage | None:
    """A message whose latest claim was given `fence`, locked; None: it is another's by now, or has ended."""
    key = and_(OutgoingMessage.id == message_id, PENDING)
    return await errands.lock_held(work, OutgoingMessage, key, fence)


async def first_too_old(work: Work) -> OutgoingMessage | None:
    """The message in nobody's hands whose use ends, or has ended, first."""
    sound = set_aside.is_sound("message_of_no_more_use", OutgoingMessage)
    statement = select(OutgoingMessage).where(_idle(work), sound).order_by(col(OutgoingMessage.good_until)).limit(1)
    return (await work.session.exec(statement.execution_options(populate_existing=True))).one_or_none()


async def lock_too_old(work: Work, message_id: UUID, *, wait: bool) -> OutgoingMessage | None:
    """A message that nobody needs any more, locked; `wait`: for whoever holds it, else it is passed over."""
    statement = (
        select(OutgoingMessage)
        .where(_idle(work), OutgoingMessage.id == message_id, col(OutgoingMessage.good_until) <= work.now)
        .with_for_update(skip_locked=not wait)
    )
    return (await work.session.exec(statement.execution_options(populate_existing=True))).one_or_none()


def _idle(work: Work) -> ColumnElement[bool]:
    lease = col(OutgoingMessage.lease_until)
    return and_(PENDING, or_(lease.is_(None), lease <= work.real_now))


async def count_pending(work: Work, subject_ref: str) -> int:
    """How many messages for somebody have neither been sent nor given up."""
    statement = select(func.count()).where(OutgoingMessage.subject_ref == subject_ref, PENDING)
    return (await work.session.exec(statement)).one()


async def first_due(work: Work) -> datetime | None:
    """Since when, or from when on, the first message that is to leave is due."""
    return await errands.first_due(work, OutgoingMessage, PENDING)
