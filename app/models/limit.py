"""What stands against processing a subject's data although a basis holds: restrictions and objections."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from app.models.columns import Instant, Texts


class ProcessingLimit(SQLModel, table=True):
    """A restriction (PDPA s.34) or an objection (s.32) in force until lifted, of purposes or of records.

    `purposes` or `record_refs`, the other None. `final`: an objection that nothing can refuse, or one that was granted.
    """

    __tablename__ = "processing_limit"
    __table_args__ = (
        CheckConstraint("kind IN ('restriction', 'objection')", name="kind"),
        CheckConstraint("(purposes IS NULL) <> (record_refs IS NULL)", name="one_scope"),
        Index("ix_processing_limit_open", "subject_ref", postgresql_where="lifted_at IS NULL"),
        Index("ix_processing_limit_request_id", "request_id"),
    )

    id: UUID = Field(primary_key=True)
    subject_ref: str = Field(foreign_key="subject.subject_ref")
    kind: str
    purposes: list[str] | None = Texts(default=None)
    record_refs: list[str] | None = Texts(default=None)
    ground: str
    request_id: UUID = Field(foreign_key="rights_request.id")
    final: bool = False
    since: datetime = Instant()
    lifted_at: datetime | None = Instant(default=None)
