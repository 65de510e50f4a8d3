"""What falls due comes about once, whoever is killed, frozen or stopped (RELIABILITY.md 5, promises 23 and 35).

Real `sitthi worker` processes beside each other on a real disk. Consents past their last day are what the service itself
does; errands of the tests, under leases of a second, stand for all that is done outside the database. `SITTHI_FAULT_ROUNDS`
says how often (1 when unset), each time with more faults than in the one round of every day; a failure names its seed.
"""

import asyncio
import os
import random
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from app.core.embedded import start_embedded
from app.core.settings import Mode, Settings
from app.main import create_app
from app.startup import process
from tests.embedded_processes import fresh_data_dir, kill_all, postmaster, server_processes, until
from tests.support.api import Api
from tests.support.consents import given
from tests.support.errands import LEASE, TABLES, Book
from tests.support.members import register
from tests.support.workers import Fleet, with_errands

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
FAULTS = 12 if ROUNDS else 3
WORKERS = 4 if ROUNDS else 3
BATCH = 60 if ROUNDS else 20
MODEL = "M-MODEL"
COPY_SUBJECTS = """
INSERT INTO subject SELECT (jsonb_populate_record(s, jsonb_build_object('subject_ref', $2 || n))).*
FROM subject s, generate_series(1, $3) n WHERE subject_ref = $1
"""
COPY_CONSENTS = """
INSERT INTO consent SELECT (jsonb_populate_record(c, jsonb_build_object(
    'id', gen_random_uuid(), 'subject_ref', $2 || n, 'expires_on', '2026-01-31'))).*
FROM consent c, generate_series(1, $3) n WHERE subject_ref = $1
"""
ADD_ERRANDS = "INSERT INTO toy (id, seconds) SELECT $1 + n, random() * 0.05 FROM generate_series(0, $2 - 1) n"
TRACES = """
SELECT c.id::text,
    (SELECT count(*) FROM consent_event e WHERE e.consent_id = c.id AND event = 'expired') AS events,
    (SELECT count(*) FROM outgoing_event o WHERE type = 'consent.expired' AND data->>'consent_id' = c.id::text) AS told,
    (SELECT count(*) FROM audit_entry a WHERE action = 'consent.expired' AND object_id = c.id::text) AS audited
FROM consent c WHERE expires_on = '2026-01-31'
"""

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120 + 20 * FAULTS)]


@dataclass(kw_only=True)
class Rig(Fleet):
    """Workers that also do the tests' errands."""

    book: Book

    async def fall_due(self, many: int) -> None:
        """So many consents run out, and so many errands are due."""
        number = next(self.numbers)
        connection = await asyncpg.connect(self.owner, timeout=5)
        try:
            async with connection.transaction():
                for statement in (COPY_SUBJECTS, COPY_CONSENTS):
                    await connection.execute(statement, MODEL, f"M-{number}-", many)
                await connection.execute(ADD_ERRANDS, number * 1000, many)
        finally:
            await connection.close()

    async def errand(self, seconds: float = 0.0) -> int:
        number: int = next(self.numbers) * 1000
        await self.ask("INSERT INTO toy (id, seconds) VALUES ($1, $2) ON CONFLICT DO NOTHING", number, seconds)
        return number

    async def all_done(self) -> None:
        """Returns once nothing is due any more."""
        for _ in range(1200):
            self.replace_the_dead()
            [row] = await self.ask(
                "SELECT (SELECT count(*) FROM toy WHERE NOT done) + (SELECT count(*) FROM consent "
                "WHERE ended_at IS NULL AND expires_on = '2026-01-31') AS waiting"
            )
            if not row["waiting"]:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{row['waiting']} are never done")


@pytest.fixture(scope="module")
async def rig() -> AsyncIterator[Rig]:
    """A database with one consent to copy, and no worker."""
    with fresh_data_dir(place=tempfile.gettempdir()) as data_dir, tempfile.TemporaryDirectory() as place:
        settings = Settings(mode=Mode.SANDBOX, data_dir=data_dir, public_url="http://sitthi.test")
        async with (
            process(settings, lambda _: nullcontext()) as prepared,
            Api.over(create_app(prepared), prepared) as api,
        ):
            await register(api, MODEL)
            await given(api, MODEL)
        with start_embedded(data_dir) as server:
            book = Book(Path(place, "book"))
            rig = Rig(data_dir, server.dsn_owner, Path(place), partial(with_errands, book.path), book=book)
            await rig.ask(TABLES.split(";")[0])
            await rig.ask(TABLES.split(";")[1])
            await rig.ask(TABLES.split(";")[2])
            yield rig


@pytest.fixture(autouse=True)
async def no_worker_left(rig: Rig) -> AsyncIterator[None]:
    yield
    await rig.kill()


async def do_harm(rig: Rig, draw: random.Random) -> str:
    """One fault, drawn; whoever died is replaced."""
    victim = draw.choice(rig.workers)
    fault = draw.choice(["kill", "kill", "freeze", "drain", "postmaster", "server"])
    match fault:
        case "kill":
            await asyncio.to_thread(victim.kill)
        case "freeze":
            victim.send(signal.SIGSTOP)
            await asyncio.sleep(LEASE.total_seconds() * draw.uniform(1, 1.5))
            victim.send(signal.SIGCONT)
        case "drain":
            await asyncio.to_thread(victim.ready)
            assert await asyncio.to_thread(victim.end) == 0
        case "postmaster":
            await asyncio.to_thread(kill_all, [postmaster(rig.data_dir)])
        case _:
            await asyncio.to_thread(kill_all, server_processes(rig.data_dir))
    rig.replace_the_dead()
    return fault


@pytest.mark.parametrize("seed", range(max(ROUNDS, 1)))
async def test_what_falls_due_comes_about_once_whoever_is_killed(rig: Rig, seed: int) -> None:
    draw = random.Random(seed)
    await rig.start(WORKERS)
    faults = []
    for _ in range(FAULTS):
        await rig.ask("SELECT 1")
        await rig.fall_due(BATCH)
        await asyncio.sleep(draw.uniform(0.0, 0.4))
        faults.append(await do_harm(rig, draw))
    await rig.all_done()
    await rig.drain()
    await check(rig, f"seed {seed}: {faults}")


async def check(rig: Rig, told: str) -> None:
    """Nothing lost, nothing twice; an errand was begun again only where whoever had it never came to settle it."""
    consents = await rig.ask(TRACES)
    assert len(consents) >= BATCH * FAULTS, told
    assert {(row["events"], row["told"], row["audited"]) for row in consents} == {(1, 1, 1)}, told
    settled = await rig.ask(
        "SELECT toy_settled.id, toy_settled.fence, toy.fence AS last FROM toy LEFT JOIN toy_settled USING (id)"
    )
    assert Counter(row["id"] for row in settled).most_common(1)[0][1] == 1, f"{told}: settled twice"
    assert all(row["fence"] == row["last"] for row in settled), f"{told}: settled by who had lost it"
    begun = Counter(line.id for line in rig.book.lines("began"))
    assert begun.keys() == {row["id"] for row in settled}, told


async def test_a_worker_that_slept_through_its_lease_settles_nothing_any_more(rig: Rig) -> None:
    await rig.start(2)
    number = await rig.errand(seconds=0.3)
    mine = lambda word: [line for line in rig.book.lines(word) if line.id == number]  # noqa: E731
    assert await asyncio.to_thread(until, lambda: bool(mine("began")))
    frozen = next(worker for worker in rig.workers if worker.pid == mine("began")[0].pid)
    frozen.send(signal.SIGSTOP)
    assert await asyncio.to_thread(until, lambda: len(mine("began")) == 2, 20), "the other one takes over"
    await rig.all_done()
    frozen.send(signal.SIGCONT)
    assert await asyncio.to_thread(until, lambda: bool(mine("refused")))
    assert mine("refused")[0].pid == frozen.pid
    settled = await rig.ask("SELECT fence, pid FROM toy_settled WHERE id = $1", number)
    assert [(row["fence"], row["pid"] != frozen.pid) for row in settled] == [(2, True)]
    await rig.drain()


async def test_a_worker_that_is_told_to_stop_finishes_what_it_has_and_takes_nothing_new(rig: Rig) -> None:
    await rig.start(1)
    first = await rig.errand(seconds=0.8)
    assert await asyncio.to_thread(until, lambda: first in {line.id for line in rig.book.lines("began")})
    second = await rig.errand()
    await rig.drain()
    rows = await rig.ask("SELECT id, done, attempts FROM toy WHERE id = ANY($1) ORDER BY id", [first, second])
    assert [tuple(row) for row in rows] == [(first, True, 1), (second, False, 0)]
    await rig.start(1)
    await rig.all_done()
