"""Signatures of webhooks (Standard Webhooks 1.0, symmetric)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """A fresh secret, as it is told to its owner."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signed_headers(keys: Iterable[str], message_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """What goes with a body: the message's id, the instant of the attempt, and a signature by each of the secrets.

    Raises `ValueError` for an id with a dot: the same signature would then hold for another id with another timestamp.
    """
    if "." in message_id:
        raise ValueError("an id that is signed has no dot")
    timestamp = str(int(at.timestamp()))
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = [f"v1,{_signature(key, content)}" for key in keys]
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": " ".join(signatures)}


def _signature(key: str, content: bytes) -> str:
    secret = base64.b64decode(key.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(secret, content, hashlib.sha256)).decode()
