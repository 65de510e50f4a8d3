"""Privacy notices: every version that was ever published, and which one is current."""

from dataclasses import dataclass
from datetime import date

from app.core.paging import Page
from app.core.work import Work
from app.domain.errors import NotFound
from app.domain.notices import NoticeStatus, notice_status
from app.domain.policy import Bilingual, Notice
from app.services.pages import page


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice, and where it stands today."""

    notice_id: str
    version: str
    status: NoticeStatus
    effective_from: date
    purposes: tuple[str, ...]
    title: Bilingual
    content: Bilingual
    content_sha256: str


def list_notices(
    work: Work, purpose: str | None, status: NoticeStatus | None, limit: int, cursor: str | None
) -> Page[NoticeView]:
    """The notices, the newest first; narrowed to those that cover a purpose, and to a status. Raises `BadCursor`."""
    newest_first = sorted(
        work.pack.notices.values(), key=lambda notice: (-notice.effective_from.toordinal(), notice.version)
    )
    views = [_view(work, notice) for notice in newest_first if purpose is None or purpose in notice.purposes]
    wanted = [view for view in views if status is None or view.status is status]
    return page(work, f"notices {purpose} {status}", wanted, lambda view: view.notice_id, limit=limit, cursor=cursor)


def get(work: Work, notice_id: str) -> NoticeView:
    """One notice. Raises `NotFound`."""
    if notice_id not in work.pack.notices:
        raise NotFound
    return _view(work, work.pack.notices[notice_id])


def _view(work: Work, notice: Notice) -> NoticeView:
    return NoticeView(
        notice_id=notice.notice_id,
        version=notice.version,
        status=notice_status(work.pack.notices.values(), notice, work.today),
        effective_from=notice.effective_from,
        purposes=notice.purposes,
        title=notice.title,
        content=notice.content,
        content_sha256=notice.content_sha256,
    )
