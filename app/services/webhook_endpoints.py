"""Webhook endpoints: where systems and partners want to be told of events (API 11).

A system and a partner see and change their own; DPO and admin all. What events tell are references, never personal data.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from app.core.ids import new_id
from app.core.outbound import Outbound, TargetRefused
from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.sealing import SealBroken
from app.core.webhook_signing import new_secret
from app.core.work import Work
from app.domain.errors import FieldError, InvalidInput, NotFound, VersionConflict
from app.domain.vocabulary import Permission, Role
from app.domain.webhook_errors import EndpointLimitReached
from app.models.webhook import WebhookEndpoint
from app.repositories import event_feed, webhook_deliveries
from app.repositories import webhook_endpoints as rows
from app.services import audit, events, messages, webhook_pauses
from app.services.events import PUBLISHED, EventType

MOST_PER_OWNER = 20
BOTH_SIGN = timedelta(hours=24)
"""So long after a rotation the former secret signs too."""
OWNERS = frozenset({Role.CORE_BANKING, Role.PARTNER})
"""Roles that reach their own endpoints alone."""
log = structlog.get_logger("sitthi.webhooks")


@dataclass(frozen=True, slots=True)
class Registration:
    """An endpoint as it is asked for."""

    url: str
    event_types: Sequence[EventType]
    description: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What shall be otherwise; `fields` are those of `url, event_types, description, status` that were named."""

    fields: Mapping[str, Any] = field(default_factory=dict)


def owner_of(work: Work) -> str:
    """Whose the endpoints are that the actor registers: its system's, else its own."""
    system = work.actor.system if Role.CORE_BANKING in work.actor.roles else None
    return f"system/{system}" if system else f"sub/{work.actor.sub}"


def _reaches(work: Work, permission: Permission) -> str | None:
    """The one owner whose endpoints the actor reaches by a permission; None: all."""
    granting = {role for role in work.actor.roles if permission in work.pack.roles.get(role, frozenset())}
    return owner_of(work) if granting <= OWNERS else None


async def register(work: Work, outbound: Outbound, asked: Registration) -> tuple[WebhookEndpoint, str]:
    """Keep an endpoint, enabled, and make its secret, which is told now and never again.

    Raises `InvalidInput` for an address that must not be called or a type that the actor may not hear of,
    `EndpointLimitReached`.
    """
    _check_types(work, asked.event_types)
    await _check(outbound, asked.url)
    owner = owner_of(work)
    await rows.lock_owner(work, owner)
    if await rows.count_of(work, owner) >= MOST_PER_OWNER:
        raise EndpointLimitReached
    endpoint_id, secret = new_id(work.now), new_secret()
    master_key, box = work.ring.wrap(secret.encode(), _place(endpoint_id))
    endpoint = WebhookEndpoint(
        id=endpoint_id,
        owner=owner,
        url=asked.url,
        event_types=list(dict.fromkeys(asked.event_types)),
        description=asked.description,
        master_key=master_key,
        secret=box,
        created_by=work.actor.sub,
        created_at=work.now,
    )
    rows.add(work, endpoint)
    _record(work, endpoint, "webhook_endpoint.registered", event_types=endpoint.event_types)
    return endpoint, secret


def _check_types(work: Work, event_types: Sequence[str]) -> None:
    """Partners and admins don't hear what only the feed tells: of holds, deletion cases, who came of age. Raises `InvalidInput`."""
    if work.actor.may(Permission.EVENT_READ):
        return
    unheard = [at for at, event in enumerate(event_types) if event not in PUBLISHED]
    if unheard:
        raise InvalidInput([FieldError(f"/event_types/{at}", "not_allowed") for at in unheard])


async def _check(outbound: Outbound, url: str) -> None:
    try:
        await outbound.check(url)
    except TargetRefused:
        raise InvalidInput([FieldError("/url", "not_allowed")]) from None


async def see(work: Work, path: Mapping[str, str]) -> None:
    """Whether the actor may see the endpoint that a path names. Raises `NotFound`."""
    await _visible(work, path, Permission.WEBHOOK_READ)


async def see_to_change(work: Work, path: Mapping[str, str]) -> None:
    """Whether the actor may change the endpoint that a path names. Raises `NotFound`."""
    await _visible(work, path, Permission.WEBHOOK_WRITE)


async def _visible(work: Work, path: Mapping[str, str], permission: Permission) -> None:
    try:
        endpoint = await rows.get(work, UUID(path["endpoint_id"]))
    except ValueError:
        raise NotFound from None
    if endpoint is None or _reaches(work, permission) not in {None, endpoint.owner}:
        raise NotFound


async def read(work: Work, endpoint_id: UUID) -> WebhookEndpoint:
    """The endpoint. Raises `NotFound`."""
    await see(work, {"endpoint_id": str(endpoint_id)})
    endpoint = await rows.get(work, endpoint_id)
    assert endpoint is not None, "it was seen"  # noqa: S101  (in this very transaction)
    return endpoint


async def page(work: Work, cursor: str | None, limit: int) -> Page[WebhookEndpoint]:
    """Endpoints, the newest first; a system and a partner see their own. Raises `BadCursor`."""
    owner = _reaches(work, Permission.WEBHOOK_READ)
    scope = f"webhook_endpoints/{owner}"
    before = UUID(decode_cursor(work.ring, scope, cursor)[0]) if cursor else None
    found = await rows.page(work, owner, before, limit + 1)
    more = encode_cursor(work.ring, scope, [str(found[limit - 1].id)]) if len(found) > limit else None
    return Page(found[:limit], more)


async def change(
    work: Work, outbound: Outbound, endpoint_id: UUID, asked: Change, expected_version: int | None
) -> WebhookEndpoint:
    """Change what was named; disabling gives up what was not delivered yet, enabling begins with the events to come.

    Who names the address, or that it shall be enabled, ends its pause, also where nothing changes.
    Raises `NotFound`, `VersionConflict`, `InvalidInput` for an address that must not be called or a type that the actor
    may not hear of.
    """
    _check_types(work, asked.fields.get("event_types", ()))
    if "url" in asked.fields:
        await _check(outbound, asked.fields["url"])
    endpoint = await _locked(work, endpoint_id, expected_version)
    if asked.fields.get("status") == "enabled" or "url" in asked.fields:
        webhook_pauses.end(endpoint)
    wanted = {name: value for name, value in asked.fields.items() if getattr(endpoint, name) != value}
    if not wanted:
        return endpoint
    status = wanted.pop("status", None)
    for name, value in wanted.items():
        setattr(endpoint, name, value)
    if status == "disabled":
        await _disable(work, endpoint, "requested")
    elif status == "enabled":
        await event_feed.lock(work)
        endpoint.status, endpoint.disabled_reason, endpoint.disabled_at = "enabled", None, None
    if status == "enabled" or "url" in wanted:
        endpoint.failing_since = None
    endpoint.version += 1
    _record(work, endpoint, "webhook_endpoint.changed", fields=sorted(asked.fields))
    return endpoint


async def remove(work: Work, endpoint_id: UUID, expected_version: int | None) -> None:
    """Forget an endpoint with its secrets and its deliveries. Raises `NotFound`, `VersionConflict`."""
    endpoint = await _locked(work, endpoint_id, expected_version)
    await event_feed.lock(work)
    await rows.remove(work, endpoint)
    _record(work, endpoint, "webhook_endpoint.removed")


async def rotate(work: Work, endpoint_id: UUID) -> str:
    """Make a new secret, told now and never again; the former one signs too for a day. Raises `NotFound`."""
    endpoint = await _locked(work, endpoint_id, None)
    endpoint.former_master_key, endpoint.former_secret = endpoint.master_key, endpoint.secret
    endpoint.former_until = work.now + BOTH_SIGN
    secret = new_secret()
    endpoint.master_key, endpoint.secret = work.ring.wrap(secret.encode(), _place(endpoint.id))
    endpoint.version += 1
    _record(work, endpoint, "webhook_endpoint.secret_rotated")
    return secret


async def disable(work: Work, endpoint: WebhookEndpoint, reason: str) -> None:
    """Send nothing more to an endpoint that fails (`failing`), says that it is `gone`, or whose secret is `unreadable`.

    That is told. The endpoint is locked.
    """
    await _disable(work, endpoint, reason)
    endpoint.version += 1
    told = {"endpoint_id": str(endpoint.id), "reason": reason}
    events.announce(work, EventType.WEBHOOK_ENDPOINT_DISABLED, **told)
    _record(work, endpoint, "webhook_endpoint.disabled", reason=reason)
    log.warning("webhook_endpoint_disabled", endpoint=str(endpoint.id), reason=reason)
    await messages.tell_officer(work, "endpoint_disabled", str(endpoint.id))


async def _disable(work: Work, endpoint: WebhookEndpoint, reason: str) -> None:
    await event_feed.lock(work)  # so that no delivery is made for it meanwhile
    endpoint.status, endpoint.disabled_reason, endpoint.disabled_at = "disabled", reason, work.now
    await webhook_deliveries.cancel_pending(work, endpoint.id)


def live_secrets(work: Work, endpoint: WebhookEndpoint) -> Sequence[str]:
    """The secrets that sign now, the newest first; a former one that can't be read any more is left out.

    Raises `SealBroken`.
    """
    place = _place(endpoint.id)
    signing = [work.ring.unwrap(endpoint.master_key, endpoint.secret, place).decode()]
    lives = endpoint.former_until is not None and endpoint.former_until > work.now
    if lives and endpoint.former_master_key is not None and endpoint.former_secret is not None:
        with suppress(SealBroken):
            signing.append(work.ring.unwrap(endpoint.former_master_key, endpoint.former_secret, place).decode())
    return signing


async def _locked(work: Work, endpoint_id: UUID, expected_version: int | None) -> WebhookEndpoint:
    await see_to_change(work, {"endpoint_id": str(endpoint_id)})
    endpoint = await rows.lock(work, endpoint_id)
    if endpoint is None:
        raise NotFound
    if expected_version not in {None, endpoint.version}:
        raise VersionConflict
    return endpoint


def _record(work: Work, endpoint: WebhookEndpoint, action: str, **details: object) -> None:
    audit.record(work, action, "webhook_endpoint", endpoint.id, subject_ref=None, owner=endpoint.owner, **details)


def _place(endpoint_id: UUID) -> str:
    return f"webhook_endpoint/{endpoint_id}/secret"
