"""The audit log: one entry for every act, append-only in the database itself."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.models.columns import Document, Instant, Texts


class AuditEntry(SQLModel, table=True):
    """Who did what to what, when, under which policy. References and digests only, so that no entry ever needs erasing."""

    __tablename__ = "audit_entry"

    id: UUID = Field(primary_key=True)
    at: datetime = Instant()
    actor: str
    roles: list[str] = Texts()
    action: str
    object_type: str
    object_id: str
    subject_ref: str | None = Field(default=None, index=True)
    details: dict[str, Any] = Document()
    policy: str
    request_id: str
