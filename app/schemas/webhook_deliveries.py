"""Deliveries to webhook endpoints, on the wire."""

from datetime import datetime
from uuid import UUID

from app.models.webhook import WebhookDelivery
from app.schemas.pages import PageOut
from app.schemas.types import OutModel


class WebhookAttempt(OutModel):
    """How one attempt went. What the endpoint answered besides its status is not kept."""

    at: datetime
    """By the real clock."""
    status_code: int | None
    """Of the answer; null where none came."""
    failure: str | None
    """Why none came: `not_allowed`, `unresolvable`, `timeout`, `tls_failed`, `connection_failed`, `protocol_error`."""
    milliseconds: int


class WebhookDeliveryOut(OutModel):
    """One event on its way to one endpoint."""

    id: UUID
    event_id: UUID
    """The `webhook-id` of every attempt."""
    event_type: str
    status: str
    """`pending`; `delivered`: the endpoint took it; `failed`: given up; `cancelled`: the endpoint was disabled."""
    created_at: datetime
    next_attempt_at: datetime | None
    """While pending; by the clock that the sandbox moves."""
    ended_at: datetime | None
    attempts: list[WebhookAttempt]
    """The latest thirty, oldest first."""

    @classmethod
    def of(cls, delivery: WebhookDelivery) -> "WebhookDeliveryOut":
        """From its row."""
        return cls(
            id=delivery.id,
            event_id=delivery.event_id,
            event_type=delivery.event_type,
            status=delivery.status,
            created_at=delivery.created_at,
            next_attempt_at=delivery.not_before if delivery.status == "pending" else None,
            ended_at=delivery.ended_at,
            attempts=[WebhookAttempt(**attempt) for attempt in delivery.log],
        )


class WebhookDeliveryPage(PageOut[WebhookDeliveryOut]):
    """A page of deliveries, the newest first."""
