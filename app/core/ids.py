"""Identifiers that sort by time (UUID version 7, RFC 9562)."""

import secrets
from datetime import datetime
from uuid import UUID

_COUNTER_BITS = 26


class _Counter:
    """Numbers the ids of one millisecond, so that what one unit of work makes sorts in the order of making."""

    def __init__(self) -> None:
        self.millisecond, self.number = -1, 0

    def next(self, millisecond: int) -> int:
        self.number = self.number + 1 if millisecond == self.millisecond else 0
        self.millisecond = millisecond
        return self.number % (1 << _COUNTER_BITS)


_counter = _Counter()


def new_id(now: datetime) -> UUID:
    """A fresh UUIDv7 for an instant: 48 bits of milliseconds, a counter of 26 bits, 48 random bits."""
    millisecond = int(now.timestamp() * 1000)
    high, low = divmod(_counter.next(millisecond), 1 << 14)
    bits = millisecond & (1 << 48) - 1
    for value, width in ((0x7, 4), (high, 12), (0x2, 2), (low, 14), (secrets.randbits(48), 48)):
        bits = bits << width | value
    return UUID(int=bits)
