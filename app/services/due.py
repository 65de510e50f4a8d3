"""What falls due by itself: each kind of it, when the next one does, and how it comes about."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.core.work import Work
from app.services import consent_expiry, identity, webhook_deliveries


class NextAt(Protocol):
    """When the next one falls due, or should have; None: none waits."""

    def __call__(self, work: Work, /) -> Awaitable[datetime | None]: ...


class Happen(Protocol):
    """Lets one of them, or a few, come about; tells whether any was due.

    `wait`: for whoever holds the next one; without it, what others hold is skipped.
    """

    def __call__(self, work: Work, /, *, wait: bool = False) -> Awaitable[bool]: ...


@dataclass(frozen=True, slots=True)
class Due:
    """One kind of what falls due. Each comes about in a transaction, once, whoever lets it and however many try."""

    name: str
    next_at: NextAt
    happen: Happen


DUE: Sequence[Due] = (
    Due("identity_lapse", identity.next_lapse, identity.lapse_next),
    Due("consent_expiry", consent_expiry.next_expiry, consent_expiry.expire_next),
    Due("webhook_removal", webhook_deliveries.next_removal, webhook_deliveries.remove_next),
)
