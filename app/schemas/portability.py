"""Requests for portability on the wire."""

from typing import Literal

from app.domain.vocabulary import RequestKind
from app.schemas.rights_requests import SubmissionIn
from app.schemas.types import Code, StrictModel
from app.services.submissions import Submission


class TransferTo(StrictModel):
    """Whom the data is to be sent to directly."""

    controller: Code
    """One that the DPO registered; to another it can't be sent, and the package is made all the same."""


class PortabilityIn(SubmissionIn):
    """A request for the subject's own data in a form that machines read (PDPA s.31)."""

    format: Literal["json", "csv"] = "json"
    transfer_to: TransferTo | None = None

    def submission(self) -> Submission:
        """As the service takes it."""
        sent_on = {} if self.transfer_to is None else {"transfer_to": self.transfer_to.model_dump()}
        scope = {"format": self.format, **sent_on}
        return self.asked(RequestKind.PORTABILITY, scope, scope)
