"""The loop in the tests' own process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.core.work import Works
from app.workers.loop import Job, Loop


@asynccontextmanager
async def running(works: Works, *jobs: Job) -> AsyncIterator[Loop]:
    """A loop at work, stopped at the end."""
    made = Loop(works, jobs)
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        made.stop()
        await task
