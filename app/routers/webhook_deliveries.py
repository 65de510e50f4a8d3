"""Deliveries to webhook endpoints."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor, NotFound
from app.domain.vocabulary import Permission
from app.domain.webhook_errors import EndpointDisabled
from app.routers.pages import Cursor, Limit
from app.routers.webhook_endpoints import EndpointId
from app.schemas.types import Id
from app.schemas.webhook_deliveries import WebhookDeliveryOut, WebhookDeliveryPage
from app.services import webhook_deliveries, webhook_endpoints

router = APIRouter(prefix="/v1/webhook-endpoints/{endpoint_id}/deliveries", route_class=GuardedRoute, tags=["webhooks"])
DeliveryId = Annotated[Id, Path(description="Identifier of the delivery")]
Status = Literal["pending", "delivered", "failed", "cancelled"]


@router.get("", operation_id="listWebhookDeliveries", summary="What was sent to a webhook endpoint, and how that went")
async def list_webhook_deliveries(
    endpoint_id: EndpointId,
    work: Annotated[Work, allow(Permission.WEBHOOK_READ, sees=webhook_endpoints.see, raises=(NotFound, BadCursor))],
    status: Annotated[Status | None, Query(description="Only in this status")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> WebhookDeliveryPage:
    """The newest first. Kept for thirty days after their end. Their order is not the one in which they arrive."""
    await webhook_endpoints.read(work, endpoint_id)
    page = await webhook_deliveries.page(work, endpoint_id, status, cursor, limit)
    return WebhookDeliveryPage(
        items=[WebhookDeliveryOut.of(delivery) for delivery in page.items], next_cursor=page.next_cursor
    )


@router.post("/{delivery_id}/redelivery", operation_id="redeliverWebhook", summary="Send an event again")
async def redeliver_webhook(
    endpoint_id: EndpointId,
    delivery_id: DeliveryId,
    work: Annotated[
        Work,
        allow(Permission.WEBHOOK_WRITE, sees=webhook_deliveries.see_to_change, raises=(NotFound, EndpointDisabled)),
    ],
) -> WebhookDeliveryOut:
    """Whatever became of it, also where it was accepted; under the same `webhook-id`, and retried as at first."""
    await webhook_deliveries.see_to_change(work, {"endpoint_id": str(endpoint_id), "delivery_id": str(delivery_id)})
    return WebhookDeliveryOut.of(await webhook_deliveries.redeliver(work, endpoint_id, delivery_id))
