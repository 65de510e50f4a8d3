"""Requests for portability."""

from typing import Annotated

from fastapi import APIRouter, Response

from app.core.access import GuardedRoute, allow
from app.core.work import Work
from app.domain.errors import NotFound, RepresentativeRequired, SubjectErased
from app.domain.vocabulary import Permission
from app.routers.requests.parameters import answer
from app.schemas.portability import PortabilityIn
from app.schemas.rights_requests import RequestOut
from app.services import subjects, submissions

router = APIRouter(prefix="/v1/requests", route_class=GuardedRoute, tags=["requests"])


@router.post(
    "/portability",
    operation_id="submitPortability",
    summary="Ask for portable data",
    status_code=201,
    responses={200: {"model": RequestOut, "description": "An open request of the same scope stands already"}},
)
async def submit_portability(
    body: PortabilityIn,
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
    """Granted record by record: what the subject gave, and is held on consent or for a contract (PDPA s.31)."""
    request, duplicate = await submissions.submit(work, body.submission())
    response.status_code = 200 if duplicate else 201
    return await answer(work, response, request, duplicate=duplicate)
