"""Privacy notices on the wire."""

from datetime import date

from app.domain.notices import NoticeStatus
from app.schemas.bilingual import BilingualOut
from app.schemas.pages import PageOut
from app.schemas.types import OutModel


class NoticeOut(OutModel):
    """One version of a privacy notice."""

    notice_id: str
    version: str
    """Unique; what a consent names as `notice_version`."""
    status: NoticeStatus
    """`past`: a later notice has replaced it for each of its purposes."""
    effective_from: date
    purposes: tuple[str, ...]
    title: BilingualOut
    content: BilingualOut
    content_sha256: str
    """SHA-256, in hexadecimal, of the canonical JSON of `title` and `content`; consents are bound to it."""


class NoticePage(PageOut[NoticeOut]):
    """A page of notices, the newest first."""
