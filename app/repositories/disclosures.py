"""Disclosures to recipients: added to and read, nothing else."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from app.core.work import Work
from app.domain.disclosures import Disclosed
from app.models.disclosure import Disclosure
from app.models.record import HeldRecord

ALIKE = """
SELECT recipient, purpose, categories, record_refs, system,
    min(disclosed_at) AS first_at, max(disclosed_at) AS last_at, count(*) AS times
FROM disclosure WHERE subject_ref = $1
GROUP BY recipient, purpose, categories, record_refs, system
ORDER BY recipient, purpose
"""


def add(work: Work, disclosure: Disclosure) -> None:
    """Keep a disclosure."""
    work.session.add(disclosure)


async def known_records(work: Work, subject_ref: str, record_refs: Sequence[str]) -> frozenset[str]:
    """Those of the references that name a record of the subject, erased or not."""
    statement = select(HeldRecord.record_ref).where(
        HeldRecord.subject_ref == subject_ref, col(HeldRecord.record_ref).in_(record_refs)
    )
    return frozenset((await work.session.exec(statement)).all())


async def page(work: Work, subject_ref: str | None, before: UUID | None, limit: int) -> Sequence[Disclosure]:
    """Disclosures, the last recorded first; who may not see everyone names a subject."""
    assert work.actor.everyone or subject_ref is not None, "one's own, or one represented"  # noqa: S101  (the service names it)
    statement = select(Disclosure).order_by(col(Disclosure.id).desc()).limit(limit)
    if subject_ref is not None:
        statement = statement.where(Disclosure.subject_ref == subject_ref)
    if before is not None:
        statement = statement.where(col(Disclosure.id) < before)
    return (await work.session.exec(statement)).all()


async def of_subject(work: Work, subject_ref: str) -> list[Disclosed]:
    """The subject's disclosures; those alike, such as a monthly one, as one."""
    driver = await work.driver()
    return [
        Disclosed(
            recipient=row["recipient"],
            purpose=row["purpose"],
            categories=frozenset(row["categories"]),
            record_refs=frozenset(row["record_refs"]) if row["record_refs"] is not None else None,
            first_at=row["first_at"],
            last_at=row["last_at"],
            times=row["times"],
            system=row["system"],
        )
        for row in await driver.fetch(ALIKE, subject_ref)
    ]
