"""Base64url without padding, in its one canonical spelling (RFC 4648 5, RFC 7515 2)."""

import base64


def decode(text: str) -> bytes:
    """The bytes. Raises `ValueError` for padding, foreign characters and spare bits that are not zero."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(raw) != text:
        raise ValueError("not canonical base64url")
    return raw


def encode(raw: bytes) -> str:
    """The text."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
