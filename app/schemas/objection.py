"""Objections on the wire."""

from app.domain.objection import ObjectionGround
from app.domain.vocabulary import RequestKind
from app.schemas.rights_requests import Codes, SubmissionIn, pointed
from app.schemas.types import Choice, Note
from app.services.submissions import Submission


class ObjectionIn(SubmissionIn):
    """An objection to processing for some purposes (PDPA s.32)."""

    purposes: Codes
    ground: Choice[ObjectionGround]
    """The case of s.32 that the subject relies on; each purpose is assessed by its own nature."""
    reason: Note | None = None

    def submission(self) -> Submission:
        """As the service takes it: an objection to research is assessed otherwise, and duplicates no other."""
        purposes = sorted(set(self.purposes))
        return self.asked(
            RequestKind.OBJECTION,
            {"purposes": purposes, "ground": self.ground},
            {"purposes": purposes, "research": self.ground is ObjectionGround.RESEARCH},
            purposes=pointed("/purposes", self.purposes),
            reason=self.reason,
        )
