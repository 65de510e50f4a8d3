"""The one loop: each job in a lane of its own does what is due, one unit of work after another, and rests while nothing is."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from app.core import metrics
from app.core.logging import describe_exception
from app.core.notifying import Outage
from app.core.wakeups import listen
from app.core.work import SYSTEM, Work, Works
from app.domain.errors import DomainError, Unavailable
from app.services import set_aside

IDLE_SECONDS = 1.0
OVERTAKEN_SECONDS = 0.2
"""A run that takes longer goes on beside the next one, where its job allows that."""
LONGEST_PAUSE_SECONDS = 60.0
DATABASE_PAUSE_SECONDS = 4.0
DATABASE_FAILURES = 5
"""So often in a row a job finds no fault but the database's: what takes it too long each time holds up no other for ever."""
GRACE_SECONDS = 15.0
Errand = TypeVar("Errand")
Result = TypeVar("Result")
log = structlog.get_logger("sitthi.workers")


@dataclass(frozen=True)
class Job:
    """One kind of work. `run` does one piece of it, or a few, and tells whether there was any; so many runs go on `at_once`.

    What goes outside the database is three steps: a unit of work that claims it under a lease with a fencing number, the
    act without any transaction, a unit of work that settles it if the lease still holds.
    """

    name: str
    run: Callable[[Works], Awaitable[bool]]
    at_once: int = 1


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
    *,
    outage: Callable[[Result], str | None] = lambda _: None,
    at_once: int = 1,
) -> Job:
    """A job whose act is outside the database: claimed in one unit of work, settled in another, which asks for the fence.

    An act that raises is not settled: what was claimed is set aside, and done again later. `outage` tells by a code when a
    result is no fault of the errand, and the next one would fare no better.
    """

    async def run(works: Works) -> bool:
        async with works.open(SYSTEM, f"worker/{name}") as work:
            errand = await claim(work)
        if errand is None:
            return False
        result = await act(errand)
        async with works.open(SYSTEM, f"worker/{name}") as work:
            await settle(work, errand, result)
        if (code := outage(result)) is not None:
            raise Outage(code)
        return True

    return Job(name, run, at_once)


@dataclass(eq=False)
class _Lane:
    """A job, whether it was woken, and how it fails: the kind of failure, and how often without a success between.

    `failed`: its last run did. `outage`: it fails by one, of which a run that finds nothing to do tells no end.
    """

    job: Job
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    failed: bool = False
    outage: bool = False
    overtaken: set[asyncio.Task[bool]] = field(default_factory=set)
    failing: str | None = None
    failures: int = 0

    def pause(self) -> float:
        """Seconds until it is tried again: longer after each failure, but the database is back at once when it is back."""
        longest = DATABASE_PAUSE_SECONDS if self.failing == Unavailable.code else LONGEST_PAUSE_SECONDS
        return min(IDLE_SECONDS * (1 << min(max(self.failures - 1, 0), 6)), longest)

    @property
    def is_patient(self) -> bool:
        """Whether it may still be the database alone that fails, and not what is done with it."""
        return self.failing != Unavailable.code or self.failures < DATABASE_FAILURES


class Loop:
    """Does jobs from `run` until `stop`. Any number of processes may, at once."""

    def __init__(self, works: Works, jobs: Sequence[Job]) -> None:
        self._works = works
        self._lanes = [_Lane(job) for job in jobs]
        self._tasks: list[asyncio.Task[None]] = []
        self.stopping = asyncio.Event()

    async def run(self) -> None:
        """Until `stop`; then what is in hand is finished, or cancelled after `GRACE_SECONDS`: its lease runs out."""
        if not self._lanes:
            await self.stopping.wait()
            return
        listening = asyncio.create_task(listen(self._works.lane, self.wake))
        self._tasks = [asyncio.create_task(self._keep_doing(lane)) for lane in self._lanes]
        try:
            await self.stopping.wait()
            listening.cancel()
            _, late = await asyncio.wait([listening, *self._tasks], timeout=GRACE_SECONDS)
            if late:
                log.warning("jobs_cancelled", count=len(late))
        finally:
            for task in (listening, *self._tasks):
                task.cancel()
            await asyncio.gather(listening, *self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """Look at once whether there is something to do."""
        for lane in self._lanes:
            lane.awake.set()

    def stop(self, *, at_once: bool = False) -> None:
        """Claim nothing new; `at_once`: and finish nothing."""
        self.stopping.set()
        self.wake()
        if at_once:
            for task in self._tasks:
                task.cancel()

    async def _keep_doing(self, lane: _Lane) -> None:
        try:
            while not self.stopping.is_set():
                lane.awake.clear()
                if not await self._begin(lane):
                    await self._rest(lane)
            await asyncio.gather(*lane.overtaken)
        finally:
            late = [*lane.overtaken]
            for run in late:
                run.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _begin(self, lane: _Lane) -> bool:
        """Whether a run found something to do. One that takes long has, and is not waited for while the job allows more."""
        if lane.job.at_once == 1:
            return await self._once(lane)
        run = asyncio.create_task(self._once(lane))
        lane.overtaken.add(run)
        run.add_done_callback(lane.overtaken.discard)
        await asyncio.wait({run}, timeout=OVERTAKEN_SECONDS)
        if len(lane.overtaken) >= lane.job.at_once:
            await asyncio.wait(lane.overtaken, return_when=asyncio.FIRST_COMPLETED)
        return not run.done() or run.result()

    async def _once(self, lane: _Lane) -> bool:
        try:
            name = f"worker/{lane.job.name}"
            found = await set_aside.doing(self._works, name, lane.job.run, patient=lane.is_patient) is not False
        except Exception as error:  # one job that fails must not stop the rest
            self._failed(lane, error)
            return False
        metrics.JOB_RUNS.labels(lane.job.name, "done" if found else "idle").inc()
        lane.failed = False
        if found or not lane.outage:
            self._succeeded(lane)
        return found

    async def _rest(self, lane: _Lane) -> None:
        """After a failure only the stop ends its pause: it would fail as often as others have something to tell."""
        until, seconds = (self.stopping, lane.pause()) if lane.failed else (lane.awake, IDLE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await until.wait()

    def _failed(self, lane: _Lane, error: Exception) -> None:
        """One line for each kind of failure of a job, and one for all where the database is away."""
        kind = error.code if isinstance(error, DomainError | Outage) else type(error).__name__
        metrics.JOB_RUNS.labels(lane.job.name, "failed").inc()
        lane.failures += 1
        lane.failed, lane.outage = True, isinstance(error, Outage)
        if lane.failing == kind or self._is_told(kind):
            lane.failing = kind
            return
        lane.failing = kind
        if isinstance(error, DomainError | Outage):
            log.warning("job_refused", job=lane.job.name, reason=kind)
        else:
            log.error("job_failed", job=lane.job.name, **describe_exception(error))

    def _succeeded(self, lane: _Lane) -> None:
        kind, lane.failing = lane.failing, None
        if kind is not None and not self._is_told(kind):
            log.info("job_recovered", job=lane.job.name, reason=kind, count=lane.failures)
        lane.failures, lane.outage = 0, False

    def _is_told(self, kind: str) -> bool:
        return kind == Unavailable.code and any(lane.failing == kind for lane in self._lanes)
