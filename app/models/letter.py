"""Letters to data subjects, kept as they were issued."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from app.models.columns import Instant, Sealed


class IssuedLetter(SQLModel, table=True):
    """One letter, whole and in both languages. Append-only: what was written stays as it was."""

    __tablename__ = "letter"
    __table_args__ = (Index("ix_letter_request_id", "request_id", "kind", "id"),)

    id: UUID = Field(primary_key=True)
    request_id: UUID = Field(foreign_key="rights_request.id")
    subject_ref: str
    kind: str
    issued_at: datetime = Instant()
    content: bytes = Sealed()
