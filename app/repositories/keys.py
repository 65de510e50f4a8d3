"""Wrapped subject keys."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from app.core.work import Work

GET = "SELECT subject_ref, master_key, wrapped FROM keys.subject_key WHERE subject_ref = ANY($1) AND purpose = $2"
ADD = """
INSERT INTO keys.subject_key (subject_ref, purpose, master_key, wrapped, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
"""
ADD_MANY = """
INSERT INTO keys.subject_key (subject_ref, purpose, master_key, wrapped, created_at)
SELECT subject_ref, $4, master_key, wrapped, $5
FROM unnest($1::text[], $2::text[], $3::bytea[]) AS made (subject_ref, master_key, wrapped)
ON CONFLICT DO NOTHING
"""
DESTROY = "DELETE FROM keys.subject_key WHERE subject_ref = $1 AND purpose = $2"


class WrappedKey(NamedTuple):
    """A subject's key, as the master key named has wrapped it."""

    subject_ref: str
    master_key: str
    wrapped: bytes


async def get(work: Work, subject_refs: Collection[str], purpose: str) -> Sequence[WrappedKey]:
    """Those keys of some subjects that are there: none where none was made, or where it was destroyed."""
    driver = await work.driver()
    return [WrappedKey(*row) for row in await driver.fetch(GET, list(subject_refs), purpose)]


async def add_unless_there(work: Work, purpose: str, key: WrappedKey) -> WrappedKey:
    """Keep a new key, or give back the one that a concurrent call made first."""
    driver = await work.driver()
    await driver.execute(ADD, key.subject_ref, purpose, key.master_key, key.wrapped, work.now)
    return (await get(work, [key.subject_ref], purpose))[0]


async def add_many(work: Work, purpose: str, made: Collection[WrappedKey]) -> None:
    """Keep new keys, but for those that a concurrent call made first; subjects in their order, so that nobody deadlocks."""
    driver = await work.driver()
    columns = zip(*sorted(made), strict=True)
    await driver.execute(ADD_MANY, *columns, purpose, work.now)


async def destroy(work: Work, subject_ref: str, purpose: str) -> None:
    """Destroy a key: what was sealed under it can never be read again."""
    driver = await work.driver()
    await driver.execute(DESTROY, subject_ref, purpose)
