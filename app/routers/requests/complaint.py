"""Complaints."""

from typing import Annotated

from fastapi import APIRouter, Response

from app.core.access import GuardedRoute, allow
from app.core.work import Work
from app.domain.errors import NotFound, RepresentativeRequired, SubjectErased
from app.domain.vocabulary import Permission
from app.routers.requests.parameters import answer
from app.schemas.complaint import ComplaintIn
from app.schemas.rights_requests import RequestOut
from app.services import subjects, submissions

router = APIRouter(prefix="/v1/requests", route_class=GuardedRoute, tags=["requests"])


@router.post(
    "/complaint",
    operation_id="submitComplaint",
    summary="Complain to the cooperative",
    status_code=201,
    responses={200: {"model": RequestOut, "description": "The same complaint is open already"}},
)
async def submit_complaint(
    body: ComplaintIn,
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
    """Answered by day 30. Nobody needs to complain here before going to the Office of the PDPC (PDPA s.73)."""
    request, duplicate = await submissions.submit(work, body.submission())
    response.status_code = 200 if duplicate else 201
    return await answer(work, response, request, duplicate=duplicate)
