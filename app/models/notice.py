"""What changes of the policy while the service runs, and who has been shown which notice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from app.models.columns import Document, Instant


class PolicyOverlayEntry(SQLModel, table=True):
    """One change of the policy in force, such as a new notice version. Append-only; `position` orders them without gaps."""

    __tablename__ = "policy_overlay"

    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str
    content: dict[str, Any] = Document()
    published_by: str
    published_at: datetime = Instant()


class NoticeAcknowledgement(SQLModel, table=True):
    """That a data subject was shown a version of a notice (policy clause 15). Append-only."""

    __tablename__ = "notice_acknowledgement"
    __table_args__ = (UniqueConstraint("subject_ref", "notice_id"),)

    id: UUID = Field(primary_key=True)
    subject_ref: str = Field(foreign_key="subject.subject_ref")
    notice_id: str
    version: str
    content_sha256: str
    channel: str
    language: str
    acknowledged_at: datetime = Instant()
    recorded_by: str
