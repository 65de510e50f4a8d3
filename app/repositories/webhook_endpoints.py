"""Webhook endpoints."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import col, func, select

from app.core.work import Work
from app.models.webhook import WebhookEndpoint

LOCK_OWNER = "SELECT pg_advisory_xact_lock(hashtextextended('webhook_owner' || chr(31) || $1, 0))"
_NEXT_DUE = """
SELECT endpoint.id FROM webhook_endpoint AS endpoint
JOIN LATERAL (
    SELECT not_before FROM webhook_delivery
    WHERE endpoint_id = endpoint.id AND status = 'pending' AND not_before <= $1
      AND (lease_until IS NULL OR lease_until <= $2)
      AND id::text NOT IN (SELECT object_id FROM set_aside WHERE kind = 'webhook_delivery' AND until > now())
    ORDER BY not_before LIMIT 1
) AS due ON true
WHERE endpoint.status = 'enabled' AND ($4 OR endpoint.failing_since IS NULL)
  AND (endpoint.paused_until IS NULL OR endpoint.paused_until <= $1)
  AND (SELECT count(DISTINCT lease_until) FROM webhook_delivery WHERE endpoint_id = endpoint.id AND lease_until > $2)
      < CASE WHEN endpoint.paused_until IS NULL THEN $3 ELSE 1 END
ORDER BY due.not_before LIMIT 1
FOR NO KEY UPDATE OF endpoint
"""
COUNT_BY_STATE = """
SELECT CASE WHEN status = 'enabled' AND paused_until IS NOT NULL THEN 'paused' ELSE status END AS state, count(*) AS count
FROM webhook_endpoint GROUP BY 1
"""
NEXT_FREE = _NEXT_DUE + " SKIP LOCKED"
NEXT_HELD = _NEXT_DUE


def add(work: Work, endpoint: WebhookEndpoint) -> None:
    """Keep a new endpoint."""
    work.session.add(endpoint)


async def lock_owner(work: Work, owner: str) -> None:
    """Let nobody else add to an owner's endpoints until the unit of work ends."""
    await (await work.driver()).execute(LOCK_OWNER, owner)


async def count_of(work: Work, owner: str) -> int:
    """How many endpoints an owner has."""
    statement = select(func.count()).select_from(WebhookEndpoint).where(WebhookEndpoint.owner == owner)
    return (await work.session.exec(statement)).one()


async def get(work: Work, endpoint_id: UUID) -> WebhookEndpoint | None:
    """The endpoint."""
    return await work.session.get(WebhookEndpoint, endpoint_id)


async def lock(work: Work, endpoint_id: UUID) -> WebhookEndpoint | None:
    """The endpoint, locked until the unit of work ends; deliveries may be added meanwhile."""
    statement = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).with_for_update(key_share=True)
    return (await work.session.exec(statement.execution_options(populate_existing=True))).one_or_none()


async def lock_next_due(work: Work, at_once: int, *, failing: bool) -> WebhookEndpoint | None:
    """The endpoint whose delivery has been due longest, of those with fewer than `at_once` claims under way.

    One that is paused is passed over; after the pause it has one claim under way. One that another holds comes last, and
    is waited for: it is held for a claim or a record only, and has more to do.
    Without `failing`, of those alone whose last attempt did not fail.
    """
    driver = await work.driver()
    for statement in (NEXT_FREE, NEXT_HELD):
        found = await driver.fetchval(statement, work.now, work.real_now, at_once, failing)
        if found is not None:
            return await get(work, found)
    return None


async def count_by_state(work: Work) -> Mapping[str, int]:
    """How many are `disabled`; `paused`, or were and have taken nothing since; and `enabled` otherwise."""
    return {row["state"]: row["count"] for row in await (await work.driver()).fetch(COUNT_BY_STATE)}


async def enabled(work: Work) -> Sequence[WebhookEndpoint]:
    """All that events go to."""
    return (await work.session.exec(select(WebhookEndpoint).where(WebhookEndpoint.status == "enabled"))).all()


async def page(work: Work, owner: str | None, before: UUID | None, limit: int) -> Sequence[WebhookEndpoint]:
    """Endpoints, of one owner or of all, the newest first, from the one before `before` on."""
    statement = select(WebhookEndpoint).order_by(col(WebhookEndpoint.id).desc()).limit(limit)
    if owner is not None:
        statement = statement.where(WebhookEndpoint.owner == owner)
    if before is not None:
        statement = statement.where(col(WebhookEndpoint.id) < before)
    return (await work.session.exec(statement)).all()


async def remove(work: Work, endpoint: WebhookEndpoint) -> None:
    """Forget an endpoint with its secrets and deliveries."""
    await work.session.delete(endpoint)
