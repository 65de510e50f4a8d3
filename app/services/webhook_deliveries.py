"""Deliveries to webhook endpoints: made with the event's position, tried at least once, and never in a promised order.

An event reaches an endpoint under one `webhook-id`, however often it is sent. Once the endpoint has accepted it and that
is recorded, it is sent again only when somebody asks for it. A worker that dies between the answer and its record leaves
a lease that runs out, and the next one sends the same again.
"""

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID

from app import __version__
from app.core.ids import new_id
from app.core.outbound import Outbound, Unreached
from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.sealing import SealBroken
from app.core.webhook_signing import signed_headers
from app.core.work import Work
from app.domain.errors import NotFound
from app.domain.webhook_errors import EndpointDisabled
from app.models.webhook import WebhookDelivery, WebhookEndpoint
from app.repositories import set_aside, webhook_deliveries
from app.repositories import webhook_endpoints as endpoints
from app.repositories.event_feed import Sequenced
from app.repositories.webhook_deliveries import NewDelivery
from app.services import audit, webhook_endpoints, webhook_pauses

LEASE = timedelta(seconds=15)
"""Longer than a call may take, so that what is under way is not sent by another."""
AT_ONCE = 2
"""So many calls to one endpoint are under way at most: one that hangs takes no more lanes than these."""
TOGETHER = 10
"""So many deliveries to one endpoint are claimed at once, sent one after the other, and recorded at once."""
STRETCH_SECONDS = 1.0
"""After so long no other of these is begun: with the longest call it stays within the lease."""
BACK_OFF = (
    *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5)),
    *(timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24)),
)
"""How long after each failure it is tried again, a fifth more at most: over three days in all."""
LONGEST_PATIENCE = timedelta(hours=24)
KEPT = timedelta(days=30)
MOST_LOGGED = 30
REMOVED_AT_ONCE = 1_000
GONE = 410
PATIENT = frozenset({429, 503})
"""Answers whose `Retry-After` is heeded."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed delivery."""

    delivery_id: UUID
    fence: int
    event_id: UUID
    body: bytes


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Deliveries that were claimed together, with all that sending them needs. `at`: the real instant of the claim."""

    endpoint_id: UUID
    url: str
    secrets: Sequence[str]
    at: datetime
    parcels: Sequence[Parcel]


@dataclass(frozen=True, slots=True)
class Attempt:
    """How sending went: the answer's status, or a code for why there was none. `at`: the real instant when it began."""

    at: datetime
    status_code: int | None
    failure: str | None
    milliseconds: int
    retry_after: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the endpoint has taken the event over."""
        return self.status_code is not None and 200 <= self.status_code < 300


async def fan_out(work: Work, events: Sequence[Sequenced]) -> None:
    """Make a delivery of each event for each enabled endpoint that wants its type."""
    wanting = await endpoints.enabled(work) if events else ()
    bodies = {event.id: _body(event) for event in events}
    made = [
        NewDelivery(new_id(work.now), endpoint.id, event.id, event.type, bodies[event.id])
        for event in events
        for endpoint in wanting
        if event.type in endpoint.event_types
    ]
    if made:
        await webhook_deliveries.add(work, made)


def _body(event: Sequenced) -> bytes:
    content = {"type": event.type, "timestamp": event.occurred_at.isoformat(), "data": json.loads(event.data)}
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


async def claim(work: Work, *, failing: bool = True) -> Dispatch | None:
    """Take deliveries to the endpoint whose delivery has been due longest, under a lease; None: none is due, or all are busy.

    After a pause a single one is taken, that of the newest event: should the endpoint refuse some events for good, it is not
    judged by these for ever.

    An endpoint whose secret can't be read any more is disabled, so that it does not stand in the way of the others.
    `failing`: also of endpoints whose last attempt failed.
    """
    endpoint = await endpoints.lock_next_due(work, AT_ONCE, failing=failing)
    if endpoint is None:
        return None
    try:
        keys = webhook_endpoints.live_secrets(work, endpoint)
    except SealBroken:
        await webhook_endpoints.disable(work, endpoint, "unreadable")
        return await claim(work, failing=failing)
    if endpoint.paused_until is None:
        taken = await webhook_deliveries.claim(work, endpoint.id, LEASE, at_once=AT_ONCE, limit=TOGETHER)
    else:
        taken = await webhook_deliveries.claim(work, endpoint.id, LEASE, at_once=1, limit=1, newest=True)
    parcels = [Parcel(one.id, one.fence, one.event_id, bytes(one.body)) for one in taken]
    return Dispatch(endpoint.id, endpoint.url, keys, work.real_now, parcels) if parcels else None


async def send(outbound: Outbound, dispatch: Dispatch) -> Sequence[Attempt]:
    """Send them in order, outside of any transaction, until one is not accepted; tells how each went that was sent."""
    begun, attempts = time.monotonic(), []
    for parcel in dispatch.parcels:
        at = dispatch.at + timedelta(seconds=time.monotonic() - begun)
        attempts.append(await _send(outbound, dispatch, parcel, at))
        if not attempts[-1].accepted or time.monotonic() - begun > STRETCH_SECONDS:
            break
    return attempts


async def _send(outbound: Outbound, dispatch: Dispatch, parcel: Parcel, at: datetime) -> Attempt:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"Sitthi/{__version__}",
        **signed_headers(dispatch.secrets, str(parcel.event_id), at, parcel.body),
    }
    begun = time.monotonic()
    try:
        reply = await outbound.post(dispatch.url, headers, parcel.body)
    except Unreached as error:
        return Attempt(at, None, error.reason, _since(begun))
    return Attempt(at, reply.status, None, _since(begun), reply.retry_after)


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


async def settle(work: Work, dispatch: Dispatch, attempts: Sequence[Attempt]) -> None:
    """Record how each went, and let go of what was not sent; what another has claimed since is left alone.

    Nothing is left to do where the endpoint is gone.
    """
    endpoint = await endpoints.lock(work, dispatch.endpoint_id)
    if endpoint is None:
        return
    fences = {parcel.delivery_id: parcel.fence for parcel in dispatch.parcels}
    held = await webhook_deliveries.lock_all_held(work, fences)
    for delivery in held.values():
        delivery.lease_until = None
    for parcel in dispatch.parcels[len(attempts) :]:
        if parcel.delivery_id in held:
            held[parcel.delivery_id].attempts -= 1
    for parcel, attempt in zip(dispatch.parcels, attempts, strict=False):
        if parcel.delivery_id in held:
            await _record(work, endpoint, held[parcel.delivery_id], attempt)


async def _record(work: Work, endpoint: WebhookEndpoint, delivery: WebhookDelivery, attempt: Attempt) -> None:
    told = {
        "at": attempt.at.isoformat(),
        "status_code": attempt.status_code,
        "failure": attempt.failure,
        "milliseconds": attempt.milliseconds,
    }
    delivery.log = [*delivery.log, told][-MOST_LOGGED:]
    if attempt.accepted:
        webhook_pauses.note_accepted(endpoint)
        delivery.status, delivery.ended_at = "delivered", work.now
    elif delivery.status == "pending":
        webhook_pauses.note_failed(work, endpoint)
        await _plan(work, endpoint, delivery, attempt)


async def _plan(work: Work, endpoint: WebhookEndpoint, delivery: WebhookDelivery, attempt: Attempt) -> None:
    """What becomes of a delivery after a failure: tried later, or given up, perhaps with its endpoint.

    A claim of which nothing was recorded is no failure of the endpoint.
    """
    failures = min(delivery.attempts, len(delivery.log))
    if attempt.status_code != GONE and failures <= len(BACK_OFF):
        pause = BACK_OFF[failures - 1] * (1 + secrets.randbelow(200) / 1_000)
        delivery.not_before = work.now + max(pause, _patience(attempt))
    else:
        delivery.status, delivery.ended_at = "failed", work.now
    if attempt.status_code == GONE:
        await webhook_endpoints.disable(work, endpoint, "gone")
    elif webhook_pauses.is_hopeless(work, endpoint):
        await webhook_endpoints.disable(work, endpoint, "failing")


def _patience(attempt: Attempt) -> timedelta:
    """How long the endpoint asks to be left alone, in seconds or until a date; a day at most."""
    asked = (attempt.retry_after or "").strip() if attempt.status_code in PATIENT else ""
    if asked.isascii() and asked.isdecimal():
        return min(timedelta(seconds=int(asked[:9])), LONGEST_PATIENCE)
    try:
        until = parsedate_to_datetime(asked)
    except (ValueError, OverflowError):
        return timedelta(0)
    return min(until.replace(tzinfo=until.tzinfo or UTC) - attempt.at, LONGEST_PATIENCE)


async def page(
    work: Work, endpoint_id: UUID, status: str | None, cursor: str | None, limit: int
) -> Page[WebhookDelivery]:
    """Deliveries to an endpoint, the newest first. Raises `BadCursor`."""
    scope = f"webhook_deliveries/{endpoint_id}/{status}"
    before = UUID(decode_cursor(work.ring, scope, cursor)[0]) if cursor else None
    rows = await webhook_deliveries.page(work, endpoint_id, status, before, limit + 1)
    more = encode_cursor(work.ring, scope, [str(rows[limit - 1].id)]) if len(rows) > limit else None
    return Page(rows[:limit], more)


async def see_to_change(work: Work, path: Mapping[str, str]) -> None:
    """Whether the actor may act on the delivery that a path names. Raises `NotFound`."""
    await webhook_endpoints.see_to_change(work, path)
    if not await webhook_deliveries.exists(work, UUID(path["endpoint_id"]), UUID(path["delivery_id"])):
        raise NotFound


async def redeliver(work: Work, endpoint_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Send an event again, from the start of the schedule; one that is being sent just now is left to it.

    A pause of the endpoint ends.
    Raises `NotFound`, `EndpointDisabled`.
    """
    endpoint = await endpoints.lock(work, endpoint_id)
    delivery = await webhook_deliveries.lock(work, endpoint_id, delivery_id)
    if endpoint is None or delivery is None:
        raise NotFound
    if endpoint.status != "enabled":
        raise EndpointDisabled
    if delivery.lease_until is None or delivery.lease_until <= work.real_now:
        delivery.status, delivery.ended_at = "pending", None
        delivery.not_before, delivery.lease_until = work.now, None
        delivery.attempts = 0
        delivery.fence += 1
        await set_aside.end(work, "webhook_delivery", delivery.id)
    webhook_pauses.end(endpoint)
    audit.record(work, "webhook_delivery.redelivered", "webhook_delivery", delivery.id, endpoint=str(endpoint_id))
    return delivery


async def next_removal(work: Work) -> datetime | None:
    """When the next delivery has been kept long enough, or had been."""
    ended_at = await webhook_deliveries.earliest_end(work)
    return None if ended_at is None else ended_at + KEPT


async def remove_next(work: Work, *, wait: bool = False) -> bool:  # noqa: ARG001  (what another removes is removed)
    """Remove some deliveries that ended thirty days ago; tells whether there were any."""
    return await webhook_deliveries.remove_ended(work, work.now - KEPT, REMOVED_AT_ONCE) > 0
