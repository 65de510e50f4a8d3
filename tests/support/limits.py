"""What stands against processing, as the decision reads it: rows that were not lifted."""

from typing import Any, NamedTuple

from tests.support.database import Database

STANDING = """
SELECT kind, purposes, record_refs, final FROM processing_limit
WHERE subject_ref = $1 AND lifted_at IS NULL ORDER BY purposes, record_refs
"""


class Limit(NamedTuple):
    """A restriction or an objection in force."""

    kind: str
    refs: tuple[str, ...]
    final: bool


async def standing(database: Database, subject_ref: str = "M-1") -> list[Limit]:
    """The limits in force on a subject's data."""
    rows: list[Any] = await database.fetch(STANDING, subject_ref)
    return [Limit(row["kind"], tuple(row["purposes"] or row["record_refs"]), row["final"]) for row in rows]
