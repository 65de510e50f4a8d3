"""Consents that are taken over, many in one statement."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from app.core.work import Work
from app.domain.capacity import Person
from app.domain.vocabulary import LegalCapacity
from app.repositories.consents import ConsentRecord, EventRow

LOCK_SUBJECTS = """
SELECT subject_ref, erased_at IS NOT NULL AS erased, born_on, married_on, deceased_on, legal_capacity
FROM subject WHERE subject_ref = ANY($1) ORDER BY subject_ref FOR NO KEY UPDATE
"""
ON_RECORD = """
SELECT subject_ref, purpose, bool_or(ended_at IS NULL) AS open, max(greatest(ended_at, withdrawn_at)) AS ended_at
FROM consent JOIN unnest($1::text[], $2::text[]) AS asked (subject_ref, purpose) USING (subject_ref, purpose)
GROUP BY subject_ref, purpose
"""
ADD = """
WITH added AS (INSERT INTO consent SELECT * FROM json_populate_recordset(NULL::consent, $1::text::json))
INSERT INTO consent_event SELECT * FROM json_populate_recordset(NULL::consent_event, $2::text::json)
"""


class Subject(NamedTuple):
    """What is asked of a subject before its consents are taken over."""

    erased: bool
    person: Person


class OnRecord(NamedTuple):
    """The subject's consents to one purpose: whether one is open, and when the last end was."""

    open: bool
    ended_at: datetime | None


async def lock_subjects(work: Work, subject_refs: Collection[str]) -> Mapping[str, Subject]:
    """Those of the subjects that are known, locked in one order: nothing else happens to their consents meanwhile."""
    driver = await work.driver()
    return {
        ref: Subject(erased, Person(born_on, married_on, deceased_on, LegalCapacity(capacity)))
        for ref, erased, born_on, married_on, deceased_on, capacity in await driver.fetch(
            LOCK_SUBJECTS, list(subject_refs)
        )
    }


async def on_record(work: Work, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], OnRecord]:
    """What is known already of some subjects and purposes."""
    driver = await work.driver()
    rows = await driver.fetch(ON_RECORD, [ref for ref, _ in keys], [purpose for _, purpose in keys])
    return {(ref, purpose): OnRecord(is_open, ended_at) for ref, purpose, is_open, ended_at in rows}


async def add(work: Work, taken: Sequence[tuple[ConsentRecord, EventRow]]) -> None:
    """Keep new consents, each with the event that began it."""
    consents = [{**consent._asdict(), "happened": None} for consent, _ in taken]
    events = [{**granted._asdict(), "consent_id": consent.id} for consent, granted in taken]
    driver = await work.driver()
    await driver.execute(ADD, json.dumps(consents, default=_text), json.dumps(events, default=_text))


def _text(value: object) -> str:
    """As the database reads it: bytes in hexadecimal."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
