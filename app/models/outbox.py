"""What leaves the service later: events for systems, messages for people. Written in the transaction that causes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from app.models.columns import Document, Instant, Sealed


class OutgoingEvent(SQLModel, table=True):
    """An event for systems: references only."""

    __tablename__ = "outgoing_event"

    id: UUID = Field(primary_key=True)
    type: str
    occurred_at: datetime = Instant()
    data: dict[str, Any] = Document()


class OutgoingMessage(SQLModel, table=True):
    """A message for a person; address and text are sealed."""

    __tablename__ = "outgoing_message"
    __table_args__ = (Index("ix_outgoing_message_subject_ref", "subject_ref", "id"),)

    id: UUID = Field(primary_key=True)
    at: datetime = Instant()
    subject_ref: str
    request_id: UUID | None = None
    via: str
    kind: str
    content: bytes = Sealed()
