"""Each timer fires once, of thousands in one second, and a holder that slept too long writes nothing (promise 23).

RELIABILITY.md 5 in its own measure: 5,000 timers that fall due within one second, most of them reminders of the service's
own, the others errands of the tests under the lease that webhooks have; four real `sitthi worker` processes, of which one
is killed with `kill -9` every two seconds while another is at work, and one is frozen for a minute with an errand in its
hands; and the database is restarted in the middle. How late each was is told, from when it was due to the instant of its
commit, which the database keeps. So it is with `SITTHI_FAULT_ROUNDS` set, three rounds at most; else one small one.
"""

import asyncio
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from app.core.clock import Clock, today_in_bangkok
from app.core.embedded import start_embedded
from app.core.settings import Mode, Settings
from app.main import create_app
from app.services import reminders, webhook_deliveries
from app.startup import process
from tests.embedded_processes import fresh_data_dir, kill_all, postmaster, server_processes, until
from tests.support.api import Api
from tests.support.clock import noon_of
from tests.support.errands import TABLES, Book, Line
from tests.support.members import register
from tests.support.requests import submit
from tests.support.workers import Fleet, Worker, with_errands

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
REMINDERS, ERRANDS, WORKERS = (4_750, 250, 4) if ROUNDS else (180, 20, 3)
AHEAD = timedelta(seconds=5 if ROUNDS else 1)
KILL_SECONDS, MOST_KILLS = (2.0, 1_000) if ROUNDS else (0.5, 3)
FROZEN_SECONDS = 60.0 if ROUNDS else 1.5
LEASE = webhook_deliveries.LEASE if ROUNDS else timedelta(seconds=3)
ANCHOR_SECONDS = 1.0
COMMITS_KEPT = {"track_commit_timestamp": "on"}

DUE = """
WITH made AS (
    INSERT INTO rights_request SELECT (json_populate_record(r, json_build_object(
        'id', gen_random_uuid(), 'reference', $1 || n, 'scope_key', $1 || n,
        'decide_by', due, 'decide_by_internal', due, 'due_on', due,
        'next_reminder_at', now() + clock_offset + $3::interval + random() * interval '1 second'))).*
    FROM rights_request r, sandbox, generate_series(1, $2) n, LATERAL (
        SELECT ((now() + clock_offset) AT TIME ZONE 'Asia/Bangkok')::date - (ARRAY[-7, -3, -1, 0, 1, 30])[n % 6 + 1] AS due
    ) late
    WHERE reference = $4 RETURNING id, next_reminder_at
)
INSERT INTO timer SELECT made.id, next_reminder_at - clock_offset FROM made, sandbox
"""
ADD_ERRANDS = """
INSERT INTO toy (id, seconds, not_before) SELECT $1 + n, random() * 0.02, now() + clock_offset + $3::interval
    + random() * interval '1 second' FROM sandbox, generate_series(1, $2) n
"""
FIRED = """
SELECT (SELECT count(*) FROM request_reminder g WHERE g.request_id = t.id) AS given,
    (SELECT count(*) FROM request_event e WHERE e.request_id = t.id AND e.detail ? 'mark') AS shown,
    (SELECT count(*) FROM audit_entry a WHERE a.object_id = t.id::text AND a.details ? 'mark') AS audited,
    (SELECT count(*) FROM outgoing_event o WHERE o.data->>'request_id' = t.id::text AND o.data ? 'mark') AS told
FROM timer t
"""
WAITING = """
SELECT (SELECT count(*) FROM timer WHERE NOT EXISTS (SELECT FROM request_reminder WHERE request_id = timer.id)) AS reminders,
    (SELECT count(*) FROM toy WHERE NOT done) AS errands
"""
LATE_REMINDERS = """
SELECT extract(epoch FROM pg_xact_commit_timestamp(g.xmin) - t.due_at)::float AS late
FROM request_reminder g JOIN timer t ON t.id = g.request_id
"""
LATE_ERRANDS = """
SELECT extract(epoch FROM pg_xact_commit_timestamp(s.xmin) - (not_before - clock_offset))::float AS late
FROM toy_settled s JOIN toy USING (id), sandbox WHERE toy.id > $1 AND toy.id <= $1 + $2
"""
AGAIN = "INSERT INTO request_reminder SELECT * FROM request_reminder LIMIT 1"

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400 if ROUNDS else 120)]


def small_steps() -> None:
    """A small round has several units of work too."""
    reminders.BATCH = 8


def change(book: Path) -> None:
    """What is otherwise in the workers: the tests' errands, under this lease."""
    with_errands(book, LEASE)
    if not ROUNDS:
        small_steps()


@dataclass(kw_only=True)
class Rig(Fleet):
    """Workers that also do the tests' errands. `service`: the database as the service's own role reaches it."""

    service: str
    book: Book
    model: str

    def written(self, word: str, number: int) -> list[Line]:
        return [line for line in self.book.lines(word) if line.id == number]

    async def hold(self, number: int) -> Worker:
        """A worker that is frozen with this errand in its hands."""
        await self.ask(
            "INSERT INTO toy (id, seconds, not_before) SELECT $1, $2, now() + clock_offset FROM sandbox",
            number,
            ANCHOR_SECONDS,
        )
        assert await asyncio.to_thread(until, lambda: bool(self.written("began", number)), 30)
        holder = next(worker for worker in self.workers if worker.pid == self.written("began", number)[0].pid)
        holder.send(signal.SIGSTOP)
        return holder

    async def fall_due(self, seed: int) -> None:
        """All timers of a round are set: they fall due within one second that begins soon."""
        name = f"R{seed}-"
        await self.ask("TRUNCATE timer")
        await self.ask(DUE, name, REMINDERS, AHEAD, self.model)
        await self.ask(ADD_ERRANDS, first_errand(seed), ERRANDS, AHEAD)

    async def restart_database(self, how: str) -> None:
        """As an operator would, or by a crash; whoever keeps it starts it again."""
        if how == "restarted":
            os.kill(await asyncio.to_thread(postmaster, self.data_dir), signal.SIGINT)
        else:
            await asyncio.to_thread(kill_all, server_processes(self.data_dir))


def first_errand(seed: int) -> int:
    return 100_000 * (seed + 1)


@pytest.fixture(scope="module")
async def rig() -> AsyncIterator[Rig]:
    """A database on a real disk at noon of tomorrow, with one open request to copy, and no worker."""
    with (
        fresh_data_dir(place=tempfile.gettempdir()) as data_dir,
        tempfile.TemporaryDirectory() as place,
        start_embedded(data_dir, settings=COMMITS_KEPT) as server,
    ):
        settings = Settings(mode=Mode.SANDBOX, data_dir=data_dir, public_url="http://sitthi.test")
        async with (
            process(settings, lambda _: nullcontext()) as prepared,
            Api.over(create_app(prepared), prepared) as api,
        ):
            await noon_of(api, str(today_in_bangkok(Clock().now() + timedelta(days=1))))
            await register(api)
            model = (await submit(api))["reference"]
        book = Book(Path(place, "book"))
        rig = Rig(
            data_dir,
            server.dsn_owner,
            Path(place),
            partial(change, book.path),
            service=server.dsn_service,
            book=book,
            model=model,
        )
        await rig.ask("UPDATE rights_request SET next_reminder_at = NULL")
        for statement in (
            *TABLES.split(";")[:3],
            "CREATE TABLE timer (id uuid PRIMARY KEY, due_at timestamptz NOT NULL)",
        ):
            await rig.ask(statement)
        yield rig


@pytest.fixture(autouse=True)
async def no_worker_left(rig: Rig) -> AsyncIterator[None]:
    yield
    await rig.kill()


@dataclass
class Harm:
    """What is done. `database`: how it stops. `holder`: who was frozen at `frozen`, by the monotonic clock."""

    database: str
    kills: int = 0
    holder: Worker | None = None
    frozen: float = 0.0


async def do_harm(rig: Rig, draw: random.Random, number: int) -> Harm:
    """Until everything has fired: kills, while another is at work; once half has, a restart of the database, then a freeze."""
    harm, next_kill = Harm(draw.choice(["restarted", "crashed"])), time.monotonic()
    while (waiting := sum((await rig.ask(WAITING))[0])) > 0 or harm.holder is None:
        if harm.holder is None and waiting < (REMINDERS + ERRANDS) / 2:
            await rig.restart_database(harm.database)
            harm.holder, harm.frozen = await rig.hold(number), time.monotonic()
        ready = [worker for worker in rig.workers if worker is not harm.holder and worker.says("ready")]
        begun = waiting < REMINDERS + ERRANDS
        if begun and len(ready) > 1 and harm.kills < MOST_KILLS and time.monotonic() >= next_kill:
            await asyncio.to_thread(draw.choice(ready).kill)
            harm.kills, next_kill = harm.kills + 1, time.monotonic() + KILL_SECONDS
        rig.replace_the_dead()
        await asyncio.sleep(0.05)
    return harm


@pytest.mark.parametrize("seed", range(min(ROUNDS, 3) or 1))
async def test_each_of_many_timers_in_one_second_fires_once(rig: Rig, seed: int) -> None:
    number = first_errand(seed)
    await rig.start(WORKERS)
    await rig.fall_due(seed)
    harm = await do_harm(rig, random.Random(seed), number)
    assert harm.holder
    await asyncio.sleep(max(0.0, harm.frozen + FROZEN_SECONDS - time.monotonic()))
    slept = time.monotonic() - harm.frozen
    harm.holder.send(signal.SIGCONT)
    told = f"seed {seed}: {harm.kills} kills, the database {harm.database}, a holder frozen for {slept:.0f} s"
    await check_holder(rig, number, harm.holder, told)
    await rig.drain()
    await check_fires(rig, seed, told)
    await tell_lateness(rig, seed, told)


async def check_holder(rig: Rig, number: int, holder: Worker, told: str) -> None:
    """Another has taken over and settled; what the sleeper would write is refused by its fence."""
    assert await asyncio.to_thread(until, lambda: bool(rig.written("refused", number)), 30), told
    assert {line.pid for line in rig.written("refused", number)} == {holder.pid}, told
    [settled] = await rig.ask("SELECT fence, pid FROM toy_settled WHERE id = $1", number)
    assert settled["fence"] > rig.written("refused", number)[0].fence, told
    assert settled["pid"] != holder.pid, told


async def check_fires(rig: Rig, seed: int, told: str) -> None:
    """As many as there are timers, each once wherever it is written; and the database takes none twice."""
    fired = Counter(tuple(row) for row in await rig.ask(FIRED))
    assert fired == {(1, 1, 1, 1): REMINDERS}, told
    settled = await rig.ask(
        "SELECT id, s.fence, toy.fence AS last FROM toy LEFT JOIN toy_settled s USING (id) "
        "WHERE id >= $1 AND id <= $1 + $2",
        first_errand(seed),
        ERRANDS,
    )
    assert len(settled) == len({row["id"] for row in settled}) == ERRANDS + 1, told
    assert all(row["fence"] == row["last"] for row in settled), f"{told}: settled by who had lost it"
    connection = await asyncpg.connect(rig.service)
    try:
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(AGAIN)
    finally:
        await connection.close()


async def tell_lateness(rig: Rig, seed: int, told: str) -> None:
    """From when each was due until its commit."""
    figures = []
    for kind, query, arguments in (
        ("reminders", LATE_REMINDERS, ()),
        (f"errands under a lease of {LEASE.total_seconds():.0f} s", LATE_ERRANDS, (first_errand(seed), ERRANDS)),
    ):
        late = sorted(row["late"] for row in await rig.ask(query, *arguments))
        assert late[0] >= 0, f"{told}: early"
        cuts = statistics.quantiles(late, n=100, method="inclusive")
        figures.append(f"{len(late)} {kind}: p50 {cuts[49]:.1f} s, p99 {cuts[98]:.1f} s, last {late[-1]:.1f} s late")
    sys.stdout.write(f"{told}; {'; '.join(figures)}\n")
