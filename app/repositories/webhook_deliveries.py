"""Deliveries of events to webhook endpoints."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, func, select, update

from app.core.work import Work
from app.models.webhook import WebhookDelivery
from app.repositories import errands

ADD = """
INSERT INTO webhook_delivery
    (id, endpoint_id, event_id, event_type, body, status, log, created_at, not_before, fence, attempts)
SELECT id, endpoint_id, event_id, event_type, body, 'pending', '[]'::jsonb, $6, $6, 0, 0
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bytea[])
    AS made (id, endpoint_id, event_id, event_type, body)
ON CONFLICT (endpoint_id, event_id) DO NOTHING
"""
ENDED = """
SELECT id FROM webhook_delivery WHERE ended_at <= $1
  AND id::text NOT IN (SELECT object_id FROM set_aside WHERE kind = 'webhook_removal' AND until > now())
ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED
"""
FIRST_END = """
SELECT min(ended_at) FROM webhook_delivery WHERE ended_at IS NOT NULL
  AND id::text NOT IN (SELECT object_id FROM set_aside WHERE kind = 'webhook_removal' AND until > now())
"""
REMOVE = "DELETE FROM webhook_delivery WHERE id = ANY($1)"
FIRST_DUE = """
SELECT min(greatest(first.not_before, endpoint.paused_until))
FROM webhook_endpoint AS endpoint
JOIN LATERAL (
    SELECT not_before FROM webhook_delivery
    WHERE endpoint_id = endpoint.id AND status = 'pending'
      AND id::text NOT IN (SELECT object_id FROM set_aside WHERE kind = 'webhook_delivery' AND until > now())
    ORDER BY not_before LIMIT 1
) AS first ON true
"""


class NewDelivery(NamedTuple):
    """A delivery as it is made."""

    id: UUID
    endpoint_id: UUID
    event_id: UUID
    event_type: str
    body: bytes


async def add(work: Work, made: Sequence[NewDelivery]) -> None:
    """Keep new deliveries, due at once; one event goes to an endpoint once."""
    await (await work.driver()).execute(ADD, *zip(*made, strict=True), work.now)


async def claim(
    work: Work, endpoint_id: UUID, lease: timedelta, *, at_once: int, limit: int, newest: bool = False
) -> Sequence[WebhookDelivery]:
    """Take the deliveries to an endpoint that have been due longest, unless `at_once` claims are under way.

    `newest`: those of the newest events instead.
    The endpoint is locked. What was claimed together is known by the end of its lease.
    """
    under_way = select(func.count(col(WebhookDelivery.lease_until).distinct())).where(
        WebhookDelivery.endpoint_id == endpoint_id, col(WebhookDelivery.lease_until) > work.real_now
    )
    if (await work.session.exec(under_way)).one() >= at_once:
        return ()
    waiting = (col(WebhookDelivery.endpoint_id) == endpoint_id) & (col(WebhookDelivery.status) == "pending")
    order = col(WebhookDelivery.id).desc() if newest else None
    return await errands.claim(work, WebhookDelivery, waiting, limit=limit, lease=lease, order=order)


async def lock_all_held(work: Work, fences: Mapping[UUID, int]) -> Mapping[UUID, WebhookDelivery]:
    """Of deliveries that were claimed together, by id and fence, those whose claim is still the latest; locked."""
    held = await errands.lock_all_held(work, WebhookDelivery, col(WebhookDelivery.id), fences)
    return {delivery.id: delivery for delivery in held}


async def lock(work: Work, endpoint_id: UUID, delivery_id: UUID) -> WebhookDelivery | None:
    """A delivery to an endpoint, locked until the unit of work ends."""
    statement = (
        select(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.endpoint_id == endpoint_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await work.session.exec(statement)).one_or_none()


async def exists(work: Work, endpoint_id: UUID, delivery_id: UUID) -> bool:
    """Whether there is such a delivery to an endpoint."""
    statement = select(func.count()).where(
        WebhookDelivery.id == delivery_id, WebhookDelivery.endpoint_id == endpoint_id
    )
    return (await work.session.exec(statement)).one() > 0


async def cancel_pending(work: Work, endpoint_id: UUID) -> None:
    """Give up all that was not delivered to an endpoint yet."""
    await work.session.exec(
        update(WebhookDelivery)
        .where(col(WebhookDelivery.endpoint_id) == endpoint_id, col(WebhookDelivery.status) == "pending")
        .values(status="cancelled", ended_at=work.now)
        .execution_options(synchronize_session=False)
    )


async def page(
    work: Work, endpoint_id: UUID, status: str | None, before: UUID | None, limit: int
) -> Sequence[WebhookDelivery]:
    """Deliveries to an endpoint, the newest first, from the one before `before` on."""
    statement = (
        select(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint_id)
        .order_by(col(WebhookDelivery.id).desc())
        .limit(limit)
    )
    if status is not None:
        statement = statement.where(WebhookDelivery.status == status)
    if before is not None:
        statement = statement.where(col(WebhookDelivery.id) < before)
    return (await work.session.exec(statement)).all()


async def earliest_end(work: Work) -> datetime | None:
    """When the delivery ended that ended first."""
    found: datetime | None = await (await work.driver()).fetchval(FIRST_END)
    return found


async def remove_ended(work: Work, until: datetime, limit: int) -> int:
    """Remove deliveries that had ended by an instant, some at a time; tells how many."""
    driver = await work.driver()
    ended = [row["id"] for row in await driver.fetch(ENDED, until, work.in_hand.room(limit))]
    work.in_hand.take("webhook_removal", *ended)
    if ended:
        await driver.execute(REMOVE, ended)
    return len(ended)


async def first_due(work: Work) -> datetime | None:
    """Since when, or from when on, the first delivery that is pending is to be sent: while its endpoint is paused it is not."""
    found: datetime | None = await (await work.driver()).fetchval(FIRST_DUE)
    return found
