"""Privacy notices."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.core.access import GuardedRoute, public
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor, NotFound
from app.domain.notices import NoticeStatus
from app.routers.pages import Cursor, Limit
from app.schemas.notices import NoticeOut, NoticePage
from app.schemas.types import Code
from app.services import notices

router = APIRouter(prefix="/v1/notices", route_class=GuardedRoute, tags=["notices"])
PUBLISHED = "a privacy notice is there to be read by everyone (PDPA s.23)"


@router.get("", operation_id="listNotices", summary="The privacy notices")
async def list_notices(
    work: Annotated[Work, public(PUBLISHED, raises=(BadCursor,))],
    purpose: Annotated[Code | None, Query(description="Only notices that cover this purpose")] = None,
    status: Annotated[NoticeStatus | None, Query(description="Only notices in this status today")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> NoticePage:
    """Every version, the newest first. A new notice replaces the current one of its own purposes only."""
    page = notices.list_notices(work, purpose, status, limit, cursor)
    return NoticePage(items=[NoticeOut.model_validate(view) for view in page.items], next_cursor=page.next_cursor)


@router.get("/{notice_id}", operation_id="getNotice", summary="One privacy notice")
async def get_notice(
    notice_id: Annotated[str, Path(description="Identifier of the notice")],
    work: Annotated[Work, public(PUBLISHED, raises=(NotFound,))],
) -> NoticeOut:
    """With its texts, and the digest that consents are bound to."""
    return NoticeOut.model_validate(notices.get(work, notice_id))
