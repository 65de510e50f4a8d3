"""The inventory of held records."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from sqlmodel import col, select

from app.core.work import Work
from app.models.record import HeldRecord

LOCK_SUBJECTS = "SELECT subject_ref, erased_at FROM subject WHERE subject_ref = ANY($1) ORDER BY subject_ref FOR SHARE"
UPSERT = """
INSERT INTO held_record (
    subject_ref, record_ref, kind, system, storage, categories, provided_by_subject, lawful_basis, purpose, source,
    insurer, events, conditions, state, changed_at
)
SELECT subject_ref, record_ref, kind, system, storage, categories::text[], provided, basis, purpose, source,
    insurer, events::jsonb, conditions::text[], 'held', $14
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bool[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
    AS pushed (subject_ref, record_ref, kind, system, storage, categories, provided, basis, purpose, source,
    insurer, events, conditions)
ORDER BY subject_ref, record_ref
ON CONFLICT (subject_ref, record_ref) DO UPDATE SET
    kind = excluded.kind, system = excluded.system, storage = excluded.storage, categories = excluded.categories,
    provided_by_subject = excluded.provided_by_subject, lawful_basis = excluded.lawful_basis,
    purpose = excluded.purpose, source = excluded.source, insurer = excluded.insurer, events = excluded.events,
    conditions = excluded.conditions, changed_at = excluded.changed_at
WHERE held_record.state IN ('held', 'storage_only')
RETURNING subject_ref, record_ref
"""


class PushedRow(Protocol):
    """What a pushed row says."""

    @property
    def subject_ref(self) -> str: ...
    @property
    def record_ref(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def events(self) -> Mapping[str, date]: ...
    @property
    def conditions(self) -> Sequence[str]: ...
    @property
    def system(self) -> str: ...
    @property
    def storage(self) -> str: ...
    @property
    def categories(self) -> Sequence[str]: ...
    @property
    def provided_by_subject(self) -> bool: ...
    @property
    def lawful_basis(self) -> str | None: ...
    @property
    def purpose(self) -> str | None: ...
    @property
    def source(self) -> str | None: ...
    @property
    def insurer(self) -> str | None: ...


async def lock_subjects(work: Work, subject_refs: Sequence[str]) -> Mapping[str, bool]:
    """Which of the subjects are known, and whether each was erased; held against an erasure in flight."""
    driver = await work.driver()
    rows = await driver.fetch(LOCK_SUBJECTS, list(subject_refs))
    return {row["subject_ref"]: row["erased_at"] is not None for row in rows}


async def upsert(work: Work, rows: Sequence[PushedRow]) -> Collection[tuple[str, str]]:
    """Write records in one statement; returns the keys taken: what is erased, or about to be, is left alone."""
    if not rows:
        return frozenset()
    columns = (
        [row.subject_ref for row in rows],
        [row.record_ref for row in rows],
        [row.kind for row in rows],
        [row.system for row in rows],
        [row.storage for row in rows],
        [_codes(row.categories) for row in rows],
        [row.provided_by_subject for row in rows],
        [row.lawful_basis for row in rows],
        [row.purpose for row in rows],
        [row.source for row in rows],
        [row.insurer for row in rows],
        [json.dumps({name: on.isoformat() for name, on in row.events.items()}) for row in rows],
        [_codes(row.conditions) for row in rows],
    )
    driver = await work.driver()
    taken = await driver.fetch(UPSERT, *columns, work.now)
    return {(row["subject_ref"], row["record_ref"]) for row in taken}


async def still_held(work: Work, subject_ref: str, record_refs: Sequence[str]) -> frozenset[str]:
    """Those of the references that name a record of the subject which is not erased or anonymised."""
    statement = select(HeldRecord.record_ref).where(
        HeldRecord.subject_ref == subject_ref,
        col(HeldRecord.record_ref).in_(record_refs),
        col(HeldRecord.ended_at).is_(None),
    )
    return frozenset((await work.session.exec(statement)).all())


def _codes(codes: Sequence[str]) -> str:
    """An array literal; codes are lower-case words, so nothing in them needs quoting."""
    return "{" + ",".join(codes) + "}"


async def page(
    work: Work, subject_ref: str, after: str | None, limit: int, *, live: bool = False
) -> Sequence[HeldRecord]:
    """A subject's records by reference. `live`: without those that are erased or anonymised."""
    statement = (
        select(HeldRecord)
        .where(HeldRecord.subject_ref == subject_ref)
        .order_by(col(HeldRecord.record_ref))
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(HeldRecord.record_ref > after)
    if live:
        statement = statement.where(col(HeldRecord.ended_at).is_(None))
    return (await work.session.exec(statement)).all()
