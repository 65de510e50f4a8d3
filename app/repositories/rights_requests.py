"""Rights requests with their items, timeline and signed assessments."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import and_, not_, tuple_
from sqlmodel import col, select

from app.core.work import Work
from app.models.rights_request import (
    REFERENCE_SEQUENCE,
    RequestEvent,
    RequestItem,
    RequestMessage,
    RightsRequest,
    SignedAssessment,
    Task,
)
from app.repositories import set_aside

APPEND = """
INSERT INTO request_event (id, request_id, at, event, actor, detail) VALUES ($1, $2, $3, $4, $5, $6::text::jsonb)
"""
OPEN = ("identity_pending", "in_review", "information_pending", "in_fulfilment")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters of the queue; None: any. `kinds`: those that a representative's power covers."""

    kind: str | None = None
    kinds: tuple[str, ...] | None = None
    status: str | None = None
    subject_ref: str | None = None
    assigned_to: str | None = None
    due_before: date | None = None
    overdue: bool | None = None


async def next_reference(work: Work, received_on: date) -> str:
    """A reference such as `R-2569-000123`: Buddhist-era year of receipt, then a number; gaps are allowed."""
    number = (await work.session.exec(select(REFERENCE_SEQUENCE.next_value()))).one()
    return f"R-{received_on.year + 543}-{number:06d}"


def add(work: Work, *rows: RightsRequest | RequestItem | RequestMessage | RequestEvent) -> None:
    """Keep new rows."""
    work.session.add_all(rows)


async def append(work: Work, step: RequestEvent) -> None:
    """Keep one step where there is no session."""
    driver = await work.driver()
    await driver.execute(
        APPEND, step.id, step.request_id, step.at, step.event, step.actor, json.dumps(step.detail, default=str)
    )


async def get(work: Work, request_id: UUID) -> RightsRequest | None:
    """A request, whoever may see it."""
    return await work.session.get(RightsRequest, request_id)


async def lock(work: Work, request_id: UUID) -> RightsRequest | None:
    """The same, locked until the unit of work ends."""
    statement = select(RightsRequest).where(RightsRequest.id == request_id).with_for_update()
    return (await work.session.exec(statement.execution_options(populate_existing=True))).one_or_none()


async def get_for_task(work: Work, task: Task) -> RightsRequest | None:
    """The request that a task belongs to."""
    return await work.session.get(RightsRequest, task.request_id) if task.request_id is not None else None


async def find_open(work: Work, subject_ref: str, kind: str, scope_key: str) -> RightsRequest | None:
    """The open request of the same kind and scope."""
    statement = select(RightsRequest).where(
        RightsRequest.subject_ref == subject_ref,
        RightsRequest.kind == kind,
        RightsRequest.scope_key == scope_key,
        col(RightsRequest.status).in_(OPEN),
    )
    return (await work.session.exec(statement)).one_or_none()


async def open_case(work: Work, subject_ref: str) -> UUID | None:
    """The case of the subject's oldest open request."""
    statement = (
        select(RightsRequest.case_id)
        .where(RightsRequest.subject_ref == subject_ref, col(RightsRequest.status).in_(OPEN))
        .order_by(col(RightsRequest.id))
        .limit(1)
    )
    return (await work.session.exec(statement)).one_or_none()


async def page(work: Work, wanted: Wanted, after: tuple[date, UUID] | None, limit: int) -> Sequence[RightsRequest]:
    """The queue by deadline, after a key; who may not see everyone names a subject."""
    statement = select(RightsRequest).order_by(col(RightsRequest.due_on), col(RightsRequest.id)).limit(limit)
    assert work.actor.everyone or wanted.subject_ref is not None, "one's own, or one represented"  # noqa: S101  (the service names it)
    if wanted.kinds is not None:
        statement = statement.where(col(RightsRequest.kind).in_(wanted.kinds))
    for name in ("kind", "status", "subject_ref", "assigned_to"):
        if (value := getattr(wanted, name)) is not None:
            statement = statement.where(getattr(RightsRequest, name) == value)
    if wanted.due_before is not None:
        statement = statement.where(RightsRequest.due_on < wanted.due_before)
    if wanted.overdue is not None:
        late = and_(col(RightsRequest.due_on) < work.today, col(RightsRequest.closed_at).is_(None))
        statement = statement.where(late if wanted.overdue else not_(late))
    if after is not None:
        statement = statement.where(tuple_(col(RightsRequest.due_on), col(RightsRequest.id)) > after)
    return (await work.session.exec(statement)).all()


async def lock_next_to_lapse(work: Work, days: int, *, wait: bool = False) -> RightsRequest | None:
    """The request longest past `days` after receipt without proof of identity; `wait`: for whoever holds it, else it is skipped."""
    received_on, waits = col(RightsRequest.received_on), col(RightsRequest.status) == "identity_pending"
    due, order = [waits, received_on < work.today - timedelta(days=days)], [received_on, col(RightsRequest.id)]
    found = await set_aside.take(work, "identity_lapse", RightsRequest, due, order=order, limit=1, wait=wait)
    return next(iter(found), None)


async def earliest_unproven_receipt(work: Work) -> date | None:
    """The day of receipt of the oldest request whose identity is unproven."""
    waits = col(RightsRequest.status) == "identity_pending"
    return await set_aside.first(work, "identity_lapse", RightsRequest, col(RightsRequest.received_on), waits)


async def items_of(work: Work, request_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[RequestItem]]:
    """What was decided, item by item, for each request."""
    statement = (
        select(RequestItem)
        .where(col(RequestItem.request_id).in_(request_ids))
        .order_by(col(RequestItem.request_id), col(RequestItem.position))
    )
    found: dict[UUID, list[RequestItem]] = {request_id: [] for request_id in request_ids}
    for item in (await work.session.exec(statement)).all():
        found[item.request_id].append(item)
    return found


async def timeline_of(work: Work, request_id: UUID) -> Sequence[RequestEvent]:
    """What happened, in order."""
    statement = select(RequestEvent).where(RequestEvent.request_id == request_id).order_by(col(RequestEvent.id))
    return (await work.session.exec(statement)).all()


async def messages_of(work: Work, request_id: UUID) -> Sequence[RequestMessage]:
    """What was asked, answered and given as a reason, in order."""
    statement = select(RequestMessage).where(RequestMessage.request_id == request_id).order_by(col(RequestMessage.id))
    return (await work.session.exec(statement)).all()


async def signed_assessment(work: Work, request_id: UUID) -> SignedAssessment | None:
    """The latest assessment that an officer signed."""
    return await work.session.get(SignedAssessment, request_id)


async def sign_assessment(work: Work, signed: SignedAssessment) -> None:
    """Keep a signature in place of an older one."""
    await work.session.merge(signed)
