"""Data subjects."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.core.work import Work
from app.models.subject import Subject

STANDING = """
SELECT subject_ref, kind, born_on, married_on, deceased_on, legal_capacity, erased_at FROM subject WHERE subject_ref = $1
"""
STANDING_LOCKED = STANDING + "FOR NO KEY UPDATE"


class Standing(NamedTuple):
    """What is asked of a subject before anything is done for them."""

    subject_ref: str
    kind: str
    born_on: str | None
    married_on: date | None
    deceased_on: date | None
    legal_capacity: str
    erased_at: datetime | None


async def standing(work: Work, subject_ref: str, *, lock: bool) -> Standing | None:
    """The same in one statement on the driver; `lock`: until the unit of work ends."""
    driver = await work.driver()
    row = await driver.fetchrow(STANDING_LOCKED if lock else STANDING, subject_ref)
    return Standing(*row) if row is not None else None


async def get(work: Work, subject_ref: str) -> Subject | None:
    """The subject, erased or not."""
    return await work.session.get(Subject, subject_ref)


async def lock(work: Work, subject_ref: str) -> Subject | None:
    """The subject, locked until the unit of work ends."""
    statement = select(Subject).where(Subject.subject_ref == subject_ref).with_for_update()
    return (await work.session.exec(statement.execution_options(populate_existing=True))).one_or_none()


async def related(work: Work, subject: Subject) -> list[Subject]:
    """The subjects that this one is connected with (LAW A8: connected persons follow the member's clock)."""
    if not subject.related_to:
        return []
    statement = select(Subject).where(col(Subject.subject_ref).in_(subject.related_to))
    return list((await work.session.exec(statement)).all())


async def add_unless_there(work: Work, subject: Subject) -> tuple[Subject, bool]:
    """Register a subject, or give back the one that a concurrent call registered first, locked; tells which."""
    made = insert(Subject).values(**subject.model_dump()).on_conflict_do_nothing().returning(col(Subject.subject_ref))
    created = (await work.session.exec(made)).one_or_none() is not None
    there = await lock(work, subject.subject_ref)
    assert there is not None, "inserted or found"  # noqa: S101  (the statement before makes it so)
    return there, created


def bury(work: Work, subject: Subject) -> None:
    """Leave the reference as a tombstone, never taken again.

    Of the person the kind of subject is left, and the dates of the membership, which connected persons' clocks need.
    """
    subject.erased_at = subject.changed_at = work.now
    subject.profile = subject.national_id_digest = subject.born_on = subject.comes_of_age_on = None
    subject.married_on = subject.deceased_on = None
    subject.related_to = []
    subject.legal_capacity, subject.language = "full", "th"
    subject.version += 1
