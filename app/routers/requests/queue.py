"""The queue, one request, and the moves that need no decision."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import (
    BadCursor,
    DecisionUnlawful,
    ExtensionNotAllowed,
    IllegalTransition,
    NotFound,
    VersionConflict,
)
from app.domain.rights_request import Status
from app.domain.vocabulary import Permission, RequestKind
from app.routers.conditional import IfMatch, tag
from app.routers.pages import Cursor, Limit
from app.routers.requests.parameters import RequestId, answer
from app.schemas.rights_requests import (
    AnswerIn,
    AssignmentIn,
    OptionalReasonIn,
    QuestionIn,
    ReasonIn,
    RequestOut,
    RequestPage,
    Timeline,
)
from app.schemas.types import CalendarDate, Ref
from app.services import cancellations, extensions, information, request_views, rights_requests
from app.services.rights_requests import see

router = APIRouter(prefix="/v1/requests", route_class=GuardedRoute, tags=["requests"])
MOVES = (IllegalTransition, VersionConflict)


@router.get("", operation_id="listRequests", summary="The queue by deadline")
async def list_requests(
    work: Annotated[Work, allow(Permission.REQUEST_READ, raises=(NotFound, BadCursor))],
    kind: Annotated[RequestKind | None, Query(description="Only of this kind")] = None,
    status: Annotated[Status | None, Query(description="Only in this status")] = None,
    subject_ref: Annotated[Ref | None, Query(description="Whose; a member's own where left out")] = None,
    assigned_to: Annotated[
        str | None,
        Query(max_length=128, pattern=r"^[A-Za-z0-9._:@-]+$", description="Only this officer's (`sub` of the token)"),
    ] = None,
    due_before: Annotated[CalendarDate | None, Query(description="Only what falls due before this day")] = None,
    overdue: Annotated[Literal["true", "false"] | None, Query(description="Only what is, or is not, overdue")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> RequestPage:
    """Requests sorted by the date that counts now. People see their own."""
    found = await request_views.page(
        work,
        kind=kind,
        status=status,
        subject_ref=subject_ref,
        assigned_to=assigned_to,
        due_before=due_before,
        overdue=None if overdue is None else overdue == "true",
        limit=limit,
        cursor=cursor,
    )
    return RequestPage.model_validate(found)


@router.get("/{request_id}", operation_id="getRequest", summary="One request")
async def get_request(
    request_id: RequestId, response: Response, work: Annotated[Work, allow(Permission.REQUEST_READ, sees=see)]
) -> RequestOut:
    """With its identity, its deadlines and, once decided, its items and their reasons."""
    request = await request_views.read(work, request_id)
    tag(response, request.version)
    return RequestOut.model_validate(request)


@router.get("/{request_id}/timeline", operation_id="getRequestTimeline", summary="What happened to a request")
async def get_timeline(
    request_id: RequestId, work: Annotated[Work, allow(Permission.REQUEST_READ, sees=see)]
) -> Timeline:
    """Every step in order."""
    return Timeline.model_validate({"items": list(await request_views.timeline(work, request_id))})


@router.post("/{request_id}/information-requests", operation_id="askForInformation", summary="Ask the subject")
async def ask_for_information(
    request_id: RequestId,
    body: QuestionIn,
    response: Response,
    if_match: IfMatch,
    work: Annotated[Work, allow(Permission.REQUEST_ASK, sees=see, raises=MOVES)],
) -> RequestOut:
    """The clock runs on, for the Act knows no clock stop, unless the pack lets it stand still until the answer."""
    return await answer(work, response, await information.ask(work, request_id, body.question, if_match))


@router.post("/{request_id}/information", operation_id="giveInformation", summary="Answer a question")
async def give_information(
    request_id: RequestId,
    body: AnswerIn,
    response: Response,
    if_match: IfMatch,
    work: Annotated[Work, allow(Permission.REQUEST_ANSWER, sees=see, raises=MOVES)],
) -> RequestOut:
    """The request goes back into review."""
    return await answer(work, response, await information.answer(work, request_id, body.answer, if_match))


@router.post("/{request_id}/assignment", operation_id="assignRequest", summary="Give a request to an officer")
async def assign_request(
    request_id: RequestId,
    body: AssignmentIn,
    response: Response,
    if_match: IfMatch,
    work: Annotated[Work, allow(Permission.REQUEST_ASSIGN, sees=see, raises=(VersionConflict,))],
) -> RequestOut:
    """The officer gets the reminders."""
    return await answer(work, response, await rights_requests.assign(work, request_id, body.assigned_to, if_match))


@router.post("/{request_id}/cancellation", operation_id="cancelRequest", summary="Withdraw a request")
async def cancel_request(
    request_id: RequestId,
    body: OptionalReasonIn,
    response: Response,
    if_match: IfMatch,
    work: Annotated[Work, allow(Permission.REQUEST_CANCEL, sees=see, raises=(*MOVES, DecisionUnlawful))],
) -> RequestOut:
    """Possible until the decision; where an objection has stopped direct marketing, with the person's own token only."""
    return await answer(work, response, await cancellations.cancel(work, request_id, body.reason, if_match))


@router.post("/{request_id}/extension", operation_id="extendRequest", summary="Extend the deadline")
async def extend_request(
    request_id: RequestId,
    body: ReasonIn,
    response: Response,
    if_match: IfMatch,
    work: Annotated[Work, allow(Permission.REQUEST_EXTEND, sees=see, raises=(ExtensionNotAllowed, VersionConflict))],
) -> RequestOut:
    """Only where the policy pack allows an extension; the packs that ship do not."""
    return await answer(work, response, await extensions.extend(work, request_id, body.reason, if_match))
