"""The single extension of a deadline, where the pack allows one: the Act itself stops no clock (LAW B2)."""

from uuid import UUID

from app.core.work import Work
from app.domain.errors import ExtensionNotAllowed
from app.models.rights_request import RightsRequest
from app.services import messages, reminders, rescheduling
from app.services.rights_requests import Direction, exchange, lock, record, rule_of


async def extend(work: Work, request_id: UUID, reason: str, expected_version: int | None) -> RightsRequest:
    """Extend the deadline of deciding once, and tell the subject.

    Raises `NotFound`, `ExtensionNotAllowed`, `VersionConflict`.
    """
    now_known = await rescheduling.calendar(work)
    request = await lock(work, request_id, expected_version)
    rule = rule_of(work, request.kind, request.scope)
    if rule.extension_days == 0 or request.extensions > 0 or request.decided_at is not None or request.closed_at:
        raise ExtensionNotAllowed
    request.extensions += 1
    rescheduling.take_over(request, rescheduling.dates_of(work, request, now_known))
    request.version += 1
    reminders.plan(work, request, work.today)
    await exchange(work, request, Direction.EXTENSION, reason)
    await messages.tell(work, request, "extension", until=request.decide_by)
    record(work, request, "request.extended", decide_by=request.decide_by.isoformat())
    return request
