"""Wrapped subject keys."""

from collections.abc import Collection, Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select

from app.core.work import Work
from app.models.subject import SubjectKey


async def get(work: Work, subject_ref: str, purpose: str) -> SubjectKey | None:
    """The wrapped key, or None where none was made or it was destroyed."""
    return await work.session.get(SubjectKey, (subject_ref, purpose))


async def get_many(work: Work, subject_refs: Collection[str], purpose: str) -> Sequence[SubjectKey]:
    """Those keys of many subjects that are there."""
    statement = select(SubjectKey).where(col(SubjectKey.subject_ref).in_(subject_refs), SubjectKey.purpose == purpose)
    return (await work.session.exec(statement)).all()


async def add_unless_there(work: Work, key: SubjectKey) -> SubjectKey:
    """Keep a new key, or give back the one that a concurrent call made first."""
    await work.session.exec(insert(SubjectKey).values(**key.model_dump()).on_conflict_do_nothing())
    kept = await get(work, key.subject_ref, key.purpose)
    assert kept is not None, "inserted or found"  # noqa: S101  (the statement before makes it so)
    return kept


async def destroy(work: Work, subject_ref: str, purpose: str) -> None:
    """Destroy a key: what was sealed under it can never be read again."""
    await work.session.exec(
        delete(SubjectKey).where(col(SubjectKey.subject_ref) == subject_ref, col(SubjectKey.purpose) == purpose)
    )
