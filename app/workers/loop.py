"""The one loop: does what is due, one unit of work after another, and sleeps while nothing is."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog

from app.core.work import SYSTEM, Work, Works
from app.domain.errors import DomainError

IDLE_SECONDS = 1.0
Errand = TypeVar("Errand")
Result = TypeVar("Result")
log = structlog.get_logger("sitthi.workers")


@dataclass(frozen=True)
class Job:
    """One kind of work. `run` does one piece of it, or a few, and tells whether there was any.

    What goes outside the database is three steps: a unit of work that claims it under a lease with a fencing number, the
    act without any transaction, a unit of work that settles it if the lease still holds.
    """

    name: str
    run: Callable[[Works], Awaitable[bool]]


def in_one_unit(name: str, act: Callable[[Work], Awaitable[bool]]) -> Job:
    """A job that is one unit of work."""

    async def run(works: Works) -> bool:
        async with works.open(SYSTEM, f"worker/{name}") as work:
            return await act(work)

    return Job(name, run)


def errands(
    name: str,
    claim: Callable[[Work], Awaitable[Errand | None]],
    act: Callable[[Errand], Awaitable[Result]],
    settle: Callable[[Work, Errand, Result], Awaitable[None]],
) -> Job:
    """A job whose act is outside the database: claimed in one unit of work, settled in another, which asks for the fence.

    An act that raises is not settled: its lease runs out, and it is done again.
    """

    async def run(works: Works) -> bool:
        async with works.open(SYSTEM, f"worker/{name}") as work:
            errand = await claim(work)
        if errand is None:
            return False
        result = await act(errand)
        async with works.open(SYSTEM, f"worker/{name}") as work:
            await settle(work, errand, result)
        return True

    return Job(name, run)


async def run(works: Works, jobs: Sequence[Job]) -> None:
    """Run until cancelled; each job by itself, so that a slow one keeps no other waiting."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_keep_doing(works, job))


async def _keep_doing(works: Works, job: Job) -> None:
    while True:
        if not await _once(works, job):
            await asyncio.sleep(IDLE_SECONDS)


async def _once(works: Works, job: Job) -> bool:
    try:
        return await job.run(works)
    except DomainError as error:
        log.warning("job_refused", job=job.name, reason=error.code)
    except Exception as error:  # one broken row must not stop the rest
        log.error("job_failed", job=job.name, error=[type(error).__name__])
    return False
