"""The register of refusals (PDPA s.39(7)): each item that was refused, and why."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from app.models.columns import Document, Instant


class Refusal(SQLModel, table=True):
    """One refused item, written by the decision (LAW B4): references and codes, never what anybody said. Append-only."""

    __table_args__ = (
        Index("ix_refusal_subject_ref", "subject_ref", "id"),
        Index("ix_refusal_decided_at", "decided_at"),
    )

    id: UUID = Field(primary_key=True)
    request_id: UUID = Field(foreign_key="rights_request.id", index=True)
    reference: str
    subject_ref: str
    right: str
    item_ref: str
    ground: str
    provision: str
    register_mandatory: bool
    reason: dict[str, str] = Document()
    evidence: list[dict[str, Any]] = Document()
    decided_by: str
    decided_at: datetime = Instant()
    notified_at: datetime | None = Instant(default=None)
    channel: str | None = None
    complaint_info_given: bool
    reviewer: str | None = None
    policy: str
