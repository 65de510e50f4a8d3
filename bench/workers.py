"""Rows through the workers' claim and settle, how soon a word wakes them, and how soon a killed one's work is taken over.

python -m bench.workers
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col

from app.core.clock import Clock
from app.core.database import PATIENCE, Lane, create_engine
from app.core.embedded import start_embedded
from app.core.sealing import KeyRing, new_key
from app.core.settings import Mode, Settings
from app.core.work import SYSTEM, Work, Works
from app.main import prepare
from app.migrations.upgrade import migrate
from app.models.errand import Errand
from app.policies.loader import load_pack
from app.repositories import errands
from app.startup import JOB_CONNECTIONS
from app.workers import loop
from app.workers.loop import Job, Loop
from bench.report import rate, run, show
from bench.storage import scratch

BATCH = 100
ROUNDS = 3
LEASE = timedelta(seconds=15)
TABLE = """
CREATE TABLE no_op (
    id int PRIMARY KEY, done boolean NOT NULL DEFAULT false, not_before timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz, fence int NOT NULL DEFAULT 0, attempts int NOT NULL DEFAULT 0
);
CREATE INDEX no_op_due ON no_op (not_before) WHERE NOT done;
"""
CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM no_op WHERE NOT done AND not_before <= now() AND (lease_until IS NULL OR lease_until <= now())
    ORDER BY not_before LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE no_op SET lease_until = now() + interval '15 seconds', fence = fence + 1, attempts = attempts + 1
FROM due WHERE no_op.id = due.id RETURNING no_op.*
"""
SETTLE = "UPDATE no_op SET done = true WHERE id = ANY($1)"


class Apart(SQLModel, registry=registry()):
    """Not among the tables of the service."""


class NoOp(Apart, Errand, table=True):
    """A row that asks for nothing."""

    __tablename__ = "no_op"

    id: int = Field(primary_key=True)
    done: bool = False


@dataclass(frozen=True)
class Place:
    """A database of its own."""

    works: Works
    owner: str


@asynccontextmanager
async def place() -> AsyncIterator[Place]:
    """An embedded PostgreSQL at its ordinary, durable settings, migrated, with the table."""
    with scratch() as directory, start_embedded(directory) as server:
        await migrate(server.dsn_owner, "sitthi_service")
        await execute(server.dsn_owner, TABLE)
        async with parts(server.dsn_owner) as works:
            yield Place(works, server.dsn_owner)


@asynccontextmanager
async def parts(dsn: str) -> AsyncIterator[Works]:
    """What a worker opens its units of work with."""
    engine = create_engine(dsn, name="bench", pool_size=JOB_CONNECTIONS, queue=PATIENCE)
    lane = Lane(dsn, name="bench")
    settings = Settings(mode=Mode.SANDBOX, public_url="http://sitthi.test")
    ring = KeyRing({"bench": new_key()})
    yield (await prepare(settings, engine, lane, Clock(), load_pack(settings.policy_pack), ring)).background
    lane.close()
    await engine.dispose()


async def execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def job(batch: int, act: Callable[[Sequence[NoOp]], Awaitable[None]]) -> Job:
    """Claims so many rows at once and settles those that it still holds."""
    waiting = col(NoOp.done).is_(False)

    async def claim(work: Work) -> Sequence[NoOp] | None:
        return await errands.claim(work, NoOp, waiting, limit=batch, lease=LEASE) or None

    async def settle(work: Work, rows: Sequence[NoOp], _: None) -> None:
        for row in await errands.lock_all_held(work, NoOp, col(NoOp.id), {row.id: row.fence for row in rows}):
            row.done = True

    return loop.errands("no_op", claim, act, settle)


async def nothing(_: Sequence[NoOp]) -> None:
    """No act at all."""


async def drain(here: Place, batch: int, lanes: int, rows: int) -> tuple[float, float]:
    """Rows a second until none waits; and by second of this process's processor time."""
    await execute(
        here.owner, f"TRUNCATE no_op; INSERT INTO no_op (id) SELECT generate_series(1, {rows}); ANALYZE no_op"
    )
    one = job(batch, nothing)

    async def until_empty() -> None:
        while await one.run(here.works):
            pass

    began, spent = time.perf_counter(), time.process_time()
    await asyncio.gather(*(until_empty() for _ in range(lanes)))
    return rows / (time.perf_counter() - began), rows / (time.process_time() - spent)


async def bare(here: Place, rows: int) -> float:
    """The ceiling: the same in two statements for a hundred rows, over the driver alone."""
    await execute(
        here.owner, f"TRUNCATE no_op; INSERT INTO no_op (id) SELECT generate_series(1, {rows}); ANALYZE no_op"
    )
    connection = await asyncpg.connect(here.owner)
    began = time.perf_counter()
    while claimed := await connection.fetch(CLAIM, BATCH):
        await connection.execute(SETTLE, [row["id"] for row in claimed])
    took = time.perf_counter() - began
    await connection.close()
    return rows / took


@asynccontextmanager
async def acting(here: Place) -> AsyncIterator[asyncio.Queue[float]]:
    """A loop at work, which says when it acts."""
    acted: asyncio.Queue[float] = asyncio.Queue()

    async def act(_: Sequence[NoOp]) -> None:
        acted.put_nowait(time.perf_counter())

    working = Loop(here.works, [job(1, act)])
    task = asyncio.create_task(working.run())
    await asyncio.sleep(1)
    yield acted
    working.stop()
    await task


async def wake(here: Place, times: int) -> Sequence[float]:
    """Milliseconds from the commit of a row with a word until it is acted on."""
    await execute(here.owner, "TRUNCATE no_op")
    found = []
    async with acting(here) as acted:
        for number in range(times):
            async with here.works.open(SYSTEM, "bench") as work:
                work.session.add(NoOp(id=number, not_before=work.now - timedelta(seconds=1)))
                await work.session.flush()
                work.wake()
            began = time.perf_counter()
            found.append((await acted.get() - began) * 1000)
            await asyncio.sleep(0.05)
    return sorted(found)


async def take_over(here: Place) -> float:
    """Seconds from kill -9 of a process with a fresh lease until another acts on its row."""
    await execute(here.owner, "TRUNCATE no_op; INSERT INTO no_op (id) VALUES (1)")
    arguments = [sys.executable, "-m", "bench.workers", here.owner]
    holder = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
    assert holder.stdout is not None, "asked for"  # noqa: S101  (create_subprocess_exec with PIPE)
    await holder.stdout.readline()
    began = time.perf_counter()
    holder.kill()
    await holder.wait()
    async with acting(here) as acted:
        return await acted.get() - began


async def hold(dsn: str) -> None:
    """Be the process that is killed with a row in hand."""

    async def never_come_back(_: Sequence[NoOp]) -> None:
        sys.stdout.write("claimed\n")
        sys.stdout.flush()
        await asyncio.Event().wait()

    async with parts(dsn) as works:
        await job(1, never_come_back).run(works)


async def main() -> None:
    """All figures."""
    rows, notes = [], []
    async with place() as here:
        for batch, lanes, many in ((1, 1, 200), (1, 4, 400), (BATCH, 1, 4_000), (BATCH, 4, 8_000)):
            found = [await drain(here, batch, lanes, many) for _ in range(ROUNDS)]
            per_second, per_core = zip(*found, strict=True)
            rows.append([f"{batch} at a time, {lanes} lanes", rate(per_second), rate(per_core)])
        rows.append(
            [f"two bare statements, {BATCH} at a time", rate([await bare(here, 8_000) for _ in range(ROUNDS)]), ""]
        )
        woken = await wake(here, 60)
        notes.append(f"word to act: p50 {woken[len(woken) // 2]:.1f} ms, p99 {woken[int(len(woken) * 0.99)]:.1f} ms")
        notes.append(
            f"taken over {await take_over(here):.1f} s after kill -9; the lease is {LEASE.total_seconds():.0f} s"
        )
    show("Rows claimed and settled", ["", "rows/s", "rows/s per core"], rows, notes)


if __name__ == "__main__":
    run(hold(sys.argv[1]) if len(sys.argv) > 1 else main())
