"""Events for systems: rows, written in the transaction that causes them."""

from enum import StrEnum

from app.core.ids import new_id
from app.core.work import Work
from app.repositories import outbox


class EventType(StrEnum):
    """Types of events: those of API 11, and finer ones that a request's timeline shows."""

    CONSENT_GRANTED = "consent.granted"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    CONSENT_EXPIRED = "consent.expired"
    CONSENT_CONFIRMED = "consent.confirmed"
    NOTICE_PUBLISHED = "notice.published"
    RESTRICTION_APPLIED = "restriction.applied"
    RESTRICTION_LIFTED = "restriction.lifted"
    OBJECTION_APPLIED = "objection.applied"
    OBJECTION_LIFTED = "objection.lifted"
    REPRESENTATION_APPROVED = "representation.approved"
    DELETION_CASE_OPENED = "deletion_case.opened"
    DELETION_CASE_CLOSED = "deletion_case.closed"
    DELETION_CASE_DUE_SOON = "deletion_case.due_soon"
    DELETION_CASE_OVERDUE = "deletion_case.overdue"
    DELETION_CASE_RESCHEDULED = "deletion_case.rescheduled"
    REQUEST_RECEIVED = "request.received"
    REQUEST_IDENTITY_VERIFIED = "request.identity_verified"
    REQUEST_INFORMATION_REQUESTED = "request.information_requested"
    REQUEST_INFORMATION_RECEIVED = "request.information_received"
    REQUEST_CANCELLED = "request.cancelled"
    REQUEST_LAPSED = "request.lapsed"
    REQUEST_ASSESSED = "request.assessed"
    REQUEST_DECIDED = "request.decided"
    REQUEST_COMPLETED = "request.completed"
    RECORD_RESURRECTION_REFUSED = "record.resurrection_refused"
    LEGAL_HOLD_PLACED = "legal_hold.placed"
    LEGAL_HOLD_RELEASED = "legal_hold.released"
    TASK_CREATED = "task.created"
    TASK_ESCALATED = "task.escalated"
    PACKAGE_READY = "package.ready"
    PACKAGE_REMOVED = "package.removed"
    PACKAGE_DOWNLOADED = "package.downloaded"
    TRANSFER_COMPLETED = "transfer.completed"
    TRANSFER_FAILED = "transfer.failed"
    REQUEST_DUE_SOON = "request.due_soon"
    REQUEST_OVERDUE = "request.overdue"
    REQUEST_RESCHEDULED = "request.rescheduled"
    HOLIDAYS_ANNOUNCED = "holidays.announced"
    HOLIDAYS_MISSING = "holidays.missing"
    REPRESENTATION_ENDED = "representation.ended"
    SUBJECT_CAME_OF_AGE = "subject.came_of_age"
    DISPOSAL_DUE = "disposal.due"
    MESSAGE_GIVEN_UP = "message.given_up"
    DISPOSAL_APPROVED = "disposal.approved"
    DISPOSAL_COMPLETED = "disposal.completed"
    WEBHOOK_ENDPOINT_DISABLED = "webhook_endpoint.disabled"


PUBLISHED = frozenset(
    {
        EventType.CONSENT_GRANTED,
        EventType.CONSENT_WITHDRAWN,
        EventType.CONSENT_EXPIRED,
        EventType.REQUEST_RECEIVED,
        EventType.REQUEST_IDENTITY_VERIFIED,
        EventType.REQUEST_DECIDED,
        EventType.REQUEST_COMPLETED,
        EventType.REQUEST_DUE_SOON,
        EventType.REQUEST_OVERDUE,
        EventType.RESTRICTION_APPLIED,
        EventType.RESTRICTION_LIFTED,
        EventType.OBJECTION_APPLIED,
        EventType.DISPOSAL_APPROVED,
        EventType.DISPOSAL_COMPLETED,
        EventType.TASK_CREATED,
        EventType.NOTICE_PUBLISHED,
        EventType.WEBHOOK_ENDPOINT_DISABLED,
    }
)
"""The types of API 11, and what concerns endpoints themselves: all that who may not read the feed can hear of."""


def announce(work: Work, event: EventType, **data: object) -> None:
    """Queue an event; `data` are references and codes only."""
    work.last_rows.append(outbox.Event(new_id(work.now), event, work.now, data))
