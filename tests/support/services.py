"""Services called without HTTP, where no route leads to what a test needs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.core.work import Actor, Work
from app.main import Process


@asynccontextmanager
async def working(process: Process) -> AsyncIterator[Work]:
    """A unit of work of nobody's in particular; kept."""
    async with process.works.open(Actor(sub="test"), "test") as work:
        yield work
