"""To whom data was disclosed (PDPA s.27, s.39(6)): what the systems tell of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from app.models.columns import Instant, Texts


class Disclosure(SQLModel, table=True):
    """One disclosure that has happened; the data itself is not kept. Append-only.

    `record_refs` None: its system has not said which records it took the data from.
    """

    __table_args__ = (Index("ix_disclosure_subject_ref", "subject_ref", "id"),)

    id: UUID = Field(primary_key=True)
    subject_ref: str = Field(foreign_key="subject.subject_ref")
    recipient: str
    purpose: str
    categories: list[str] = Texts()
    record_refs: list[str] | None = Texts(default=None)
    disclosed_at: datetime = Instant()
    system: str | None = None
    recorded_by: str
    recorded_at: datetime = Instant()
    policy: str
