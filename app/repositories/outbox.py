"""Events and messages that leave later."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from app.core.work import Work
from app.models.outbox import OutgoingMessage


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
