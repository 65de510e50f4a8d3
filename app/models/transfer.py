"""Other controllers that portable data may go to, and what was sent to them (PDPA s.31)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.models.columns import Document, Instant
from app.models.errand import Errand

TRANSFER_STATES = ("waiting", "sent", "impossible")


class OtherController(SQLModel, table=True):
    """A controller that the DPO registered: where its packages go, and the key that its receipts are signed with."""

    __tablename__ = "other_controller"

    code: str = Field(primary_key=True)
    name: dict[str, str] = Document()
    endpoint: str
    key: dict[str, Any] = Document()
    registered_by: str
    registered_at: datetime = Instant()
    changed_at: datetime = Instant()
    version: int = 1


class Transfer(Errand, table=True):
    """The direct transfer that a request for portability asks for. `receipt`: what the receiver signed, references only."""

    __table_args__ = (
        CheckConstraint(f"state IN {TRANSFER_STATES}", name="state"),
        Index("ix_transfer_waiting", "not_before", postgresql_where=text("state = 'waiting'")),
    )

    request_id: UUID = Field(primary_key=True, foreign_key="rights_request.id")
    subject_ref: str
    controller: str
    state: str
    failure: str | None = None
    sha256: str | None = None
    receipt: str | None = None
    created_at: datetime = Instant()
    ended_at: datetime | None = Instant(default=None)
