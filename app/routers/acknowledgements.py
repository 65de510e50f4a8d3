"""Acknowledgements of privacy notices."""

from typing import Annotated

from fastapi import APIRouter, Response

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor, NotFound, SubjectErased
from app.domain.vocabulary import Permission
from app.routers.notices import NoticeId
from app.routers.pages import Cursor, Limit
from app.routers.subjects import SubjectRef
from app.schemas.acknowledgements import AcknowledgementIn, AcknowledgementOut, AcknowledgementPage
from app.services import acknowledgements, notices, subjects

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["notices"])


@router.post(
    "/notices/{notice_id}/acknowledgements",
    operation_id="acknowledgeNotice",
    summary="Record that a data subject was shown a notice",
    status_code=201,
    responses={200: {"model": AcknowledgementOut, "description": "It was shown before: the first time, as recorded"}},
)
async def acknowledge_notice(
    notice_id: NoticeId,
    body: AcknowledgementIn,
    response: Response,
    work: Annotated[
        Work,
        allow(
            Permission.NOTICE_ACKNOWLEDGE,
            sees=notices.see,
            names=subjects.see_named,
            raises=(NotFound, SubjectErased),
        ),
    ],
) -> AcknowledgementOut:
    """Bound to the version and its digest. A past notice can be recorded too, a scheduled one not before its day."""
    kept, is_new = await acknowledgements.acknowledge(work, notice_id, body.showing())
    response.status_code = 201 if is_new else 200
    return AcknowledgementOut.model_validate(kept)


@router.get(
    "/subjects/{subject_ref}/acknowledgements",
    operation_id="listAcknowledgements",
    summary="The notices that a data subject was shown",
)
async def list_acknowledgements(
    subject_ref: SubjectRef,
    work: Annotated[Work, allow(Permission.CONSENT_READ, sees=subjects.see, raises=(BadCursor,))],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> AcknowledgementPage:
    """The newest first."""
    return AcknowledgementPage.model_validate(
        await acknowledgements.list_acknowledgements(work, subject_ref, limit, cursor)
    )
