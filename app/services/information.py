"""Information that a decision needs: asked of the subject, and answered; the clock runs on unless the pack lets it stop."""

from uuid import UUID

from app.core.work import Work
from app.domain.rights_request import Move, Status, advance
from app.models.rights_request import RightsRequest
from app.services import letters, messages, pauses
from app.services.events import EventType
from app.services.rights_requests import Direction, exchange, lock, move, note_event, record


async def ask(work: Work, request_id: UUID, question: str, expected_version: int | None) -> RightsRequest:
    """Ask the subject for information; the clock stops where the pack lets it.

    Raises `NotFound`, `IllegalTransition`, `VersionConflict`.
    """
    request = await lock(work, request_id, expected_version)
    move(work, request, advance(Status(request.status), Move.ASK))
    pauses.pause(work, request)
    paused = {"paused": True} if request.paused_on is not None else {}
    await exchange(work, request, Direction.QUESTION, question)
    await letters.information(work, request, question)
    await messages.tell(work, request, "question_paused" if paused else "question")
    note_event(work, request, EventType.REQUEST_INFORMATION_REQUESTED, **paused)
    record(work, request, "request.information_requested", **paused)
    return request


async def answer(work: Work, request_id: UUID, text: str, expected_version: int | None) -> RightsRequest:
    """The subject's answer, which lets a stopped clock go on. Raises `NotFound`, `IllegalTransition`, `VersionConflict`."""
    request = await lock(work, request_id, expected_version)
    move(work, request, advance(Status(request.status), Move.ANSWER))
    pauses.resume(work, request)
    await exchange(work, request, Direction.ANSWER, text)
    note_event(work, request, EventType.REQUEST_INFORMATION_RECEIVED)
    record(work, request, "request.information_received")
    return request
