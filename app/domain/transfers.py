"""Direct transfer of a package to another controller (PDPA s.31): what is declared with it, and which receipt counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

PATIENCE = timedelta(days=3)
"""So long a receiver that does not take a package is tried; after that the transfer counts as technically impossible."""
DELAYS: Sequence[timedelta] = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720))
IMPOSSIBLE = "port_technically_impossible"


class TransferState(StrEnum):
    """Where a direct transfer stands."""

    WAITING = "waiting"
    SENT = "sent"
    IMPOSSIBLE = "impossible"


def try_again_at(attempts: int, since: datetime, now: datetime) -> datetime | None:
    """When a transfer that failed `attempts` times is tried again; None once the patience is over."""
    at = now + DELAYS[min(attempts, len(DELAYS)) - 1]
    return at if at <= since + PATIENCE else None


def declared(
    *, request_id: str, reference: str, sender: str, receiver: str, manifest_sha256: str, size: int, sent_at: datetime
) -> Mapping[str, object]:
    """What the sender signs about a package: `manifest.json` in it holds the digest of every other file."""
    return {
        "jti": request_id,
        "iss": sender,
        "aud": receiver,
        "iat": int(sent_at.timestamp()),
        "reference": reference,
        "manifest_sha256": manifest_sha256,
        "size": size,
    }


def acknowledges(receipt: object, declaration: Mapping[str, object]) -> bool:
    """Whether what a receiver signed speaks of this very package."""
    named = ("jti", "manifest_sha256")
    return isinstance(receipt, Mapping) and all(receipt.get(name) == declaration[name] for name in named)
