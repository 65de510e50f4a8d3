"""The privacy dashboard of a data subject."""

from typing import Annotated

from fastapi import APIRouter

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor
from app.domain.vocabulary import Permission
from app.routers.pages import Cursor, Limit
from app.routers.subjects import SubjectRef
from app.schemas.processing import ProcessingItem, ProcessingPage
from app.services import processing, subjects

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["decisions"])


@router.get(
    "/subjects/{subject_ref}/processing", operation_id="listProcessing", summary="What a person's data is used for"
)
async def list_processing(
    subject_ref: SubjectRef,
    work: Annotated[Work, allow(Permission.PROCESSING_READ, sees=subjects.see, raises=(BadCursor,))],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> ProcessingPage:
    """Every purpose: allowed or not, why, since when, and what the person can do about it now."""
    shown = await processing.overview(work, subject_ref, limit, cursor)
    return ProcessingPage(items=[ProcessingItem.of(view) for view in shown.items], next_cursor=shown.next_cursor)
