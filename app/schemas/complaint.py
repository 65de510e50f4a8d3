"""Complaints on the wire."""

from app.domain.vocabulary import RequestKind
from app.schemas.rights_requests import SubmissionIn
from app.schemas.types import Id, Note
from app.services.submissions import Submission


class ComplaintIn(SubmissionIn):
    """A complaint to the cooperative (PDPA s.73)."""

    text: Note
    """What went wrong; kept sealed, and read with the request's messages."""
    about_request: Id | None = None
    """A request of the same subject, whose case the complaint then joins."""

    def submission(self) -> Submission:
        """As the service takes it: the same words about the same request are the same complaint."""
        about = {} if self.about_request is None else {"about_request": str(self.about_request)}
        return self.asked(
            RequestKind.COMPLAINT,
            about,
            {**about, "text": self.text},
            reason=self.text,
            about_request=self.about_request,
        )
