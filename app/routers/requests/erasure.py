"""Requests for erasure."""

from typing import Annotated

from fastapi import APIRouter, Response

from app.core.access import GuardedRoute, allow
from app.core.work import Work
from app.domain.errors import NotFound, RepresentativeRequired, SubjectErased
from app.domain.vocabulary import Permission
from app.routers.requests.parameters import answer
from app.schemas.erasure import ErasureIn
from app.schemas.rights_requests import RequestOut
from app.services import subjects, submissions

router = APIRouter(prefix="/v1/requests", route_class=GuardedRoute, tags=["requests"])


@router.post(
    "/erasure",
    operation_id="submitErasure",
    summary="Ask for erasure, destruction or anonymisation",
    status_code=201,
    responses={200: {"model": RequestOut, "description": "An open request of the same scope stands already"}},
)
async def submit_erasure(
    body: ErasureIn,
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
    """Starts the clock of PDPA s.33: decided by day 30, carried out by day 90.

    Identity must be proven at level `substantial`: by the token, by a one-time code, or at the counter.
    """
    request, duplicate = await submissions.submit(work, body.submission())
    response.status_code = 200 if duplicate else 201
    return await answer(work, response, request, duplicate=duplicate)
