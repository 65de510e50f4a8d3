"""Requests as their readers see them: with their clock, their identity and what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.clock import today_in_bangkok
from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.deadlines import SlaState, days_left, sla_state
from app.domain.errors import BadCursor
from app.domain.rights_request import Status
from app.models.rights_request import RequestEvent, RequestItem, RightsRequest
from app.repositories import rights_requests
from app.repositories.rights_requests import Wanted
from app.services import transfers
from app.services.identity import identity_state
from app.services.rights_requests import get, reach_of, schedule_of
from app.services.subjects import visible
from app.services.transfers import TransferView

NOBODY = ""
"""A reference that no subject has: a person without one sees nothing."""


@dataclass(frozen=True, slots=True)
class Identity:
    """How surely the requester must be, and is, known."""

    required: str
    reached: str
    state: str


@dataclass(frozen=True, slots=True)
class Sla:
    """The request's clock, in Bangkok dates."""

    received_at: date
    decide_by: date
    decide_by_internal: date
    complete_by: date
    complete_by_internal: date
    state: SlaState
    days_left: int
    provisional: bool
    extensions: int
    paused: bool


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request, whole."""

    id: UUID
    reference: str
    case_id: UUID
    kind: str
    status: str
    outcome: str | None
    subject_ref: str
    on_behalf_by: str | None
    channel: str
    language: str
    scope: Mapping[str, Any]
    identity: Identity
    sla: Sla
    items: Sequence[RequestItem]
    assigned_to: str | None
    submitted_at: datetime
    decided_at: datetime | None
    closed_at: datetime | None
    policy: str
    version: int
    duplicate: bool
    transfer: TransferView | None


async def view(work: Work, request: RightsRequest, *, duplicate: bool = False) -> RequestView:
    """A request with everything that was decided."""
    items = await rights_requests.items_of(work, [request.id])
    transfer = await transfers.view(work, request)
    return _view(work, request, items[request.id], duplicate=duplicate, transfer=transfer)


def _view(
    work: Work,
    request: RightsRequest,
    items: Sequence[RequestItem],
    *,
    duplicate: bool = False,
    transfer: TransferView | None = None,
) -> RequestView:
    return RequestView(
        id=request.id,
        reference=request.reference,
        case_id=request.case_id,
        kind=request.kind,
        status=request.status,
        outcome=request.outcome,
        subject_ref=request.subject_ref,
        on_behalf_by=request.on_behalf_by,
        channel=request.channel,
        language=request.language,
        scope=request.scope,
        identity=Identity(request.identity_required, request.identity_reached, identity_state(request, work.now)),
        sla=_sla(work, request),
        items=items,
        assigned_to=request.assigned_to,
        submitted_at=request.submitted_at,
        decided_at=request.decided_at,
        closed_at=request.closed_at,
        policy=request.policy,
        version=request.version,
        duplicate=duplicate,
        transfer=transfer,
    )


def _sla(work: Work, request: RightsRequest) -> Sla:
    dates = schedule_of(request)
    decided_on = today_in_bangkok(request.decided_at) if request.decided_at else None
    closed_on = today_in_bangkok(request.closed_at) if request.closed_at else None
    lapsed = request.status == Status.LAPSED
    return Sla(
        received_at=request.received_on,
        decide_by=dates.decide_by,
        decide_by_internal=dates.decide_by_internal,
        complete_by=dates.complete_by,
        complete_by_internal=dates.complete_by_internal,
        state=sla_state(dates, work.today, decided_on, closed_on, lapsed=lapsed, paused=request.paused_on is not None),
        days_left=days_left(dates, closed_on or request.paused_on or work.today, decided_on),
        provisional=dates.provisional,
        extensions=request.extensions,
        paused=request.paused_on is not None,
    )


async def read(work: Work, request_id: UUID) -> RequestView:
    """One request. Raises `NotFound`."""
    return await view(work, await get(work, request_id, heirs=True))


async def page(
    work: Work,
    *,
    kind: str | None,
    status: str | None,
    subject_ref: str | None,
    assigned_to: str | None,
    due_before: date | None,
    overdue: bool | None,
    limit: int,
    cursor: str | None,
) -> Page[RequestView]:
    """The queue, sorted by deadline, without items; people see their own requests.

    Raises `NotFound` for a subject that the actor may not see, `BadCursor`.
    """
    if not work.actor.everyone:
        subject_ref = subject_ref or work.actor.subject_ref or NOBODY
    reach = None
    if subject_ref is not None:
        await visible(work, subject_ref)
        reach = await reach_of(work, subject_ref)
    kinds = None if reach is None else tuple(sorted(reach))
    wanted = Wanted(kind, kinds, status, subject_ref, assigned_to, due_before, overdue)
    scope = f"requests/{wanted}"
    rows = await rights_requests.page(work, wanted, _key(work, scope, cursor), limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    following = encode_cursor(work.ring, scope, [last.due_on.isoformat(), str(last.id)]) if last else None
    return Page([_view(work, row, ()) for row in rows[:limit]], following)


def _key(work: Work, scope: str, cursor: str | None) -> tuple[date, UUID] | None:
    if cursor is None:
        return None
    due_on, request_id = decode_cursor(work.ring, scope, cursor)
    try:
        return date.fromisoformat(due_on), UUID(request_id)
    except ValueError as error:
        raise BadCursor from error


async def timeline(work: Work, request_id: UUID) -> Sequence[RequestEvent]:
    """What happened to a request, in order. Raises `NotFound`."""
    request = await get(work, request_id)
    return await rights_requests.timeline_of(work, request.id)
