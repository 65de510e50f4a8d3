"""Consent records and the append-only events that their state is folded from."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from app.models.columns import Instant, Sealed, Texts


class Consent(SQLModel, table=True):
    """One consent, bound to the notice version that was shown. `ended_at`: when it stopped being in force, whatever the event.

    `quality`: `sound`, `doubtful` (taken over from wording that the Act does not honour) or `original_purpose` (data from
    before the Act, s.95; then without a notice). `wording`: what is wrong with it, as codes.
    """

    __table_args__ = (
        Index("uq_consent_open", "subject_ref", "purpose", unique=True, postgresql_where="ended_at IS NULL"),
        Index("ix_consent_subject_ref", "subject_ref", "id"),
        Index("ix_consent_purpose", "subject_ref", "purpose", "id"),
        Index(
            "ix_consent_expiry",
            "expires_on",
            "id",
            postgresql_where="ended_at IS NULL AND expires_on IS NOT NULL",
        ),
        Index("ix_consent_doubtful", "id", postgresql_where="quality = 'doubtful' AND ended_at IS NULL"),
        Index("ix_consent_represented", "id", postgresql_where="given_as <> 'self' AND ended_at IS NULL"),
    )

    id: UUID = Field(primary_key=True)
    subject_ref: str = Field(foreign_key="subject.subject_ref")
    purpose: str
    categories: list[str] = Texts()
    recipients: list[str] = Texts()
    explicit: bool
    notice_version: str | None = None
    notice_sha256: str | None = None
    channel: str
    language: str
    given_by: str
    given_as: str = "self"
    subject_agreed: bool | None = None
    evidence: bytes | None = Sealed(default=None)
    assurance: str
    granted_at: datetime = Instant()
    withdrawn_at: datetime | None = Instant(default=None)
    ended_at: datetime | None = Instant(default=None)
    expires_on: date | None = None
    quality: str = "sound"
    wording: list[str] = Texts(default_factory=list)
    policy: str
    version: int = 1


class ConsentEvent(SQLModel, table=True):
    """What happened to a consent. Append-only."""

    __tablename__ = "consent_event"
    __table_args__ = (
        CheckConstraint("event IN ('granted', 'withdrawn', 'expired', 'superseded', 'confirmed')", name="event"),
        Index("ix_consent_event_consent_id", "consent_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    consent_id: UUID = Field(foreign_key="consent.id")
    at: datetime = Instant()
    event: str
    channel: str | None = None
    actor: str
    reason: bytes | None = Sealed(default=None)
