"""The inventory: which records the systems hold about a subject. The records themselves stay where they are."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from app.models.columns import Document, Instant, Sealed, Texts

RECORD_STATES = ("held", "locked", "storage_only", "erased", "anonymised")


class HeldRecord(SQLModel, table=True):
    """One record that a system holds. What was erased or anonymised stays as a tombstone and is not resurrected by a push."""

    __tablename__ = "held_record"
    __table_args__ = (
        CheckConstraint(f"state IN {RECORD_STATES}", name="state"),
        CheckConstraint("storage IN ('database', 'file', 'paper')", name="storage"),
    )

    subject_ref: str = Field(primary_key=True, foreign_key="subject.subject_ref")
    record_ref: str = Field(primary_key=True)
    kind: str
    system: str
    storage: str
    categories: list[str] = Texts()
    provided_by_subject: bool = False
    lawful_basis: str | None = None
    purpose: str | None = None
    source: str | None = None
    insurer: str | None = None
    events: dict[str, str] = Document()
    conditions: list[str] = Texts()
    state: str = "held"
    changed_at: datetime = Instant()
    ended_at: datetime | None = Instant(default=None)


class LegalHold(SQLModel, table=True):
    """A legal hold on a subject, or on some of its records: beats every rule that would free them."""

    __tablename__ = "legal_hold"
    __table_args__ = (Index("ix_legal_hold_open", "subject_ref", postgresql_where="released_at IS NULL"),)

    id: UUID = Field(primary_key=True)
    subject_ref: str = Field(foreign_key="subject.subject_ref")
    record_refs: list[str] | None = Texts(default=None)
    provision: str
    reason: bytes = Sealed()
    placed_by: str
    placed_at: datetime = Instant()
    released_by: str | None = None
    released_at: datetime | None = Instant(default=None)
    release_reason: bytes | None = Sealed(default=None)
    version: int = 1


class DeferredErasure(SQLModel, table=True):
    """A record whose erasure was asked for and whose period still runs: storage only until `until`, then evaluated again.

    `evaluate_on`: the day of that. `due_at`: when nothing kept it any more.
    """

    __tablename__ = "deferred_erasure"
    __table_args__ = (
        Index("ix_deferred_erasure_due", "evaluate_on", postgresql_where="ended_at IS NULL AND due_at IS NULL"),
    )

    subject_ref: str = Field(primary_key=True)
    record_ref: str = Field(primary_key=True)
    request_id: UUID = Field(primary_key=True)
    until: date
    evaluate_on: date
    method: str
    because: list[dict[str, Any]] = Document()
    created_at: datetime = Instant()
    due_at: datetime | None = Instant(default=None)
    ended_at: datetime | None = Instant(default=None)


class ErasureLedgerEntry(SQLModel, table=True):
    """What was erased, so that a restored backup can be brought up to date. Append-only."""

    __tablename__ = "erasure_ledger"

    id: UUID = Field(primary_key=True)
    at: datetime = Instant()
    subject_ref: str
    record_refs: list[str] = Texts()
    method: str
    request_id: UUID
    whole_subject: bool
