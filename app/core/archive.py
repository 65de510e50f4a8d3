"""A ZIP file written as a stream: nothing is sought back to, and what is made is taken away piece by piece."""

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

FIRST_YEAR, LAST_YEAR = 1980, 2107
"""The years that the format can name."""
_OWNER_ONLY = 0o600 << 16
_UNIX = 3


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive, as it is once unpacked."""

    name: str
    size: int
    sha256: str


class _Made(bytearray):
    """What the archive writes; not seekable, for it has no position."""

    def write(self, piece: bytes) -> int:
        self.extend(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing waits."""


class Archive:
    """An archive in the making. Its bytes depend on what is written and on `made_at` alone."""

    def __init__(self, made_at: datetime) -> None:
        year = min(max(made_at.year, FIRST_YEAR), LAST_YEAR)
        self._stamp = (year, made_at.month, made_at.day, made_at.hour, made_at.minute, made_at.second)
        self._made = _Made()
        self._zip = zipfile.ZipFile(self._made, "w")  # type: ignore[call-overload]  # a sink that only takes bytes
        self._digest = hashlib.sha256()
        self._size = 0
        self.members: list[Member] = []

    def start(self, name: str, *, large: bool = False) -> None:
        """Start a member; `large`: it may pass 2 GiB."""
        entry = zipfile.ZipInfo(name, self._stamp)
        entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, _UNIX, _OWNER_ONLY
        self._digest, self._size = hashlib.sha256(), 0
        self._name, self._member = name, self._zip.open(entry, "w", force_zip64=large)

    def write(self, piece: bytes) -> None:
        """Go on with the member."""
        self._digest.update(piece)
        self._size += len(piece)
        self._member.write(piece)

    def end(self) -> None:
        """End the member."""
        self._member.close()
        self.members.append(Member(self._name, self._size, self._digest.hexdigest()))

    def close(self) -> None:
        """No more members come."""
        self._zip.close()

    def take(self, size: int, *, rest: bool = False) -> Iterator[bytes]:
        """Take away what is made in pieces of `size`; `rest`: the last, shorter one too."""
        while len(self._made) >= size or (rest and self._made):
            piece = bytes(self._made[:size])
            del self._made[:size]
            yield piece
