"""A request is withdrawn by whoever made it: what identity brought about ends with it."""

from uuid import UUID

from app.core.work import Work
from app.domain.rights_request import Move, Status, advance
from app.models.rights_request import RightsRequest
from app.services import kinds, pauses
from app.services.events import EventType
from app.services.rights_requests import Direction, exchange, lock_with_subject, move, note_event, record


async def cancel(work: Work, request_id: UUID, reason: str | None, expected_version: int | None) -> RightsRequest:
    """Withdraw a request before it is decided.

    Raises `NotFound`, `IllegalTransition`, `VersionConflict`, and `DecisionUnlawful` where an objection has stopped
    direct marketing and neither the subject nor a representative calls.
    """
    request = await lock_with_subject(work, request_id, expected_version)
    pauses.resume(work, request)
    move(work, request, advance(Status(request.status), Move.CANCEL))
    await kinds.of(request).give_up(work, request)
    if reason is not None:
        await exchange(work, request, Direction.CANCELLATION, reason)
    note_event(work, request, EventType.REQUEST_CANCELLED)
    record(work, request, "request.cancelled")
    return request
