"""Deletion cases, and the consents that they are about. The subject's row orders their changes."""

from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from uuid import UUID

from app.core.work import Work
from app.domain.capacity import Person
from app.domain.vocabulary import LegalCapacity


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
    """A consent in force: for what, when and in which capacity it was given."""

    consent_id: UUID
    purpose: str
    granted_at: datetime
    given_as: str


_NAMES = [field.name for field in fields(Case)]
_COLUMNS = ", ".join(_NAMES)
_FIND = f"SELECT {_COLUMNS} FROM deletion_case WHERE id = $1"  # noqa: S608  (constants)
_OF_SUBJECT = f"SELECT {_COLUMNS} FROM deletion_case WHERE subject_ref = $1 ORDER BY id"  # noqa: S608  (constants)
_SAVE = f"""
    INSERT INTO deletion_case ({_COLUMNS}) VALUES ({", ".join(f"${at}" for at in range(1, len(_NAMES) + 1))})
    ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _NAMES)}
"""  # noqa: S608  (constants)
_PAGE = f"""
    SELECT {_COLUMNS} FROM deletion_case
    WHERE ($1::text IS NULL OR subject_ref = $1) AND ($2::text IS NULL OR status = $2)
        AND ($3::date IS NULL OR decide_by < $3) AND ($4::date IS NULL OR (decide_by, id) > ($4, $5::uuid))
    ORDER BY decide_by, id LIMIT $6
"""  # noqa: S608  (constants)
_CONSENTS = """
    SELECT c.id, c.purpose, c.granted_at, c.given_as, s.born_on, s.married_on, s.deceased_on, s.legal_capacity
    FROM consent c JOIN subject s USING (subject_ref) WHERE c.subject_ref = $1 AND c.ended_at IS NULL ORDER BY c.id
"""


async def find(work: Work, case_id: UUID) -> Case | None:
    """The case."""
    row = await (await work.driver()).fetchrow(_FIND, case_id)
    return Case(**row) if row is not None else None


async def of_subject(work: Work, subject_ref: str) -> list[Case]:
    """All cases of a subject, in the order in which they were opened."""
    return [Case(**row) for row in await (await work.driver()).fetch(_OF_SUBJECT, subject_ref)]


async def save(work: Work, case: Case) -> None:
    """Keep a case, new or changed."""
    await (await work.driver()).execute(_SAVE, *astuple(case))


async def page(work: Work, wanted: Wanted, after: tuple[date, UUID] | None, limit: int) -> list[Case]:
    """Cases by deadline, after a key."""
    due, case_id = after or (None, None)
    driver = await work.driver()
    rows = await driver.fetch(_PAGE, wanted.subject_ref, wanted.status, wanted.due_before, due, case_id, limit)
    return [Case(**row) for row in rows]


async def consents_in_force(work: Work, subject_ref: str) -> tuple[list[Given], Person]:
    """The subject's consents that have not ended, and what is known of the subject; nothing is said of who gave none."""
    rows = await (await work.driver()).fetch(_CONSENTS, subject_ref)
    if not rows:
        return [], Person()
    [one, *_] = rows
    person = Person(one["born_on"], one["married_on"], one["deceased_on"], LegalCapacity(one["legal_capacity"]))
    return [Given(row["id"], row["purpose"], row["granted_at"], row["given_as"]) for row in rows], person
