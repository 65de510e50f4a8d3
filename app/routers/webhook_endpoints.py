"""Webhook endpoints."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor, NotFound, VersionConflict
from app.domain.vocabulary import Permission
from app.domain.webhook_errors import EndpointLimitReached
from app.routers.conditional import IfMatch, tag
from app.routers.outbound import Out
from app.routers.pages import Cursor, Limit
from app.schemas.types import Id
from app.schemas.webhook_endpoints import (
    WebhookEndpointIn,
    WebhookEndpointOut,
    WebhookEndpointPage,
    WebhookEndpointPatch,
    WebhookEndpointRegistered,
    WebhookSecretOut,
)
from app.services import webhook_endpoints

router = APIRouter(prefix="/v1/webhook-endpoints", route_class=GuardedRoute, tags=["webhooks"])
EndpointId = Annotated[Id, Path(description="Identifier of the webhook endpoint")]
SECRET = ("secret",)
WRITE, READ = Permission.WEBHOOK_WRITE, Permission.WEBHOOK_READ


@router.post("", operation_id="registerWebhookEndpoint", summary="Register a webhook endpoint", status_code=201)
async def register_webhook_endpoint(
    body: WebhookEndpointIn,
    response: Response,
    outbound: Out,
    work: Annotated[Work, allow(WRITE, raises=(EndpointLimitReached,), secrets=SECRET)],
) -> WebhookEndpointRegistered:
    """Events of these types are sent to it from now on, at least once each and in no promised order.

    `secret` verifies their signatures (Standard Webhooks); it is told here and never again. An owner may have 20.
    """
    endpoint, secret = await webhook_endpoints.register(work, outbound, body.registration())
    tag(response, endpoint.version)
    told = WebhookEndpointOut.model_validate(endpoint)
    return WebhookEndpointRegistered(**told.model_dump(), secret=secret)


@router.get("", operation_id="listWebhookEndpoints", summary="Webhook endpoints")
async def list_webhook_endpoints(
    work: Annotated[Work, allow(READ, raises=(BadCursor,))], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> WebhookEndpointPage:
    """The newest first. A system and a partner see their own."""
    return WebhookEndpointPage.model_validate(await webhook_endpoints.page(work, cursor, limit))


@router.get("/{endpoint_id}", operation_id="getWebhookEndpoint", summary="One webhook endpoint")
async def get_webhook_endpoint(
    endpoint_id: EndpointId,
    response: Response,
    work: Annotated[Work, allow(READ, sees=webhook_endpoints.see, raises=(NotFound,))],
) -> WebhookEndpointOut:
    """Without its secret."""
    endpoint = await webhook_endpoints.read(work, endpoint_id)
    tag(response, endpoint.version)
    return WebhookEndpointOut.model_validate(endpoint)


@router.patch("/{endpoint_id}", operation_id="changeWebhookEndpoint", summary="Change a webhook endpoint")
async def change_webhook_endpoint(
    endpoint_id: EndpointId,
    body: WebhookEndpointPatch,
    response: Response,
    outbound: Out,
    if_match: IfMatch,
    work: Annotated[Work, allow(WRITE, sees=webhook_endpoints.see_to_change, raises=(NotFound, VersionConflict))],
) -> WebhookEndpointOut:
    """What is left out stays. One that was disabled, by whatever, is enabled here again."""
    endpoint = await webhook_endpoints.change(work, outbound, endpoint_id, body.change(), if_match)
    tag(response, endpoint.version)
    return WebhookEndpointOut.model_validate(endpoint)


@router.delete(
    "/{endpoint_id}", operation_id="removeWebhookEndpoint", summary="Remove a webhook endpoint", status_code=204
)
async def remove_webhook_endpoint(
    endpoint_id: EndpointId,
    if_match: IfMatch,
    work: Annotated[Work, allow(WRITE, sees=webhook_endpoints.see_to_change, raises=(NotFound, VersionConflict))],
) -> None:
    """With its secrets and its deliveries; what is under way just now may still arrive."""
    await webhook_endpoints.remove(work, endpoint_id, if_match)


@router.post("/{endpoint_id}/secret-rotation", operation_id="rotateWebhookSecret", summary="Give it a new secret")
async def rotate_webhook_secret(
    endpoint_id: EndpointId,
    work: Annotated[Work, allow(WRITE, sees=webhook_endpoints.see_to_change, raises=(NotFound,), secrets=SECRET)],
) -> WebhookSecretOut:
    """For 24 hours both secrets sign, each with a signature of its own in `webhook-signature`."""
    return WebhookSecretOut(secret=await webhook_endpoints.rotate(work, endpoint_id))
