"""Messages to people on their way out: what a notifier is, and over which channels a deployment has one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

STEP_SECONDS = 10
TOTAL_SECONDS = 45
"""Each step of a delivery, and all of it, may take so long; leases are longer."""


class Via(StrEnum):
    """The channels over which people are reached."""

    EMAIL = "email"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message for one address. `message_id` and `at` (when it was queued) stay the same however often it is sent."""

    message_id: UUID
    at: datetime
    to: str = field(repr=False)
    title: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message was not taken: a code. `permanent`: it will not be taken later either.

    `recipient`: it was its recipient that was refused, for now; the next message may be taken.
    """

    reason: str
    permanent: bool = False
    recipient: bool = False
    retry_after: timedelta | None = None


class Outage(Exception):
    """Whoever delivers takes nothing now, for the reason that `code` says: the next message would fare no better."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Notifier(Protocol):
    """Hands a message to whoever delivers it."""

    async def send(self, envelope: Envelope, /) -> Failure | None:
        """Returns None once the message was taken. May be called again for the same message after a crash."""


@dataclass(frozen=True, slots=True)
class Channels:
    """The notifiers of a deployment. `outbox`: the sandbox's, which takes whatever no notifier does, and shows all."""

    notifiers: Mapping[Via, Notifier]
    outbox: bool

    def delivers(self, via: Via) -> bool:
        """Whether a worker sends what goes over this channel."""
        return via in self.notifiers

    def serves(self, via: Via) -> bool:
        """Whether anything that goes over this channel leaves."""
        return self.outbox or self.delivers(via)

    @property
    def missing(self) -> list[Via]:
        """The channels over which nothing leaves."""
        return [via for via in Via if not self.serves(via)]
