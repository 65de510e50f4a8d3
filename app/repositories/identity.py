"""One-time codes that were sent, and the guard over a subject's codes."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select, update

from app.core.work import Work
from app.models.rights_request import IdentityChallenge, IdentityGuard, RightsRequest


async def replace_challenge(work: Work, challenge: IdentityChallenge) -> None:
    """Keep a new challenge; the request's older ones end."""
    await work.session.exec(
        update(IdentityChallenge)
        .where(col(IdentityChallenge.request_id) == challenge.request_id, col(IdentityChallenge.ended_at).is_(None))
        .values(ended_at=work.now)
    )
    work.session.add(challenge)


async def end_challenges(work: Work, subject_ref: str) -> None:
    """End every code that was sent for a subject."""
    theirs = select(RightsRequest.id).where(RightsRequest.subject_ref == subject_ref)
    await work.session.exec(
        update(IdentityChallenge)
        .where(col(IdentityChallenge.request_id).in_(theirs), col(IdentityChallenge.ended_at).is_(None))
        .values(ended_at=work.now)
    )


async def get_challenge(work: Work, challenge_id: UUID, request_id: UUID) -> IdentityChallenge | None:
    """A challenge of this request."""
    challenge = await work.session.get(IdentityChallenge, challenge_id)
    return challenge if challenge is not None and challenge.request_id == request_id else None


async def find_guard(work: Work, subject_ref: str) -> IdentityGuard | None:
    """The guard over a subject's codes, None before the first was sent."""
    return await work.session.get(IdentityGuard, subject_ref)


async def guard_of(work: Work, subject_ref: str) -> IdentityGuard:
    """The same, made where there is none yet; the subject is locked."""
    guard = await find_guard(work, subject_ref)
    if guard is None:
        guard = IdentityGuard(subject_ref=subject_ref, window_start=work.now)
        work.session.add(guard)
    return guard


async def lock_unproven(work: Work, subject_ref: str) -> Sequence[RightsRequest]:
    """The subject's requests whose identity is unproven, locked."""
    statement = (
        select(RightsRequest)
        .where(RightsRequest.subject_ref == subject_ref, RightsRequest.status == "identity_pending")
        .order_by(col(RightsRequest.id))
        .with_for_update()
    )
    return (await work.session.exec(statement.execution_options(populate_existing=True))).all()
