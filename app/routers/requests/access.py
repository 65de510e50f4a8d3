"""Requests for access."""

from typing import Annotated

from fastapi import APIRouter, Response

from app.core.access import GuardedRoute, allow
from app.core.work import Work
from app.domain.errors import NotFound, RepresentativeRequired, SubjectErased
from app.domain.vocabulary import Permission
from app.routers.requests.parameters import answer
from app.schemas.access import AccessIn
from app.schemas.rights_requests import RequestOut
from app.services import subjects, submissions

router = APIRouter(prefix="/v1/requests", route_class=GuardedRoute, tags=["requests"])


@router.post(
    "/access",
    operation_id="submitAccess",
    summary="Ask for access and copies",
    status_code=201,
    responses={200: {"model": RequestOut, "description": "An open request of the same scope stands already"}},
)
async def submit_access(
    body: AccessIn,
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
    """Granted category by category; each system that holds such data then delivers it (PDPA s.30)."""
    request, duplicate = await submissions.submit(work, body.submission())
    response.status_code = 200 if duplicate else 201
    return await answer(work, response, request, duplicate=duplicate)
