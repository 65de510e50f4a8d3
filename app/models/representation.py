"""Who may act for a data subject, and what was found to have been collected without them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from app.models.columns import UUIDS, Instant, Sealed, Texts


class Representation(SQLModel, table=True):
    """One person's power to act for a subject: effective once approved, within its days and its scope.

    `rights`: codes of request kinds and `consent`, or `all` alone. `ended_at`: when its end was told.
    """

    __table_args__ = (
        CheckConstraint(
            "relation IN ('parent', 'guardian', 'custodian', 'curator', 'attorney', 'heir')", name="relation"
        ),
        Index("ix_representation_representative_ref", "representative_ref"),
        Index(
            "ix_representation_end",
            "valid_until",
            postgresql_where="approved_at IS NOT NULL AND ended_at IS NULL AND valid_until IS NOT NULL",
        ),
    )

    subject_ref: str = Field(primary_key=True, foreign_key="subject.subject_ref")
    representative_ref: str = Field(primary_key=True)
    relation: str
    rights: list[str] = Texts()
    valid_from: date
    valid_until: date | None = None
    evidence: bytes = Sealed()
    registered_by: str
    registered_at: datetime = Instant()
    approved_by: str | None = None
    approved_at: datetime | None = Instant(default=None)
    ended_at: datetime | None = Instant(default=None)
    version: int = 1


class DeletionCase(SQLModel, table=True):
    """Data collected without the consent that the Act wants (PDPA s.20; policy clause 13): erased, or kept on another basis."""

    __tablename__ = "deletion_case"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'closed')", name="status"),
        Index("ix_deletion_case_due", "decide_by", "id", postgresql_where="status = 'open'"),
        Index("ix_deletion_case_subject_ref", "subject_ref"),
        Index("ix_deletion_case_reminder", "next_reminder_at", "id", postgresql_where="status = 'open'"),
    )

    id: UUID = Field(primary_key=True)
    subject_ref: str = Field(foreign_key="subject.subject_ref")
    reason: str
    purposes: list[str] = Texts()
    consent_ids: list[UUID] = Field(sa_type=UUIDS)
    status: str = "open"
    found_by: str
    found_at: datetime = Instant()
    decide_by: date
    next_reminder_at: datetime | None = Instant(default=None)
    outcome: str | None = None
    basis: str | None = None
    note: bytes | None = Sealed(default=None)
    request_id: UUID | None = Field(default=None, foreign_key="rights_request.id")
    closed_by: str | None = None
    closed_at: datetime | None = Instant(default=None)
    version: int = 1
