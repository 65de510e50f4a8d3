"""Privacy notices."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.core.access import GuardedRoute, allow, public
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor, NotFound, NoticeVersionTaken
from app.domain.notices import NoticeStatus
from app.domain.vocabulary import Permission
from app.routers.pages import Cursor, Limit
from app.schemas.notices import NoticeIn, NoticeOut, NoticePage
from app.schemas.types import Code
from app.services import notices

router = APIRouter(prefix="/v1/notices", route_class=GuardedRoute, tags=["notices"])
NoticeId = Annotated[str, Path(description="Identifier of the notice")]
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


@router.post("", operation_id="publishNotice", summary="Publish a privacy notice", status_code=201)
async def publish_notice(
    body: NoticeIn, work: Annotated[Work, allow(Permission.NOTICE_PUBLISH, raises=(NoticeVersionTaken,))]
) -> NoticeOut:
    """For good: what was published is never changed, and every version stays readable.

    From its day on it replaces the current notice of its own purposes; earlier consents to those in `fresh_consent_for`
    become `superseded` at that moment. Systems are told by the event `notice.published`.
    """
    return NoticeOut.model_validate(await notices.publish(work, body.publication()))


@router.get("/{notice_id}", operation_id="getNotice", summary="One privacy notice")
async def get_notice(
    notice_id: NoticeId,
    work: Annotated[Work, public(PUBLISHED, raises=(NotFound,))],
) -> NoticeOut:
    """With its texts, and the digest that consents are bound to."""
    return NoticeOut.model_validate(notices.get(work, notice_id))
