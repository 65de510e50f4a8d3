"""Deletion cases, and the consents that they are about. The subject's row orders their changes."""

from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from uuid import UUID

from app.core.work import Work
from app.domain.capacity import Person
from app.domain.deletion_cases import CONSENTS
from app.domain.vocabulary import LegalCapacity
from app.repositories.rights_requests import OPEN


@dataclass(frozen=True, slots=True)
class Case:
    """One row; `note` is sealed."""

    id: UUID
    subject_ref: str
    reason: str
    purposes: list[str]
    consent_ids: list[UUID]
    found_by: str
    found_at: datetime
    decide_by: date
    status: str = "open"
    outcome: str | None = None
    basis: str | None = None
    note: bytes | None = None
    request_id: UUID | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters of the list; None: any."""

    subject_ref: str | None = None
    status: str | None = None
    due_before: date | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A consent that has not ended: for what, when, in which capacity and under which notice it was given."""

    consent_id: UUID
    purpose: str
    granted_at: datetime
    given_as: str
    expires_on: date | None
    notice_version: str | None


@dataclass(frozen=True, slots=True)
class Resting:
    """What is held about a subject on consent: the purposes that its records name, None where one names none."""

    purposes: frozenset[str | None]
    consents: list[Given]


_NAMES = [field.name for field in fields(Case)]
_COLUMNS = ", ".join(_NAMES)
_FIND = f"SELECT {_COLUMNS} FROM deletion_case WHERE id = $1"  # noqa: S608  (constants)
_OF_SUBJECTS = f"SELECT {_COLUMNS} FROM deletion_case WHERE subject_ref = ANY ($1) ORDER BY id"  # noqa: S608  (constants)
_SAVE = f"""
    INSERT INTO deletion_case ({_COLUMNS}) VALUES ({", ".join(f"${at}" for at in range(1, len(_NAMES) + 1))})
    ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _NAMES if name != "decide_by")}
"""  # noqa: S608  (constants)
_PAGE = f"""
    SELECT {_COLUMNS} FROM deletion_case
    WHERE ($1::text IS NULL OR subject_ref = $1) AND ($2::text IS NULL OR status = $2)
        AND ($3::date IS NULL OR decide_by < $3) AND ($4::date IS NULL OR (decide_by, id) > ($4, $5::uuid))
    ORDER BY decide_by, id LIMIT $6
"""  # noqa: S608  (constants)
_CONSENTS = """
    SELECT subject_ref, id, purpose, granted_at, given_as, expires_on, notice_version
    FROM consent WHERE subject_ref = ANY ($1) AND ended_at IS NULL ORDER BY id
"""
_PERSONS = """
    SELECT subject_ref, born_on, married_on, deceased_on, legal_capacity FROM subject WHERE subject_ref = ANY ($1)
"""
_HELD_ON_CONSENT = """
    SELECT DISTINCT subject_ref, purpose FROM held_record
    WHERE subject_ref = ANY ($1) AND lawful_basis = ANY ($2) AND state = 'held'
"""
_STILL_ASKED = "SELECT id FROM rights_request WHERE id = ANY ($1) AND status = ANY ($2)"


async def find(work: Work, case_id: UUID) -> Case | None:
    """The case."""
    row = await (await work.driver()).fetchrow(_FIND, case_id)
    return Case(**row) if row is not None else None


async def of_subject(work: Work, subject_ref: str) -> list[Case]:
    """All cases of a subject, in the order in which they were opened."""
    return await of_subjects(work, [subject_ref])


async def of_subjects(work: Work, subject_refs: Collection[str]) -> list[Case]:
    """The same of many."""
    return [Case(**row) for row in await (await work.driver()).fetch(_OF_SUBJECTS, list(subject_refs))]


async def save(work: Work, case: Case) -> None:
    """Keep a case, new or changed; its date, once set, follows the calendar alone (`deletion_case_reminders`)."""
    await (await work.driver()).execute(_SAVE, *astuple(case))


async def page(work: Work, wanted: Wanted, after: tuple[date, UUID] | None, limit: int) -> list[Case]:
    """Cases by deadline, after a key."""
    due, case_id = after or (None, None)
    driver = await work.driver()
    rows = await driver.fetch(_PAGE, wanted.subject_ref, wanted.status, wanted.due_before, due, case_id, limit)
    return [Case(**row) for row in rows]


async def consents_in_force(work: Work, subject_ref: str) -> tuple[list[Given], Person]:
    """The subject's consents that have not ended, and what is known of the subject; nothing is said of who gave none."""
    given = (await _given(work, [subject_ref])).get(subject_ref)
    return (given, (await persons(work, [subject_ref]))[subject_ref]) if given else ([], Person())


async def persons(work: Work, subject_refs: Collection[str]) -> Mapping[str, Person]:
    """What is known of each subject when it is asked who may act."""
    rows = await (await work.driver()).fetch(_PERSONS, list(subject_refs))
    return {
        row["subject_ref"]: Person(
            row["born_on"], row["married_on"], row["deceased_on"], LegalCapacity(row["legal_capacity"])
        )
        for row in rows
    }


async def held_on_consent(work: Work, subject_refs: Collection[str]) -> Mapping[str, Resting]:
    """What is held on consent about each subject, and their consents; only those of whom something is."""
    purposes: dict[str, set[str | None]] = {}
    for row in await (await work.driver()).fetch(_HELD_ON_CONSENT, list(subject_refs), sorted(CONSENTS)):
        purposes.setdefault(row["subject_ref"], set()).add(row["purpose"])
    given = await _given(work, purposes) if purposes else {}
    return {ref: Resting(frozenset(named), given.get(ref, [])) for ref, named in purposes.items()}


async def still_asked(work: Work, request_ids: Collection[UUID]) -> frozenset[UUID]:
    """Which of the requests are open."""
    rows = await (await work.driver()).fetch(_STILL_ASKED, list(request_ids), list(OPEN))
    return frozenset(row["id"] for row in rows)


async def _given(work: Work, subject_refs: Collection[str]) -> Mapping[str, list[Given]]:
    given: dict[str, list[Given]] = {}
    for row in await (await work.driver()).fetch(_CONSENTS, list(subject_refs)):
        subject_ref, *columns = row
        given.setdefault(subject_ref, []).append(Given(*columns))
    return given
