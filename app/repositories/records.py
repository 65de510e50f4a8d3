"""The inventory of held records."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlmodel import col, or_, select

from app.core.work import Work
from app.models.record import HeldRecord

SUBJECTS = "SELECT subject_ref, erased_at FROM subject WHERE subject_ref = ANY($1) ORDER BY subject_ref"
LOCK_SUBJECTS, LOCK_SUBJECTS_ALONE = f"{SUBJECTS} FOR SHARE", f"{SUBJECTS} FOR NO KEY UPDATE"
UPSERT = """
INSERT INTO held_record (
    subject_ref, record_ref, kind, system, storage, categories, provided_by_subject, lawful_basis, purpose, source,
    insurer, events, conditions, state, changed_at
)
SELECT *, 'held', $2 FROM json_to_recordset($1::text::json) AS pushed (
    subject_ref text, record_ref text, kind text, system text, storage text, categories text[],
    provided_by_subject bool, lawful_basis text, purpose text, source text, insurer text, events jsonb,
    conditions text[]
)
ON CONFLICT (subject_ref, record_ref) DO UPDATE SET
    kind = excluded.kind, system = excluded.system, storage = excluded.storage, categories = excluded.categories,
    provided_by_subject = excluded.provided_by_subject, lawful_basis = excluded.lawful_basis,
    purpose = excluded.purpose, source = excluded.source, insurer = excluded.insurer, events = excluded.events,
    conditions = excluded.conditions, changed_at = excluded.changed_at
WHERE held_record.state IN ('held', 'storage_only')
"""
CLOSED = """
SELECT subject_ref, record_ref, state
FROM held_record JOIN unnest($1::text[], $2::text[]) AS pushed (subject_ref, record_ref) USING (subject_ref, record_ref)
WHERE state NOT IN ('held', 'storage_only')
"""


class InventoryRow(NamedTuple):
    """What a system says about a record that it holds."""

    subject_ref: str
    record_ref: str
    kind: str
    system: str
    storage: str
    categories: Sequence[str]
    provided_by_subject: bool
    lawful_basis: str | None
    purpose: str | None
    source: str | None
    insurer: str | None
    events: Mapping[str, date]
    conditions: Sequence[str]

    @property
    def key(self) -> tuple[str, str]:
        """Subject and record."""
        return self.subject_ref, self.record_ref


async def lock_subjects(work: Work, subject_refs: Sequence[str], *, alone: bool) -> Mapping[str, bool]:
    """Which of the subjects are known, and whether each was erased; held against an erasure in flight.

    `alone`: against other pushes too, which orders what this one decides about the subjects.
    """
    driver = await work.driver()
    rows = await driver.fetch(LOCK_SUBJECTS_ALONE if alone else LOCK_SUBJECTS, list(subject_refs))
    return {row["subject_ref"]: row["erased_at"] is not None for row in rows}


async def upsert(work: Work, rows: Sequence[InventoryRow]) -> Mapping[tuple[str, str], str]:
    """Write records in one statement, whatever their number; returns the state of those that are closed to pushes.

    What is erased, or about to be, is left alone. A state is never changed: no push lifts a restriction. Rows are
    written in the order of their keys, so that pushes of the same rows wait for each other instead of deadlocking.
    """
    if not rows:
        return {}
    ordered = [row._asdict() for row in sorted(rows, key=lambda row: row.key)]
    driver = await work.driver()
    status = await driver.execute(UPSERT, json.dumps(ordered, default=date.isoformat), work.now)
    if int(status.rpartition(" ")[2]) == len(rows):
        return {}
    subject_refs, record_refs = zip(*(row.key for row in rows), strict=True)
    closed = await driver.fetch(CLOSED, subject_refs, record_refs)
    return {(row["subject_ref"], row["record_ref"]): row["state"] for row in closed}


async def still_held(work: Work, subject_ref: str, record_refs: Sequence[str]) -> frozenset[str]:
    """Those of the references that name a record of the subject which is not erased or anonymised."""
    statement = select(HeldRecord.record_ref).where(
        HeldRecord.subject_ref == subject_ref,
        col(HeldRecord.record_ref).in_(record_refs),
        col(HeldRecord.ended_at).is_(None),
    )
    return frozenset((await work.session.exec(statement)).all())


async def serving(work: Work, subject_ref: str, kinds: Sequence[str], purposes: Sequence[str]) -> Sequence[HeldRecord]:
    """The subject's records of some kinds, and those pushed for some purposes, as long as they are held."""
    statement = (
        select(HeldRecord)
        .where(
            HeldRecord.subject_ref == subject_ref,
            or_(col(HeldRecord.kind).in_(kinds), col(HeldRecord.purpose).in_(purposes)),
            col(HeldRecord.ended_at).is_(None),
        )
        .order_by(col(HeldRecord.record_ref))
    )
    return (await work.session.exec(statement)).all()


async def held(work: Work, subject_ref: str) -> Sequence[HeldRecord]:
    """All records held about a subject, in whatever state, by reference."""
    statement = select(HeldRecord).where(HeldRecord.subject_ref == subject_ref, col(HeldRecord.ended_at).is_(None))
    return (await work.session.exec(statement.order_by(col(HeldRecord.record_ref)))).all()


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
