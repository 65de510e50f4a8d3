"""Letters that were issued."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from app.core.work import Work
from app.models.letter import IssuedLetter


def add(work: Work, letter: IssuedLetter) -> None:
    """Keep a letter."""
    work.session.add(letter)


async def newest(work: Work, request_id: UUID, kinds: Sequence[str]) -> IssuedLetter | None:
    """The newest letter of a request, of the last of these kinds of which there is one."""
    for kind in reversed(kinds):
        statement = (
            select(IssuedLetter)
            .where(IssuedLetter.request_id == request_id, IssuedLetter.kind == kind)
            .order_by(col(IssuedLetter.issued_at).desc(), col(IssuedLetter.id).desc())
            .limit(1)
        )
        if (found := (await work.session.exec(statement)).one_or_none()) is not None:
            return found
    return None
