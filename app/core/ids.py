"""Identifiers that sort by time (UUID version 7, RFC 9562)."""

import os
from datetime import datetime
from uuid import UUID


def new_id(now: datetime) -> UUID:
    """A fresh UUIDv7 for an instant: 48 bits of milliseconds, then 74 random bits."""
    milliseconds = int(now.timestamp() * 1000)
    rand = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (1 << 48) - 1) << 80 | rand
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
