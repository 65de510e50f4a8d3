"""Tables, and nothing but tables: never a request or response body."""

from app.models import audit, consent, outbox, process, record, rights_request, subject

__all__ = ["audit", "consent", "outbox", "process", "record", "rights_request", "subject"]
