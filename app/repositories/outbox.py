"""Events and messages that leave later."""

from sqlmodel import col, select

from app.core.work import Work
from app.models.outbox import OutgoingEvent, OutgoingMessage


def add_event(work: Work, event: OutgoingEvent) -> None:
    """Queue an event for systems."""
    work.session.add(event)


def add_message(work: Work, message: OutgoingMessage) -> None:
    """Queue a message for a person."""
    work.session.add(message)


async def messages_for(work: Work, subject_ref: str | None, limit: int) -> list[OutgoingMessage]:
    """Messages, newest first."""
    statement = select(OutgoingMessage).order_by(col(OutgoingMessage.id).desc()).limit(limit)
    if subject_ref is not None:
        statement = statement.where(OutgoingMessage.subject_ref == subject_ref)
    return list((await work.session.exec(statement)).all())
