"""Webhook endpoints on the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.schemas.pages import PageOut
from app.schemas.types import Choice, Line, OutModel, SafeText, StrictModel
from app.services.events import EventType
from app.services.webhook_endpoints import Change, Registration

EventTypes = Annotated[Choice[tuple[Choice[EventType], ...]], Field(min_length=1, max_length=len(EventType))]
Url = Annotated[str, SafeText(2_048)]


class WebhookEndpointIn(StrictModel):
    """Where events of some types are to be sent."""

    url: Url
    """HTTPS on its usual port, at a public address; others only where the operator lists them."""
    event_types: EventTypes
    description: Line | None = None
    """For whoever reads the list; nothing personal."""

    def registration(self) -> Registration:
        """As the service takes it."""
        return Registration(self.url, self.event_types, self.description)


class WebhookEndpointPatch(StrictModel):
    """What shall be otherwise; what is left out stays."""

    url: Url | None = None
    event_types: EventTypes | None = None
    description: Line | None = None
    """Null takes it away."""
    status: Literal["enabled", "disabled"] | None = None
    """`disabled` gives up what was not delivered yet; `enabled` begins with the events to come."""

    def change(self) -> Change:
        """As the service takes it."""
        named = {name: getattr(self, name) for name in self.model_fields_set}
        if self.event_types is not None:
            named["event_types"] = list(dict.fromkeys(self.event_types))
        return Change({name: value for name, value in named.items() if value is not None or name == "description"})


class WebhookEndpointOut(OutModel):
    """A webhook endpoint."""

    id: UUID
    owner: str
    """`system/…` or `sub/…`: whose it is, beside DPO and admin."""
    url: str
    event_types: list[str]
    description: str | None
    status: str
    """`enabled` or `disabled`."""
    disabled_reason: str | None
    """`requested`; `gone`: it answered 410; `failing`: it took nothing for three days; `unreadable`: its secret is lost,
    so rotate it before it is enabled again.
    """
    disabled_at: datetime | None
    paused_until: datetime | None
    """It has failed again and again: nothing is sent to it before, and then one delivery at first; null: it is not paused."""
    created_by: str
    created_at: datetime
    version: int


class WebhookEndpointRegistered(WebhookEndpointOut):
    """A new webhook endpoint with its secret."""

    secret: str | None
    """`whsec_` and base64; told now and never again. Null where this is a kept answer, given once more."""


class WebhookEndpointPage(PageOut[WebhookEndpointOut]):
    """A page of webhook endpoints, the newest first."""


class WebhookSecretOut(OutModel):
    """The new secret of a webhook endpoint."""

    secret: str | None
    """As at the registration. The former one signs too for 24 hours."""
