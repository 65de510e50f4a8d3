"""Requests for correction, and what they would change."""

from typing import Annotated

from fastapi import APIRouter, Response

from app.core.access import GuardedRoute, allow
from app.core.work import Work
from app.domain.errors import NotFound, RepresentativeRequired, SubjectErased
from app.domain.vocabulary import Permission
from app.routers.requests.parameters import RequestId, answer
from app.schemas.correction import ChangesOut, CorrectionIn
from app.schemas.rights_requests import RequestOut
from app.services import correction, subjects, submissions
from app.services.rights_requests import see

router = APIRouter(prefix="/v1/requests", route_class=GuardedRoute, tags=["requests"])


@router.post(
    "/correction",
    operation_id="submitCorrection",
    summary="Ask for correction",
    status_code=201,
    responses={200: {"model": RequestOut, "description": "An open request for the same changes stands already"}},
)
async def submit_correction(
    body: CorrectionIn,
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
    """From the proof of identity to the decision the records concerned show `accuracy_under_check` (PDPA s.35, s.36)."""
    request, duplicate = await submissions.submit(work, body.submission())
    response.status_code = 200 if duplicate else 201
    return await answer(work, response, request, duplicate=duplicate)


@router.get("/{request_id}/changes", operation_id="getRequestedChanges", summary="What a correction would change")
async def get_changes(
    request_id: RequestId, work: Annotated[Work, allow(Permission.REQUEST_READ, sees=see)]
) -> ChangesOut:
    """Before, after and evidence. Officers' reading is audited; auditors see which fields, not what they hold."""
    return ChangesOut.model_validate({"items": await correction.changes_of(work, request_id)})
