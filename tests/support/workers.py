"""Real `sitthi worker` processes, or `serve`, perhaps with something of the tests' own in them; killed, frozen and drained."""

import asyncio
import os
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

from app.core.database import is_lost
from app.core.outbound import Outbound
from app.core.settings import Settings
from app.workers import jobs
from app.workers.loop import Job
from tests.cli.running import FORKS, PATIENCE, environment, sandbox
from tests.cli.running import command as run_command
from tests.embedded_processes import until
from tests.support import errands


class Worker:
    """A worker; `out` and `err` are what it says. `first`: what is changed in its process before it begins."""

    def __init__(
        self, variables: Mapping[str, str], place: Path, first: Callable[[], None], word: str = "worker"
    ) -> None:
        self.out, self.err = place / "out", place / "err"
        place.mkdir()
        arguments = (word, environment(variables), self.out, self.err, first)
        self.process = FORKS.Process(target=_work, args=arguments)
        self.process.start()

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def says(self, words: str) -> bool:
        return self.out.exists() and words in self.out.read_text()

    @property
    def url(self) -> str:
        """Where `serve` listens, once it has said so."""
        found = re.search(r"Address +(http://\S+)", self.out.read_text())
        assert found
        return found[1]

    def ready(self) -> None:
        """Waits until it works, or has ended."""
        assert until(lambda: self.says("ready") or not self.process.is_alive(), PATIENCE), self.err.read_text()

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9, and waits until it is dead."""
        self.process.kill()
        self.process.join(PATIENCE)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int | None:
        """Tells it to stop, and waits until it has; its exit code."""
        if self.process.is_alive():
            self.send(number)
        self.process.join(PATIENCE)
        return self.process.exitcode


def nothing() -> None:
    """The worker is as it always is."""


@dataclass
class Fleet:
    """Workers over one database, kept at their number as a process manager would. `first`: what is changed in each."""

    data_dir: Path
    owner: str
    place: Path
    first: Callable[[], None] = nothing
    workers: list[Worker] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))

    async def start(self, many: int) -> None:
        """So many workers, all at work."""
        self.workers = [self.worker() for _ in range(many)]
        for worker in self.workers:
            await asyncio.to_thread(worker.ready)

    def worker(self) -> Worker:
        settings = sandbox(self.data_dir, SITTHI_PUBLIC_URL="http://sitthi.test")
        return Worker(settings, self.place / str(next(self.numbers)), self.first)

    def replace_the_dead(self) -> None:
        self.workers = [worker if worker.process.is_alive() else self.worker() for worker in self.workers]

    async def ask(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """Of the database, through every loss of the connection."""
        while True:
            try:
                return await self._ask_once(query, *arguments)
            except Exception as error:
                if not is_lost(error):
                    raise
            await asyncio.sleep(0.05)

    async def _ask_once(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.owner, timeout=5)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(query, *arguments)
            return rows
        finally:
            connection.terminate()

    async def drain(self) -> None:
        """Every worker ends well."""
        for worker in self.workers:
            await asyncio.to_thread(worker.ready)
        codes = [await asyncio.to_thread(worker.end) for worker in self.workers]
        assert set(codes) == {0}, [worker.err.read_text() for worker in self.workers]

    async def kill(self) -> None:
        """None is left."""
        for worker in self.workers:
            await asyncio.to_thread(worker.kill)


def _work(word: str, variables: dict[str, str], out: Path, err: Path, first: Callable[[], None]) -> None:
    first()
    run_command((word,), variables, out, err)


def with_errands(book: Path, lease: timedelta = errands.LEASE) -> None:
    """Besides what falls due, this process does the tests' errands."""
    everything, errands.LEASE = jobs.of, lease

    def more(settings: Settings, outbound: Outbound) -> Sequence[Job]:
        return (*everything(settings, outbound), errands.job(errands.Book(book)))

    jobs.of = more
