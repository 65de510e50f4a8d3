"""Acknowledgements of notices on the wire."""

from datetime import datetime
from uuid import UUID

from app.domain.vocabulary import Channel, Language
from app.schemas.pages import PageOut
from app.schemas.types import Choice, OutModel, Ref, StrictModel
from app.services.acknowledgements import Showing


class AcknowledgementIn(StrictModel):
    """To whom the notice was shown, and how."""

    subject_ref: Ref
    channel: Choice[Channel]
    language: Choice[Language]

    def showing(self) -> Showing:
        """As the service takes it."""
        return Showing(self.subject_ref, self.channel, self.language)


class AcknowledgementOut(OutModel):
    """That a data subject was shown a version of a notice."""

    id: UUID
    notice_id: str
    version: str
    content_sha256: str
    """Of the notice's texts, as in the notice itself."""
    subject_ref: str
    channel: Channel
    language: Language
    acknowledged_at: datetime


class AcknowledgementPage(PageOut[AcknowledgementOut]):
    """A page of acknowledgements, the newest first."""
