"""One-time codes that were sent."""

from uuid import UUID

from sqlmodel import col, update

from app.core.work import Work
from app.models.rights_request import IdentityChallenge


async def replace_challenge(work: Work, challenge: IdentityChallenge) -> None:
    """Keep a new challenge; the request's older ones end."""
    await work.session.exec(
        update(IdentityChallenge)
        .where(col(IdentityChallenge.request_id) == challenge.request_id, col(IdentityChallenge.ended_at).is_(None))
        .values(ended_at=work.now)
    )
    work.session.add(challenge)


async def get_challenge(work: Work, challenge_id: UUID, request_id: UUID) -> IdentityChallenge | None:
    """A challenge of this request."""
    challenge = await work.session.get(IdentityChallenge, challenge_id)
    return challenge if challenge is not None and challenge.request_id == request_id else None
