"""The one loop: does what is due, one unit of work after another, and sleeps while nothing is."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from app.core.work import Actor, Work, Works
from app.domain.errors import DomainError

IDLE_SECONDS = 1.0
SYSTEM = Actor(sub="system", everyone=True)
Job = Callable[[Work], Awaitable[bool]]
log = structlog.get_logger("sitthi.workers")


async def run(works: Works, jobs: Sequence[Job]) -> None:
    """Run until cancelled. A job does one thing and tells whether it found one; a failing job does not stop the others."""
    while True:
        found = [await _once(works, job) for job in jobs]
        if not any(found):
            await asyncio.sleep(IDLE_SECONDS)


async def _once(works: Works, job: Job) -> bool:
    try:
        async with works.open(SYSTEM, "worker") as work:
            return await job(work)
    except DomainError as error:
        log.warning("job_refused", reason=error.code)
    except Exception as error:  # one broken row must not stop the rest
        log.error("job_failed", error=[type(error).__name__])
    return False
