"""The audit log: insert and read, nothing else."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Entry(NamedTuple):
    """Who did what to what, when, under which policy: references and codes only."""

    id: UUID
    at: datetime
    actor: str
    roles: Sequence[str]
    action: str
    object_type: str
    object_id: str
    subject_ref: str | None
    details: Mapping[str, object]
    policy: str
    request_id: str
