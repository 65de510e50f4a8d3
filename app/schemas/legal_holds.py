"""Legal holds on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.schemas.pages import PageOut
from app.schemas.types import Choice, Name, Note, OutModel, Ref, StrictModel
from app.services.legal_holds import Placement

MAX_REFS = 5_000


class LegalHoldIn(StrictModel):
    """What may not be destroyed, by which provision, and why."""

    subject_ref: Ref
    record_refs: Annotated[Choice[tuple[Ref, ...]], Field(min_length=1, max_length=MAX_REFS)] | None = None
    """Some of the subject's records; left out: all about the subject, with what comes later."""
    reason: Note
    """Kept sealed, and shown only to those who may place holds."""
    provision: Name
    """The law or order, told to the subject wherever the hold keeps a record."""

    def placement(self) -> Placement:
        """As the service takes it."""
        return Placement(self.subject_ref, self.record_refs, self.reason, self.provision)


class LegalHoldRelease(StrictModel):
    """Why a hold ends."""

    reason: Note
    """Kept sealed, as the reason of the hold."""


class LegalHoldOut(OutModel):
    """A legal hold; in force until `released_at`."""

    id: UUID
    subject_ref: str
    record_refs: list[str] | None
    """Null where it covers everything about the subject."""
    provision: str
    reason: str | None
    """Null for those who can't place holds."""
    placed_by: str
    placed_at: datetime
    released_by: str | None
    released_at: datetime | None
    release_reason: str | None
    """As `reason`."""
    version: int


class LegalHoldPage(PageOut[LegalHoldOut]):
    """A page of legal holds, the newest first."""
