"""Privacy notices on the wire."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.domain.notices import NoticeStatus
from app.domain.policy import Bilingual
from app.schemas.bilingual import BilingualOut
from app.schemas.pages import PageOut
from app.schemas.types import CalendarDate, Choice, Code, Name, OutModel, SafeText, StrictModel
from app.services.notices import Publication

MANY = 100
NoticeText = Annotated[str, SafeText(20_000, lines=True)]


class NoticeTitle(StrictModel):
    """The title of a notice."""

    th: Name
    en: Name


class NoticeContent(StrictModel):
    """The text of a notice."""

    th: NoticeText
    en: NoticeText


class NoticeIn(StrictModel):
    """A new version of a privacy notice, with what PDPA s.23 wants told."""

    version: Name
    """Unique among all notices; what a consent will name as `notice_version`."""
    effective_from: CalendarDate
    """Today or later. Today: it is current at once."""
    title: NoticeTitle
    content: NoticeContent
    purposes: Annotated[Choice[tuple[Code, ...]], Field(min_length=1, max_length=MANY)]
    """The purposes that it covers, each once; for these alone it replaces the current notice."""
    fresh_consent_for: Annotated[Choice[tuple[Code, ...]], Field(max_length=MANY)] = ()
    """Those of `purposes` whose earlier consents end, as `superseded`, when it takes effect."""

    def publication(self) -> Publication:
        """As the service takes it."""
        return Publication(
            self.version,
            self.effective_from,
            Bilingual(self.title.th, self.title.en),
            Bilingual(self.content.th, self.content.en),
            self.purposes,
            self.fresh_consent_for,
        )


class NoticeOut(OutModel):
    """One version of a privacy notice."""

    notice_id: str
    version: str
    """Unique; what a consent names as `notice_version`."""
    status: NoticeStatus
    """`past`: a later notice has replaced it for each of its purposes."""
    effective_from: date
    purposes: tuple[str, ...]
    fresh_consent_for: tuple[str, ...]
    """Purposes whose earlier consents ended when it took effect, or will."""
    title: BilingualOut
    content: BilingualOut
    content_sha256: str
    """SHA-256, in hexadecimal, of the canonical JSON of `title` and `content`; consents are bound to it."""
    published_at: datetime | None
    """Null for a notice that came with the policy pack."""


class NoticePage(PageOut[NoticeOut]):
    """A page of notices, the newest first."""
