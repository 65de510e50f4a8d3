"""Rights requests: their clocks, proof of identity, items, signed assessments and the tasks that carry them out."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Sequence, text
from sqlmodel import Field, SQLModel

from app.models.columns import Document, Instant, Sealed, Texts

REFERENCE_SEQUENCE = Sequence("request_reference", metadata=SQLModel.metadata)
OPEN = "status IN ('identity_pending', 'in_review', 'information_pending', 'in_fulfilment')"
STATUSES = [
    "identity_pending",
    "in_review",
    "information_pending",
    "in_fulfilment",
    "completed",
    "refused",
    "cancelled",
    "lapsed",
]


class RightsRequest(SQLModel, table=True):
    """One request under one right, with its own clock. Overdue is computed from the dates, never stored.

    `due_on`: the legal date that counts now, of deciding or completing; `date.max` (infinity) while the clock stands still.
    `paused_on`: the day with which the clock stopped; None: it runs. `paused_days`: how long it stood still before.
    """

    __tablename__ = "rights_request"
    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(repr(s) for s in STATUSES)})", name="status"),
        Index("uq_rights_request_open", "subject_ref", "kind", "scope_key", unique=True, postgresql_where=text(OPEN)),
        Index("ix_rights_request_due", "due_on", "id"),
        Index("ix_rights_request_subject_ref", "subject_ref", "due_on", "id"),
        Index("ix_rights_request_open", "due_on", "id", "kind", postgresql_where=text("closed_at IS NULL")),
        Index("ix_rights_request_received", "received_on", "kind"),
        Index(
            "ix_rights_request_reminder",
            "next_reminder_at",
            "id",
            postgresql_where=text("next_reminder_at IS NOT NULL"),
        ),
        Index(
            "ix_rights_request_reschedule", "reschedule_at", "id", postgresql_where=text("reschedule_at IS NOT NULL")
        ),
        Index(
            "ix_rights_request_decide",
            "decide_by",
            postgresql_where=text("decided_at IS NULL AND closed_at IS NULL"),
        ),
        Index("ix_rights_request_complete", "complete_by", postgresql_where=text("closed_at IS NULL")),
        Index("ix_rights_request_provisional", "id", postgresql_where=text("provisional AND closed_at IS NULL")),
        Index("ix_rights_request_lapse", "received_on", postgresql_where=text("status = 'identity_pending'")),
    )

    id: UUID = Field(primary_key=True)
    reference: str = Field(unique=True)
    case_id: UUID
    kind: str
    status: str
    outcome: str | None = None
    subject_ref: str = Field(foreign_key="subject.subject_ref")
    scope: dict[str, Any] = Document()
    scope_key: str
    channel: str
    language: str
    delivery: str | None = None
    on_behalf_by: str | None = None
    note: bytes | None = Sealed(default=None)
    particulars: bytes | None = Sealed(default=None)
    received_at: datetime = Instant()
    received_on: date
    decide_by: date
    decide_by_internal: date
    complete_by: date
    complete_by_internal: date
    due_on: date
    provisional: bool
    extensions: int = 0
    paused_on: date | None = None
    paused_days: int = 0
    identity_required: str
    identity_reached: str
    identity_state: str
    identity_method: str | None = None
    identity_evidence: bytes | None = Sealed(default=None)
    identity_locked_until: datetime | None = Instant(default=None)
    assigned_to: str | None = None
    submitted_by: str
    submitted_at: datetime = Instant()
    decided_at: datetime | None = Instant(default=None)
    decided_by: str | None = None
    decision_note: bytes | None = Sealed(default=None)
    closed_at: datetime | None = Instant(default=None)
    next_reminder_at: datetime | None = Instant(default=None)
    reschedule_at: datetime | None = Instant(default=None)
    policy: str
    version: int = 1


class RequestItem(SQLModel, table=True):
    """What was decided about one item of a request. Immutable once written."""

    __tablename__ = "request_item"

    request_id: UUID = Field(primary_key=True, foreign_key="rights_request.id")
    position: int = Field(primary_key=True)
    ref: str
    label: dict[str, str] = Document()
    proposed: str
    outcome: str
    ground: str | None = None
    grounds: list[str] = Texts()
    until: date | None = None
    waits_for: str | None = None
    deferred_until: date | None = None
    because: list[dict[str, Any]] = Document()
    note: bytes | None = Sealed(default=None)
    reason: dict[str, str] | None = Document(default=None)
    refusal_id: UUID | None = None


class RequestMessage(SQLModel, table=True):
    """A question to the subject and its answer."""

    __tablename__ = "request_message"

    id: UUID = Field(primary_key=True)
    request_id: UUID = Field(foreign_key="rights_request.id", index=True)
    at: datetime = Instant()
    direction: str
    author: str
    body: bytes = Sealed()


class SignedAssessment(SQLModel, table=True):
    """The latest assessment that an officer signed, by the digest of its items."""

    __tablename__ = "signed_assessment"

    request_id: UUID = Field(primary_key=True, foreign_key="rights_request.id")
    digest: str
    policy: str
    assessed_by: str
    assessed_at: datetime = Instant()


class IdentityChallenge(SQLModel, table=True):
    """A one-time code that was sent; only its hash is kept, and where it went. A newer one replaces it."""

    __tablename__ = "identity_challenge"

    id: UUID = Field(primary_key=True)
    request_id: UUID = Field(foreign_key="rights_request.id", index=True)
    via: str
    code_hash: bytes = Sealed()
    address: bytes | None = Sealed(default=None)
    created_at: datetime = Instant()
    expires_at: datetime = Instant()
    ended_at: datetime | None = Instant(default=None)


class IdentityGuard(SQLModel, table=True):
    """How often codes were sent and mistaken for one subject, whatever the request. The subject's row orders its changes."""

    __tablename__ = "identity_guard"

    subject_ref: str = Field(primary_key=True, foreign_key="subject.subject_ref")
    tries: int = 0
    locked_until: datetime | None = Instant(default=None)
    window_start: datetime = Instant()
    sent: int = 0


class RequestEvent(SQLModel, table=True):
    """One line of a request's timeline. Append-only."""

    __tablename__ = "request_event"
    __table_args__ = (Index("ix_request_event_request_id", "request_id", "id"),)

    id: UUID = Field(primary_key=True)
    request_id: UUID = Field(foreign_key="rights_request.id")
    at: datetime = Instant()
    event: str
    actor: str
    detail: dict[str, Any] = Document()


class Task(SQLModel, table=True):
    """Work for a system that holds data (or for staff, where it is paper), under a lease with a fencing number."""

    __table_args__ = (
        CheckConstraint("status IN ('open', 'claimed', 'completed')", name="status"),
        Index("ix_task_claim", "system", "not_before", "id", postgresql_where=text("status IN ('open', 'claimed')")),
        Index("ix_task_request_id", "request_id"),
        Index("ix_task_leased", "system", "lease_until", postgresql_where=text("status = 'claimed'")),
        Index(
            "ix_task_escalation",
            "escalate_at",
            postgresql_where=text("escalated_at IS NULL AND status <> 'completed'"),
        ),
        Index(
            "uq_task_notify_subject",
            "subject_ref",
            unique=True,
            postgresql_where=text("kind = 'notify_subject' AND request_id IS NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    kind: str
    system: str
    status: str = "open"
    subject_ref: str
    request_id: UUID | None = Field(default=None, foreign_key="rights_request.id")
    record_refs: list[str] = Texts()
    payload: dict[str, Any] = Document()
    not_before: datetime = Instant()
    lease: UUID | None = None
    lease_until: datetime | None = Instant(default=None)
    fence: int = 0
    attempts: int = 0
    escalate_at: datetime | None = Instant(default=None)
    escalated_at: datetime | None = Instant(default=None)
    created_at: datetime = Instant()
    completed_at: datetime | None = Instant(default=None)
    completed_by: str | None = None
    proof: bytes | None = Sealed(default=None)
    result: bytes | None = Sealed(default=None)
    failure: bytes | None = Sealed(default=None)
