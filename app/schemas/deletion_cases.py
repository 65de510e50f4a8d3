"""Deletion cases on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.domain.deletion_cases import DeletionOutcome, DeletionReason
from app.domain.vocabulary import Basis
from app.schemas.pages import PageOut
from app.schemas.types import Choice, Code, Note, OutModel, Ref, StrictModel
from app.services.deletion_handling import Finding, Resolution

CaseStatus = Literal["open", "closed"]


class DeletionCaseIn(StrictModel):
    """What was collected without the consent that it needed."""

    subject_ref: Ref
    reason: Choice[DeletionReason]
    purposes: Annotated[Choice[tuple[Code, ...]], Field(min_length=1, max_length=100)] | None = None
    """Left out: whatever the subject has consented to alone."""
    note: Note | None = None
    """Kept sealed, and shown only to those who may open cases. A case that is open already keeps its own."""

    def finding(self) -> Finding:
        """As the service takes it."""
        return Finding(**dict(self))


class DeletionCaseResolution(StrictModel):
    """How a case is dealt with."""

    outcome: Choice[DeletionOutcome]
    basis: Choice[Basis] | None = None
    """On which the data is kept, and only then: any but consent."""
    note: Note | None = None
    """Kept sealed, as the note of the case."""

    def resolution(self) -> Resolution:
        """As the service takes it."""
        return Resolution(**dict(self))


class DeletionCaseOut(OutModel):
    """Data collected without the consent that it needed: to be erased, or kept on another basis, by `decide_by`."""

    id: UUID
    subject_ref: str
    reason: DeletionReason
    purposes: list[str]
    consent_ids: list[UUID]
    """The consents that lack somebody's word: they end with the case."""
    status: CaseStatus
    found_by: str
    found_at: datetime
    decide_by: date
    overdue: bool
    note: str | None
    """Null for those who can't open cases."""
    outcome: DeletionOutcome | None
    basis: Basis | None
    resolution_note: str | None
    """As `note`."""
    request_id: UUID | None
    """The request under which the data is erased; null where nothing rests on those consents."""
    closed_by: str | None
    closed_at: datetime | None
    version: int


class DeletionCasePage(PageOut[DeletionCaseOut]):
    """A page of deletion cases, by deadline."""
