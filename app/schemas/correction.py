"""Corrections on the wire."""

from typing import Annotated

from pydantic import Field, Strict

from app.domain.vocabulary import RequestKind
from app.schemas.rights_requests import SubmissionIn
from app.schemas.types import Choice, Note, OutModel, Ref, StrictModel
from app.services.submissions import Submission

FieldName = Annotated[str, Strict(), Field(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$")]
"""What a system calls a field, such as `phone` or `address.postcode`."""


class ChangeIn(StrictModel):
    """One thing that is wrong, and what is right."""

    record_ref: Ref | None = None
    """The record; left out: wherever the field is held."""
    field: FieldName
    current: Note | None = None
    """What is held now, as far as the subject knows."""
    proposed: Note
    evidence: Annotated[Choice[tuple[Note, ...]], Field(max_length=20)] = ()
    """What proves it, in words: no copy is kept here."""


class CorrectionIn(SubmissionIn):
    """A request to correct data (PDPA s.35, s.36)."""

    changes: Annotated[Choice[tuple[ChangeIn, ...]], Field(min_length=1, max_length=100)]

    def submission(self) -> Submission:
        """As the service takes it: the fields lie open, their values sealed."""
        fields = [{"record_ref": change.record_ref, "field": change.field} for change in self.changes]
        values = [
            {"current": change.current, "proposed": change.proposed, "evidence": list(change.evidence)}
            for change in self.changes
        ]
        return self.asked(RequestKind.CORRECTION, {"changes": fields}, [fields, values], particulars=values)


class ChangeOut(OutModel):
    """One change that is asked for. The values are null for who takes no part, and once the evidence was destroyed."""

    ref: str
    """The item of the request."""
    record_ref: str | None
    field: str
    current: str | None
    proposed: str | None
    evidence: list[str] | None


class ChangesOut(OutModel):
    """The changes that a correction asks for, in their order; none for other rights."""

    items: list[ChangeOut]
