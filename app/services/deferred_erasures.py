"""Erasures that were put off: when their time has come the record is evaluated, and proposed for disposal if nothing keeps it.

Disposal itself wants the committee and evaluates once more (DOMAIN "Retention before erasure").
"""

from datetime import datetime, timedelta

from app.core.clock import start_of
from app.core.work import Work
from app.models.record import DeferredErasure
from app.repositories import erasures
from app.services import audit, erasure_assessment, events
from app.services.events import EventType

AGAIN = timedelta(days=30)
"""After so long a record is evaluated again that is kept without a known end: by a hold, a debt, another request."""


async def evaluate_next(work: Work, *, wait: bool = False) -> bool:
    """Evaluate one record whose time has come. False: none is due, or others are at it."""
    deferred = await erasures.lock_next_deferred(work, wait=wait)
    if deferred is None:
        return False
    kept = await erasure_assessment.still_kept(work, deferred.request_id, deferred.record_ref)
    if kept is None:
        deferred.ended_at = work.now
    elif not kept.refused:
        _propose(work, deferred)
    elif kept.until is not None and kept.until >= work.today:
        deferred.until, deferred.evaluate_on = kept.until, kept.until + timedelta(days=1)
    else:
        deferred.evaluate_on = work.today + AGAIN
    return True


async def next_evaluation(work: Work) -> datetime | None:
    """When the next record is to be evaluated, or should have been: the start of a day in Bangkok."""
    day = await erasures.first_deferred(work)
    return None if day is None else start_of(day)


def _propose(work: Work, deferred: DeferredErasure) -> None:
    deferred.due_at = work.now
    told = {
        "record_ref": deferred.record_ref,
        "request_id": str(deferred.request_id),
        "method": deferred.method,
        "until": deferred.until.isoformat(),
    }
    events.announce(work, EventType.DISPOSAL_DUE, subject_ref=deferred.subject_ref, **told)
    audit.record(work, EventType.DISPOSAL_DUE, "record", deferred.record_ref, subject_ref=deferred.subject_ref, **told)
