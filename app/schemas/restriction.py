"""Restriction requests on the wire."""

from pydantic import model_validator

from app.domain.restriction import RestrictionGround
from app.domain.vocabulary import RequestKind
from app.schemas.rights_requests import Codes, Refs, SubmissionIn, pointed
from app.schemas.types import Choice, fault
from app.services.submissions import Submission


class RestrictionIn(SubmissionIn):
    """A request to restrict use (PDPA s.34): of some purposes, or of some records, exactly one of both."""

    purposes: Codes | None = None
    record_refs: Refs | None = None
    ground: Choice[RestrictionGround]
    """The case of s.34 that the subject relies on."""

    @model_validator(mode="after")
    def _one_way(self) -> "RestrictionIn":
        if (self.purposes is None) == (self.record_refs is None):
            raise fault("not_allowed", "Exactly one of purposes and record_refs")
        return self

    def submission(self) -> Submission:
        """As the service takes it."""
        chosen = {"purposes": self.purposes, "record_refs": self.record_refs}
        named = {name: sorted(set(values)) for name, values in chosen.items() if values is not None}
        return self.asked(
            RequestKind.RESTRICTION,
            {**named, "ground": self.ground},
            named,
            purposes=pointed("/purposes", self.purposes),
        )
