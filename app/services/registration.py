"""Registering a data subject, and what follows from it at once."""

from app.core.work import Work
from app.domain.vocabulary import SubjectKind
from app.services import connected_persons, deletion_cases, subjects
from app.services.subjects import Particulars, SubjectView


async def put(
    work: Work, subject_ref: str, given: Particulars, expected_version: int | None
) -> tuple[SubjectView, bool]:
    """Register or replace a subject; tells whether it is new.

    A connected person who is new must be told (PDPA s.25). Where birth, marriage or capacity show that a consent in
    force was given by somebody who could not give it alone, or that data is held without the consent it rests on, a
    deletion case opens (policy clause 13).

    Raises what `subjects.put` raises.
    """
    subject, created = await subjects.put(work, subject_ref, given, expected_version)
    await work.transaction.flush()
    if created:
        await connected_persons.must_be_told(work, subject_ref, SubjectKind(subject.kind))
    await deletion_cases.look(work, subject_ref)
    return subject, created
