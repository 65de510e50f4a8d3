"""Data subjects, as the core banking system registers them, and the keys that their personal data is sealed under."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from app.models.columns import Instant, Sealed, Texts


class Subject(SQLModel, table=True):
    """One data subject. After erasure the row stays as a tombstone: an erased reference is never taken again.

    `comes_of_age_on`: of a minor, the first day of full age, until that has come about.
    """

    __table_args__ = (
        CheckConstraint("erased_at IS NULL OR profile IS NULL", name="erased_has_no_profile"),
        Index("ix_subject_related_to", "related_to", postgresql_using="gin"),
        Index("ix_subject_comes_of_age", "comes_of_age_on", postgresql_where="comes_of_age_on IS NOT NULL"),
        Index("ix_subject_national_id_digest", "national_id_digest", unique=False),
    )

    subject_ref: str = Field(primary_key=True)
    kind: str
    born_on: str | None = None
    legal_capacity: str
    married_on: date | None = None
    deceased_on: date | None = None
    joined_on: date | None = None
    ended_on: date | None = None
    language: str
    related_to: list[str] = Texts()
    profile: bytes | None = Sealed(default=None)
    national_id_digest: bytes | None = Sealed(default=None)
    version: int = 1
    created_at: datetime = Instant()
    changed_at: datetime = Instant()
    erased_at: datetime | None = Instant(default=None)
    comes_of_age_on: date | None = None


class SubjectKey(SQLModel, table=True):
    """A subject's key, wrapped by a master key. In a schema of its own, which the ordinary backup leaves out."""

    __tablename__ = "subject_key"
    __table_args__ = ({"schema": "keys"},)

    subject_ref: str = Field(primary_key=True)
    purpose: str = Field(primary_key=True)
    master_key: str
    wrapped: bytes = Sealed()
    created_at: datetime = Instant()
