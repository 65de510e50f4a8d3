"""Locks between processes that no death leaves behind."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """A whole-file lock (flock): the kernel frees it when its holder dies, whatever kills it.

    Two of them on one file exclude each other also within one process.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)

    def try_shared(self) -> bool:
        return self._try(fcntl.LOCK_SH)

    def try_exclusive(self) -> bool:
        return self._try(fcntl.LOCK_EX)

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._descriptor)


def is_held_exclusively(path: Path) -> bool:
    """Whether somebody holds the lock at `path` for itself."""
    lock = FileLock(path)
    try:
        return not lock.try_shared()
    finally:
        lock.close()
