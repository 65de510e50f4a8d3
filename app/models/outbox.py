"""What leaves the service later: events for systems, messages for people. Written in the transaction that causes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.models.columns import Document, Instant, Sealed
from app.models.errand import Errand

PENDING = "state IN ('waiting', 'failed')"


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


class OutgoingMessage(Errand, table=True):
    """A message for a person; address and text are sealed, and the address is kept only until it was sent or given up.

    `state`: `waiting` for its first attempt, `failed` and to be tried again, `sent`, or `given_up`, when nothing is tried
    any more; `failure` says why, by a code. `good_until`: nobody needs it later. `content` is None once a code has left.
    """

    __tablename__ = "outgoing_message"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'failed', 'sent', 'given_up')", name="state"),
        CheckConstraint(f"(address IS NOT NULL) = ({PENDING})", name="address_while_pending"),
        Index("ix_outgoing_message_subject_ref", "subject_ref", "id"),
        Index("ix_outgoing_message_claim", "via", "not_before", postgresql_where=text(PENDING)),
        Index("ix_outgoing_message_good_until", "good_until", postgresql_where=text(PENDING)),
    )

    id: UUID = Field(primary_key=True)
    at: datetime = Instant()
    subject_ref: str
    request_id: UUID | None = None
    via: str
    kind: str
    content: bytes | None = Sealed(default=None)
    address: bytes | None = Sealed(default=None)
    state: str = "waiting"
    good_until: datetime = Instant()
    failure: str | None = None
    ended_at: datetime | None = Instant(default=None)
