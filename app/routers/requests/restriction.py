"""Requests for restriction, and the end of a restriction."""

from typing import Annotated

from fastapi import APIRouter, Response

from app.core.access import GuardedRoute, allow
from app.core.work import Work
from app.domain.errors import IllegalTransition, NotFound, RepresentativeRequired, SubjectErased, VersionConflict
from app.domain.vocabulary import Permission
from app.routers.conditional import IfMatch
from app.routers.requests.parameters import RequestId, answer
from app.schemas.restriction import RestrictionIn
from app.schemas.rights_requests import ReasonIn, RequestOut
from app.services import restriction, subjects, submissions
from app.services.rights_requests import see

router = APIRouter(prefix="/v1/requests", route_class=GuardedRoute, tags=["requests"])


@router.post(
    "/restriction",
    operation_id="submitRestriction",
    summary="Ask for restriction of use",
    status_code=201,
    responses={200: {"model": RequestOut, "description": "An open request of the same scope stands already"}},
)
async def submit_restriction(
    body: RestrictionIn,
    response: Response,
    work: Annotated[
        Work,
        allow(
            Permission.REQUEST_SUBMIT,
            names=subjects.see_named,
            raises=(NotFound, SubjectErased, RepresentativeRequired),
        ),
    ],
) -> RequestOut:
    """Use is restricted from the proof of identity on: from now, where the token proves it (PDPA s.34)."""
    request, duplicate = await submissions.submit(work, body.submission())
    response.status_code = 200 if duplicate else 201
    return await answer(work, response, request, duplicate=duplicate)


@router.post("/{request_id}/lifting", operation_id="liftRestriction", summary="Lift a restriction")
async def lift_restriction(
    request_id: RequestId,
    body: ReasonIn,
    response: Response,
    if_match: IfMatch,
    work: Annotated[Work, allow(Permission.REQUEST_DECIDE, sees=see, raises=(IllegalTransition, VersionConflict))],
) -> RequestOut:
    """Once it was granted and carried out. The subject is told first; the systems get a task each."""
    return await answer(work, response, await restriction.lift(work, request_id, body.reason, if_match))
