"""What `/metrics` answers: the counts of this process, and what the database says, seconds old at most."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import generate_latest

from app.core import metrics
from app.core.logging import describe_exception
from app.core.work import SYSTEM, Work, Works
from app.domain.errors import Unavailable
from app.repositories import process, webhook_endpoints
from app.services import lag, set_aside, sla

FRESH_SECONDS = 10.0
PATIENCE_SECONDS = 2.0
log = structlog.get_logger("sitthi.metrics")


class Scrape:
    """Answers scrapes. One at a time asks the database, briefly; while that does not answer, its figures are left out.

    `connections`: how many are lent out, by pool.
    """

    def __init__(self, works: Works, connections: Callable[[], dict[str, int]]) -> None:
        self._works, self._connections = works, connections
        self._asking: asyncio.Task[None] | None = None
        self._stale_at = 0.0

    async def text(self) -> bytes:
        """Every figure, in the text format of Prometheus."""
        if self._asking is None or (self._asking.done() and time.monotonic() >= self._stale_at):
            self._asking = asyncio.create_task(self._ask())
        await asyncio.wait({self._asking}, timeout=PATIENCE_SECONDS)
        if not self._asking.done():
            _forget()
        for pool, lent in self._connections().items():
            metrics.CONNECTIONS.labels(pool).set(lent)
        metrics.SKEW.set(self._works.clock.skew().total_seconds())
        return generate_latest(metrics.REGISTRY)

    async def _ask(self) -> None:
        _forget()
        try:
            await self._in_a_hurry(_read_lag)
            metrics.DATABASE_UP.set(1)
            await self._in_a_hurry(_read_endpoints)
            await self._in_a_hurry(_read_rights)
            self._stale_at = time.monotonic() + FRESH_SECONDS
        except Exception as error:  # the counts of this process are told all the same
            if not isinstance(error, Unavailable):
                log.error("metrics_incomplete", **describe_exception(error))
            self._stale_at = 0.0

    async def _in_a_hurry(self, read: Callable[[Work], Awaitable[None]]) -> None:
        async with self._works.open(SYSTEM, "metrics", keep=False) as work:
            await process.bound_statements(work, PATIENCE_SECONDS / 2)
            await read(work)


def _forget() -> None:
    metrics.DATABASE_UP.set(0)
    metrics.LAG.clear()
    metrics.SET_ASIDE.clear()
    metrics.ENDPOINTS.clear()
    metrics.RIGHTS.clear()


async def _read_lag(work: Work) -> None:
    for kind, waiting in (await lag.by_kind(work)).items():
        metrics.LAG.labels(kind).set(waiting.total_seconds())
    for kind, count in (await set_aside.by_kind(work)).items():
        metrics.SET_ASIDE.labels(kind).set(count)


async def _read_endpoints(work: Work) -> None:
    counts = await webhook_endpoints.count_by_state(work)
    for state in ("enabled", "paused", "disabled"):
        metrics.ENDPOINTS.labels(state).set(counts.get(state, 0))


async def _read_rights(work: Work) -> None:
    for right, *counts in await sla.gauges(work):
        for state, count in zip(("open", "due_soon", "overdue"), counts, strict=True):
            metrics.RIGHTS.labels(right, state).set(count)
