"""Packages and their links on the wire."""

from datetime import date, datetime
from typing import Literal

from app.schemas.types import OutModel


class PackagePart(OutModel):
    """A file in the package, as it is once unpacked."""

    name: str
    sha256: str


class PackageOut(OutModel):
    """The package of a request for access or portability."""

    state: Literal["building", "ready", "removed"]
    size: int | None
    """In bytes, once it is ready."""
    parts: list[PackagePart]
    """The files in it; `manifest.json` among them holds the SHA-256 of every other."""
    ready_at: datetime | None
    remove_on: date | None
    """At the start of this day it is removed."""
    attempts: int
    """How often its building was begun."""
    failure: str | None
    """Code of what went wrong last while it was built; it is tried again."""


class PackageLinkOut(OutModel):
    """A link that hands the package out once, to who made it."""

    url: str | None
    """Told once: a repetition of the call under the same key has null."""
    expires_at: datetime
