"""The audit log: the last write of every act."""

from app.core.ids import new_id
from app.core.work import Work
from app.repositories.audit import Entry


def record(
    work: Work, action: str, object_type: str, object_id: object, *, subject_ref: str | None = None, **details: object
) -> None:
    """Record an act. `details` hold codes, dates, counts and references only, never personal data."""
    entry = Entry(
        id=new_id(work.now),
        at=work.now,
        actor=work.actor.sub,
        roles=sorted(work.actor.roles),
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        subject_ref=subject_ref,
        details=details,
        policy=work.pack.sha256,
        request_id=work.request_id,
    )
    work.last_rows.append(entry)
