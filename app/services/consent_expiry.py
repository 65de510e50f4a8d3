"""Consents whose last day is over: recorded and told, each once. How they stand needs no recording (DOMAIN "Consent")."""

from datetime import datetime

from app.core.work import Work
from app.repositories import consents
from app.services import audit
from app.services import consents as records


async def expire_next(work: Work, *, wait: bool = False) -> bool:
    """Record the end of one consent that is past its last day. False: none is due, or others are at it."""
    consent = await consents.lock_next_expired(work, wait=wait)
    if consent is None or consent.ended_at is not None:
        return consent is not None
    ended = records.end_of(work, consent)
    assert ended is not None, "it has a last day"  # noqa: S101  (that is how it was found)
    await records.end(work, consent, ended.kind, ended.at, actor=records.BY_ITSELF)
    audit.record(
        work,
        f"consent.{ended.kind}",
        "consent",
        consent.id,
        subject_ref=consent.subject_ref,
        purpose=consent.purpose,
    )
    return True


async def next_expiry(work: Work) -> datetime | None:
    """When the next consent expires, or should have: the start of a day in Bangkok."""
    return records.expires_at(await consents.first_expiry(work))
