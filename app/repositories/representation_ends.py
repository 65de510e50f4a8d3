"""Representations whose time is over, and subjects who come of age: found by their day."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from app.core.work import Work

_NEXT_END = """
SELECT subject_ref, representative_ref, relation FROM representation
WHERE approved_at IS NOT NULL AND ended_at IS NULL AND valid_until < $1
  AND subject_ref || '/' || representative_ref
      NOT IN (SELECT object_id FROM set_aside WHERE kind = 'representation_end' AND until > now())
ORDER BY valid_until, subject_ref, representative_ref LIMIT 1 FOR NO KEY UPDATE
"""
_NEXT_FREE_END = _NEXT_END + "SKIP LOCKED"
_FIRST_END = """
SELECT min(valid_until) FROM representation
WHERE approved_at IS NOT NULL AND ended_at IS NULL AND valid_until IS NOT NULL
  AND subject_ref || '/' || representative_ref
      NOT IN (SELECT object_id FROM set_aside WHERE kind = 'representation_end' AND until > now())
"""
_END = """
UPDATE representation SET ended_at = $1
WHERE subject_ref = $2 AND relation = ANY($3) AND approved_at IS NOT NULL AND ended_at IS NULL
  AND ($4::text IS NULL OR representative_ref = $4)
RETURNING subject_ref, representative_ref, relation
"""
_NEXT_OF_AGE = """
SELECT subject_ref FROM subject WHERE comes_of_age_on <= $1
  AND subject_ref NOT IN (SELECT object_id FROM set_aside WHERE kind = 'majority' AND until > now())
ORDER BY comes_of_age_on, subject_ref LIMIT 1 FOR NO KEY UPDATE
"""
_NEXT_FREE_OF_AGE = _NEXT_OF_AGE + "SKIP LOCKED"
_FIRST_OF_AGE = """
SELECT min(comes_of_age_on) FROM subject WHERE comes_of_age_on IS NOT NULL
  AND subject_ref NOT IN (SELECT object_id FROM set_aside WHERE kind = 'majority' AND until > now())
"""
_OF_AGE = "UPDATE subject SET comes_of_age_on = NULL WHERE subject_ref = $1"


class Ended(NamedTuple):
    """A representation that is over."""

    subject_ref: str
    representative_ref: str
    relation: str


async def lock_next_ended(work: Work, *, wait: bool) -> Ended | None:
    """The approved representation longest past its last day, locked; without `wait` past those that others hold."""
    row = await (await work.driver()).fetchrow(_NEXT_END if wait else _NEXT_FREE_END, work.today)
    if row is None:
        return None
    over = Ended(*row)
    work.in_hand.take("representation_end", f"{over.subject_ref}/{over.representative_ref}")
    return over


async def first_end(work: Work) -> date | None:
    """The earliest last day of those approved whose end was not told."""
    found: date | None = await (await work.driver()).fetchval(_FIRST_END)
    return found


async def end(
    work: Work, subject_ref: str, relations: Sequence[str], representative_ref: str | None = None
) -> list[Ended]:
    """Note the end of approved representations of a subject, by relation or of one person; tells of which it is new."""
    driver = await work.driver()
    return [Ended(*row) for row in await driver.fetch(_END, work.now, subject_ref, relations, representative_ref)]


async def lock_next_of_age(work: Work, *, wait: bool) -> str | None:
    """The subject who came of age longest ago, locked; without `wait` past those whom others hold."""
    found: str | None = await (await work.driver()).fetchval(_NEXT_OF_AGE if wait else _NEXT_FREE_OF_AGE, work.today)
    if found is not None:
        work.in_hand.take("majority", found)
    return found


async def first_of_age(work: Work) -> date | None:
    """The earliest day on which a minor comes of age."""
    found: date | None = await (await work.driver()).fetchval(_FIRST_OF_AGE)
    return found


async def come_of_age(work: Work, subject_ref: str) -> None:
    """It has come about; the subject is locked."""
    await (await work.driver()).execute(_OF_AGE, subject_ref)
