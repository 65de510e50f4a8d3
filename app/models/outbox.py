"""What leaves the service later: events for systems, messages for people. Written in the transaction that causes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from app.models.columns import Document, Instant, Sealed


class OutgoingEvent(SQLModel, table=True):
    """An event for systems: references only.

    `position` is given after the commit, in the order in which events become visible: nobody who has read up to one ever
    finds a lower one later. `id` stands in the order of occurrence.
    """

    __tablename__ = "outgoing_event"
    __table_args__ = (
        Index("uq_outgoing_event_position", "position", unique=True, postgresql_where=text("position IS NOT NULL")),
        Index("ix_outgoing_event_unsequenced", "id", postgresql_where=text("position IS NULL")),
        Index("ix_outgoing_event_type", "type", "position", postgresql_where=text("position IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    type: str
    occurred_at: datetime = Instant()
    data: dict[str, Any] = Document()
    position: int | None = Field(default=None, sa_type=BigInteger)


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
