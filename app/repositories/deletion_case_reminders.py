"""Which deletion cases are to be reminded of, and which reminders were given: each once, whoever gives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.core.work import Work

_DUE = """
SELECT id, subject_ref, reason, found_at, decide_by, next_reminder_at FROM deletion_case
WHERE status = 'open' AND next_reminder_at <= $1
  AND id::text NOT IN (SELECT object_id FROM set_aside WHERE kind = 'deletion_case_reminder' AND until > now())
ORDER BY next_reminder_at, id LIMIT $2 FOR NO KEY UPDATE
"""
_FREE = f"{_DUE} SKIP LOCKED"
_FIRST = """
SELECT min(next_reminder_at) FROM deletion_case WHERE status = 'open'
  AND id::text NOT IN (SELECT object_id FROM set_aside WHERE kind = 'deletion_case_reminder' AND until > now())
"""
_PLAN = """
UPDATE deletion_case SET next_reminder_at = $2, decide_by = $3, version = version + (decide_by <> $3)::integer WHERE id = $1
"""
_ALL = "UPDATE deletion_case SET next_reminder_at = least(next_reminder_at, $1) WHERE status = 'open'"
_GIVE = """
INSERT INTO deletion_case_reminder (case_id, mark, due_on, fired_at)
SELECT $1, mark, $3, $4 FROM unnest($2::integer[]) AS given (mark)
ON CONFLICT DO NOTHING RETURNING mark
"""


@dataclass(frozen=True, slots=True)
class DueCase:
    """An open case that is to be looked at, since `next_reminder_at`."""

    id: UUID
    subject_ref: str
    reason: str
    found_at: datetime
    decide_by: date
    next_reminder_at: datetime


async def lock_due(work: Work, limit: int, *, wait: bool) -> Sequence[DueCase]:
    """Open cases of which it is time to remind, the longest due first; without `wait` past those that others hold."""
    rows = await (await work.driver()).fetch(_DUE if wait else _FREE, work.now, work.in_hand.room(limit))
    work.in_hand.take("deletion_case_reminder", *(row["id"] for row in rows))
    return [DueCase(**row) for row in rows]


async def first_due(work: Work) -> datetime | None:
    """When the next case is to be reminded of."""
    at: datetime | None = await (await work.driver()).fetchval(_FIRST)
    return at


async def give(work: Work, case_id: UUID, due_on: date, marks: Sequence[int]) -> frozenset[int]:
    """Keep reminders of a case; tells which of them were not given before."""
    rows = await (await work.driver()).fetch(_GIVE, case_id, marks, due_on, work.now)
    return frozenset(row["mark"] for row in rows)


async def plan(work: Work, case_id: UUID, decide_by: date, at: datetime | None) -> None:
    """Keep the date of a case, and when it is next to be reminded of; None: never again."""
    await (await work.driver()).execute(_PLAN, case_id, at, decide_by)


async def look_again(work: Work) -> None:
    """Let every open case be looked at now."""
    await (await work.driver()).execute(_ALL, work.now)
