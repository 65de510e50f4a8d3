"""Processes that do nothing but what falls due, to be killed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.embedded_processes import PROJECT

PROGRAM = """
import asyncio, sys
from app.core.clock import Clock
from app.core.database import Lane, create_engine
from app.core.sealing import KeyRing, new_key
from app.core.settings import Settings
from app.main import prepare
from app.policies.loader import load_pack
from app.services import reminders
from app.workers import jobs, loop

async def main(dsn, batch):
    reminders.BATCH = batch
    settings = Settings(mode="sandbox", public_url="http://sitthi.test")
    engine, lane = create_engine(dsn, name="worker"), Lane(dsn, name="worker")
    process = await prepare(settings, engine, lane, Clock(), load_pack("chanthaburi-teachers"), KeyRing({"w": new_key()}))
    print("ready", flush=True)
    await loop.Loop(process.works, jobs.of(settings, process.outbound)).run()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


class Worker:
    """A process that runs the loop over a database; `batch`: so many requests it reminds of in one unit of work."""

    def __init__(self, dsn: str, batch: int) -> None:
        self._process = subprocess.Popen(  # noqa: S603  (our own Python)
            [sys.executable, "-c", PROGRAM, dsn, str(batch)],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ready(self) -> None:
        """Returns once it works."""
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        """Gone, at once and without a word."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()


@contextmanager
def workers(dsn: str, count: int, batch: int) -> Iterator[list[Worker]]:
    """Some of them, all at work; whoever is in the list at the end is killed."""
    running = [Worker(dsn, batch) for _ in range(count)]
    try:
        for worker in running:
            worker.ready()
        yield running
    finally:
        for worker in running:
            worker.kill()
