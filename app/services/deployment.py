"""What a database is for, and what was in force there."""

from app.core.settings import Mode
from app.core.work import Work
from app.repositories import process

STATE = process.STATE


async def claim(work: Work, mode: Mode) -> str:
    """The mode that the database remembers, this one if it is new; and keep the policy in force, whole."""
    await process.remember_policy(work)
    return await process.claim_mode(work, mode)


async def signing_key(work: Work, fresh: str) -> str:
    """The key that the sandbox's tokens are signed with, in PEM: shared by all its processes."""
    return (await process.sandbox(work, fresh)).signing_key
