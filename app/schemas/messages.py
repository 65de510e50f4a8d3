"""What is asked and answered about a rights request, on the wire."""

from datetime import datetime

from app.schemas.types import OutModel
from app.services.rights_requests import Direction


class RequestMessage(OutModel):
    """A question to the subject, an answer, what was said with the decision, or a reason.

    A reason is that of the request, its cancellation, an extension or a lifting.
    """

    at: datetime
    direction: Direction
    text: str | None
    """Null for who takes no part in the exchange, and once the evidence was destroyed."""


class RequestMessages(OutModel):
    """What was asked and answered, in order."""

    items: list[RequestMessage]
