"""Tables, and nothing but tables: never a request or response body."""

from app.models import (
    audit,
    consent,
    disclosure,
    evidence,
    letter,
    limit,
    notice,
    outbox,
    package,
    process,
    record,
    refusal,
    representation,
    rights_request,
    subject,
    transfer,
)

__all__ = [
    "audit",
    "consent",
    "disclosure",
    "evidence",
    "letter",
    "limit",
    "notice",
    "outbox",
    "package",
    "process",
    "record",
    "refusal",
    "representation",
    "rights_request",
    "subject",
    "transfer",
]
