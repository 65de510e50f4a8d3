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
    representation,
    rights_request,
    subject,
    webhook,
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
    "representation",
    "rights_request",
    "subject",
    "webhook",
]
