"""Requests for portability on the wire."""

from typing import Literal

from app.domain.vocabulary import RequestKind
from app.schemas.rights_requests import SubmissionIn
from app.services.submissions import Submission


class PortabilityIn(SubmissionIn):
    """A request for the subject's own data in a form that machines read (PDPA s.31)."""

    format: Literal["json", "csv"] = "json"

    def submission(self) -> Submission:
        """As the service takes it."""
        scope = {"format": self.format}
        return self.asked(RequestKind.PORTABILITY, scope, scope)
