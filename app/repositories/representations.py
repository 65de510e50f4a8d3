"""Representations: who holds which power to act for a subject. The subject's row orders their changes."""

from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from typing import Protocol

from app.core.work import Work
from app.domain.capacity import Person, Power
from app.domain.vocabulary import LegalCapacity, Relation


class Particulars(Protocol):
    """What a subject's row tells about who may act for it."""

    @property
    def born_on(self) -> str | None: ...
    @property
    def married_on(self) -> date | None: ...
    @property
    def deceased_on(self) -> date | None: ...
    @property
    def legal_capacity(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Registered:
    """One row: a power as it was registered, its sealed evidence, who approved it, and when its end was told."""

    subject_ref: str
    representative_ref: str
    relation: str
    rights: list[str]
    valid_from: date
    valid_until: date | None
    evidence: bytes
    registered_by: str
    registered_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1

    @property
    def power(self) -> Power:
        """As the rules of who may act take it."""
        return Power(
            representative_ref=self.representative_ref,
            relation=Relation(self.relation),
            rights=frozenset(self.rights),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            approved=self.approved_at is not None,
        )


_NAMES = [field.name for field in fields(Registered)]
_COLUMNS = ", ".join(f"r.{name}" for name in _NAMES)
_FIND = f"SELECT {_COLUMNS} FROM representation r WHERE subject_ref = $1 AND representative_ref = $2"  # noqa: S608  (constants)
_LIST = f"""
    SELECT {_COLUMNS} FROM representation r
    WHERE subject_ref = $1 AND ($2::text IS NULL OR representative_ref > $2) ORDER BY representative_ref LIMIT $3
"""  # noqa: S608  (constants)
_SAVE = f"""
    INSERT INTO representation ({", ".join(_NAMES)}) VALUES ({", ".join(f"${at}" for at in range(1, len(_NAMES) + 1))})
    ON CONFLICT (subject_ref, representative_ref) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _NAMES)}
"""  # noqa: S608  (constants)
_FIND_WITH_SUBJECT = f"""
    SELECT {_COLUMNS}, s.born_on, s.married_on, s.deceased_on, s.legal_capacity
    FROM representation r JOIN subject s USING (subject_ref) WHERE r.subject_ref = $1 AND r.representative_ref = $2
"""  # noqa: S608  (constants)


def person_of(subject: Particulars) -> Person:
    """What is asked of a subject's row when it is asked who may act."""
    return Person(subject.born_on, subject.married_on, subject.deceased_on, LegalCapacity(subject.legal_capacity))


async def find(work: Work, subject_ref: str, representative_ref: str) -> Registered | None:
    """What is registered of one person's power to act for a subject."""
    row = await (await work.driver()).fetchrow(_FIND, subject_ref, representative_ref)
    return Registered(**row) if row is not None else None


async def find_with_person(work: Work, subject_ref: str, representative_ref: str) -> tuple[Power, Person] | None:
    """The power, and the subject that it is over."""
    row = await (await work.driver()).fetchrow(_FIND_WITH_SUBJECT, subject_ref, representative_ref)
    if row is None:
        return None
    person = Person(row["born_on"], row["married_on"], row["deceased_on"], LegalCapacity(row["legal_capacity"]))
    return Registered(**{name: row[name] for name in _NAMES}).power, person


async def list_of(work: Work, subject_ref: str, after: str | None, limit: int) -> list[Registered]:
    """What is registered for a subject, by the representatives' references, from the one after `after` on."""
    rows = await (await work.driver()).fetch(_LIST, subject_ref, after, limit)
    return [Registered(**row) for row in rows]


async def save(work: Work, registered: Registered) -> None:
    """Keep a registration, new or changed."""
    await (await work.driver()).execute(_SAVE, *astuple(registered))
