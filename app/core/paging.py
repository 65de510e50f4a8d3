"""Keyset pages: a cursor is the key of the last row seen, signed for one list and its filters."""

import base64
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.core.sealing import KeyRing
from app.domain.errors import BadCursor

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
_TAG = 12

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, and the cursor of those that follow."""

    items: Sequence[T]
    next_cursor: str | None


def encode_cursor(ring: KeyRing, scope: str, key: Sequence[str]) -> str:
    """A cursor for `scope` (the list and its filters)."""
    payload = json.dumps(list(key), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_tag(ring, scope, payload) + payload).decode().rstrip("=")


def decode_cursor(ring: KeyRing, scope: str, cursor: str) -> list[str]:
    """The key in a cursor. Raises `BadCursor` for one that was made for another scope, or is damaged."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        tag, payload = raw[:_TAG], raw[_TAG:]
        if not hmac.compare_digest(tag, _tag(ring, scope, payload)):
            raise BadCursor
        key: list[str] = json.loads(payload)
    except ValueError as error:
        raise BadCursor from error
    return key


def _tag(ring: KeyRing, scope: str, payload: bytes) -> bytes:
    return hmac.digest(ring.digest("cursor", scope), payload, "sha256")[:_TAG]
