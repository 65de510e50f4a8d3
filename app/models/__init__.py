"""Tables, and nothing but tables: never a request or response body."""

from app.models import (
    audit,
    consent,
    evidence,
    limit,
    notice,
    outbox,
    process,
    record,
    reminder,
    representation,
    rights_request,
    subject,
)

__all__ = [
    "audit",
    "consent",
    "evidence",
    "limit",
    "notice",
    "outbox",
    "process",
    "record",
    "reminder",
    "representation",
    "rights_request",
    "subject",
]
