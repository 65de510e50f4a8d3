"""A body too large for memory, on its way: sealed under a key that only this process knows, in a file without a name."""

import hashlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from app.core.sealing import new_key, seal, unseal

BLOCK = 1024 * 1024
_OVERHEAD = 28
"""What sealing adds to a block: its nonce and its tag."""


class Spool:
    """Written once, then read in blocks of 1 MiB as often as wanted. Raises `OSError` where the disk takes no more."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115  (closed by `close`)
        self._key = new_key()
        self._pending = bytearray()
        self._digest = hashlib.sha256()
        self._written = 0
        self.size = 0

    @property
    def sha256(self) -> str:
        """The digest of all that was written, in hexadecimal."""
        return self._digest.hexdigest()

    @property
    def block_count(self) -> int:
        """How many blocks `blocks` gives."""
        return self._written

    def write(self, piece: bytes) -> None:
        """Append to it."""
        rest = memoryview(piece)
        while rest:
            taken = rest[: BLOCK - len(self._pending)]
            self._pending += taken
            rest = rest[len(taken) :]
            if len(self._pending) == BLOCK:
                self.flush()

    def flush(self) -> None:
        """Seal what waits, as the last block."""
        if not self._pending:
            return
        block = bytes(self._pending)
        self._pending.clear()
        self._digest.update(block)
        self.size += len(block)
        self._file.write(seal(self._key, block, self._place(self._written)))
        self._written += 1

    def blocks(self) -> Iterator[bytes]:
        """What was written, from the beginning."""
        for number in range(self._written):
            self._file.seek(number * (BLOCK + _OVERHEAD))
            yield unseal(self._key, self._file.read(BLOCK + _OVERHEAD), self._place(number))

    def close(self) -> None:
        """Let go of the file; the key is lost with this object."""
        self._file.close()

    def _place(self, number: int) -> str:
        return f"spool/{number}"


@dataclass(frozen=True, slots=True)
class Spooled:
    """A body that came whole and could be read: its bytes, and what was read out of them."""

    spool: Spool
    content: object


SpoolReader = Callable[[Spool], Awaitable[object]]
"""Reads a whole body before the database is asked for anything. Raises errors of the input."""
