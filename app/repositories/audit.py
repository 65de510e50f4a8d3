"""The audit log: insert and read, nothing else."""

from app.core.work import Work
from app.models.audit import AuditEntry


def add(work: Work, entry: AuditEntry) -> None:
    """Append an entry."""
    work.session.add(entry)
