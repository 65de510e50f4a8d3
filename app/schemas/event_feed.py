"""Events on the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.schemas.types import OutModel


class EventOut(OutModel):
    """Something that happened: references and codes, never personal data."""

    id: UUID
    """The `webhook-id` under which endpoints get it."""
    type: str
    """New types may come."""
    occurred_at: datetime
    data: dict[str, Any]


class EventPage(OutModel):
    """Some events, in the order in which they became visible."""

    items: list[EventOut]
    next_after: str | None
    """From where to go on, also where nothing new is here yet; null while there has never been an event."""
