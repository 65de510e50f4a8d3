"""Webhook endpoints, and what is delivered to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.models.columns import Document, Instant, Sealed, Texts
from app.models.errand import Errand


class WebhookEndpoint(SQLModel, table=True):
    """Where a system wants to be told of events. Its secrets are sealed under the master key.

    `failing_since`: when the failures began that no success has ended; `failures`: how many these are. `paused_until`: it
    is left alone until then, and after that one delivery at a time tells whether it is back.
    """

    __tablename__ = "webhook_endpoint"
    __table_args__ = (
        CheckConstraint("status IN ('enabled', 'disabled')", name="status"),
        Index("ix_webhook_endpoint_owner", "owner", "id"),
    )

    id: UUID = Field(primary_key=True)
    owner: str
    url: str
    event_types: list[str] = Texts()
    description: str | None = None
    status: str = "enabled"
    disabled_reason: str | None = None
    disabled_at: datetime | None = Instant(default=None)
    failing_since: datetime | None = Instant(default=None)
    failures: int = 0
    paused_until: datetime | None = Instant(default=None)
    master_key: str
    secret: bytes = Sealed()
    former_master_key: str | None = None
    former_secret: bytes | None = Sealed(default=None)
    former_until: datetime | None = Instant(default=None)
    created_by: str
    created_at: datetime = Instant()
    version: int = 1


class WebhookDelivery(Errand, table=True):
    """One event for one endpoint: the very bytes that are sent, and how each attempt went, without what was answered."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'delivered', 'failed', 'cancelled')", name="status"),
        UniqueConstraint("endpoint_id", "event_id"),
        Index("ix_webhook_delivery_endpoint_id", "endpoint_id", "id"),
        Index(
            "ix_webhook_delivery_pending",
            "endpoint_id",
            "not_before",
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_webhook_delivery_leased",
            "endpoint_id",
            "lease_until",
            postgresql_where=text("lease_until IS NOT NULL"),
        ),
        Index("ix_webhook_delivery_ended", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    endpoint_id: UUID = Field(foreign_key="webhook_endpoint.id", ondelete="CASCADE")
    event_id: UUID = Field(foreign_key="outgoing_event.id")
    event_type: str
    body: bytes
    status: str = "pending"
    log: list[dict[str, Any]] = Document(default_factory=list)
    created_at: datetime = Instant()
    ended_at: datetime | None = Instant(default=None)
