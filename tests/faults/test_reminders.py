"""Every reminder exactly once, none missing, whoever is killed (RELIABILITY.md 5, promises 11 and 12).

Real `sitthi worker` processes beside each other work on deadlines that fall due in the same minute and on the webhooks that
tell of them, while one after the other is killed with `kill -9` and replaced. What they did is counted in the database, and
by `webhook-id` at a real receiver. `SITTHI_FAULT_ROUNDS` says how many rounds, of 10,000 deadlines and four workers each;
when it is unset, there is one small round. Each draws from a seed, which it prints.
"""

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from standardwebhooks import Webhook

from app.core.clock import Clock, today_in_bangkok
from app.core.embedded import start_embedded
from app.core.settings import Mode, Settings
from app.main import create_app
from app.services import reminders, webhook_deliveries
from app.startup import process
from tests.cli.running import sandbox
from tests.embedded_processes import fresh_data_dir
from tests.support.api import Api
from tests.support.clock import noon_of
from tests.support.members import register
from tests.support.receiver import Receiver
from tests.support.requests import submit
from tests.support.webhooks import registered
from tests.support.workers import Worker

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
DEADLINES, WORKERS, KILLS = (10_000, 4, 12) if ROUNDS else (120, 2, 3)
UNDER_WAY = webhook_deliveries.AT_ONCE * webhook_deliveries.TOGETHER
"""So many deliveries to the one endpoint may be lost with a worker: no more are ever claimed at once."""
pytestmark = [pytest.mark.faults, pytest.mark.timeout(1_200 if ROUNDS else 240)]

MANY = """
INSERT INTO rights_request SELECT (json_populate_record(r, json_build_object(
    'id', gen_random_uuid(), 'reference', 'R-' || n, 'scope_key', n::text,
    'decide_by', due, 'decide_by_internal', due, 'due_on', due,
    'next_reminder_at', ($2::text::date + time '12:00') AT TIME ZONE 'Asia/Bangkok' - random() * interval '1 minute'))).*
FROM rights_request r, generate_series(1, $1) n,
    LATERAL (SELECT $2::text::date - (ARRAY[-7, -3, -1, 0, 1, 30])[n % 6 + 1] AS due) late
"""
LEFT = """
SELECT (SELECT count(*) FROM rights_request WHERE next_reminder_at < ($1::text::date + time '24:00') AT TIME ZONE 'Asia/Bangkok')
     + (SELECT count(*) FROM outgoing_event WHERE position IS NULL)
     + (SELECT count(*) FROM webhook_delivery WHERE status = 'pending')
"""
GIVEN = "SELECT request_id, mark FROM request_reminder WHERE deadline = 'decide'"
SHOWN = "SELECT request_id, (detail->>'mark')::int AS mark FROM request_event WHERE detail ? 'mark'"
AUDITED = "SELECT object_id::uuid, (details->>'mark')::int AS mark FROM audit_entry WHERE details ? 'mark'"
WRITTEN = "SELECT request_id, kind FROM outgoing_message WHERE kind ~ '^officer_'"
TOLD = """
SELECT id::text, type, occurred_at, data, position FROM outgoing_event
WHERE type IN ('request.due_soon', 'request.overdue') ORDER BY position
"""
DELIVERIES = "SELECT event_id::text, status, attempts, jsonb_array_length(log) AS answers FROM webhook_delivery"


@dataclass
class Rig:
    """Workers over one database, and the receiver of what they tell. `bodies`: what came under each `webhook-id`."""

    data_dir: Path
    database: "asyncpg.Connection[asyncpg.Record]"
    api: Api
    place: Path
    day: str = ""
    receiver: Receiver = field(default_factory=lambda: Receiver(silent=False))
    webhook: Webhook | None = None
    bodies: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    workers: list[Worker] = field(default_factory=list)
    read: int = 0
    numbers: Any = field(default_factory=lambda: count(1))

    async def prepare(self, receiver: Receiver) -> None:
        """An empty database at noon of tomorrow with one open request, an endpoint, and workers at rest."""
        await self.database.execute("SELECT sandbox_reset()")
        self.day = str(today_in_bangkok(Clock().now() + timedelta(days=1)))
        await noon_of(self.api, self.day)
        await register(self.api)
        await submit(self.api)
        await self.database.execute("UPDATE rights_request SET next_reminder_at = NULL")
        wanted = ["request.due_soon", "request.overdue"]
        made = await registered(self.api.core, receiver.url, event_types=wanted)
        self.receiver, self.webhook = receiver, Webhook(made["secret"])
        self.bodies.clear()
        self.read = 0
        self.workers = [self.worker() for _ in range(WORKERS)]
        for worker in self.workers:
            await asyncio.to_thread(worker.ready)

    def worker(self) -> Worker:
        settings = sandbox(self.data_dir, SITTHI_PUBLIC_URL="http://sitthi.test")
        return Worker(settings, self.place / str(next(self.numbers)), nothing if ROUNDS else in_small_steps)

    def take_in(self) -> int:
        """Verify what has come since the last time; how many calls came in all."""
        assert self.webhook
        for got in self.receiver.got[self.read :]:
            self.webhook.verify(got.body, got.headers)
            self.bodies[got.headers["webhook-id"]].append(got.body)
        self.read = len(self.receiver.got)
        return self.read

    async def progress(self) -> int:
        """How many reminders were given, and how many calls came of them."""
        given: int = await self.database.fetchval("SELECT count(*) FROM request_reminder")
        return given + self.take_in()

    async def kill_at_random(self, draw: random.Random) -> None:
        """Kills each worker several times, at any point of the work, and starts another in its place."""
        victims = [number % WORKERS for number in range(KILLS)]
        draw.shuffle(victims)
        points = sorted(draw.randrange(2 * DEADLINES) for _ in victims)
        for point, victim in zip(points, victims, strict=True):
            while await self.progress() < point:  # noqa: ASYNC110  (a worker tells nobody)
                await asyncio.sleep(0.02)
            await asyncio.to_thread(self.workers[victim].kill)
            self.workers[victim] = self.worker()

    async def all_done(self) -> None:
        """Returns once nothing is left to do."""
        while await self.database.fetchval(LEFT, self.day):
            self.take_in()
            await asyncio.sleep(0.1)
        self.take_in()

    async def drain(self) -> None:
        """Every worker ends well."""
        for worker in self.workers:
            await asyncio.to_thread(worker.ready)
        codes = [await asyncio.to_thread(worker.end) for worker in self.workers]
        assert set(codes) == {0}, [worker.err.read_text() for worker in self.workers]


def nothing() -> None:
    """The worker is as it always is."""


def in_small_steps() -> None:
    """A small round has several units of work too, and does not wait long for what a killed worker has leased."""
    reminders.BATCH = webhook_deliveries.TOGETHER = 8
    webhook_deliveries.LEASE = timedelta(seconds=3)


@pytest.fixture(scope="module")
async def rig() -> AsyncIterator[Rig]:
    """A database on a real disk, the service over it, and no worker."""
    with (
        fresh_data_dir(place=tempfile.gettempdir()) as data_dir,
        tempfile.TemporaryDirectory() as place,
        start_embedded(data_dir) as server,
    ):
        settings = Settings(mode=Mode.SANDBOX, data_dir=data_dir, public_url="http://sitthi.test")
        async with (
            process(settings, lambda _: nullcontext()) as prepared,
            Api.over(create_app(prepared), prepared) as api,
        ):
            database = await asyncpg.connect(server.dsn_owner)
            yield Rig(data_dir, database, api, Path(place))
            await database.close()


@pytest.fixture(autouse=True)
async def no_worker_left(rig: Rig) -> AsyncIterator[None]:
    yield
    for worker in rig.workers:
        await asyncio.to_thread(worker.kill)


@pytest.mark.parametrize("seed", range(max(ROUNDS, 1)))
async def test_every_reminder_is_given_once_by_workers_that_are_killed(rig: Rig, seed: int) -> None:
    async with Receiver.running() as receiver:
        await rig.prepare(receiver)
        begun = time.monotonic()
        await rig.database.execute(MANY, DEADLINES, rig.day)
        await rig.kill_at_random(random.Random(seed))
        await rig.all_done()
        seconds = time.monotonic() - begun
        await rig.drain()
        rig.take_in()
    told = f"seed {seed}: {DEADLINES} deadlines, {WORKERS} workers, {KILLS} kills, {seconds:.0f} s"
    repeated = await check_calls(rig, await check_reminders(rig, told), told)
    sys.stdout.write(f"{told}, {repeated} calls repeated\n")


async def check_reminders(rig: Rig, told: str) -> list[asyncpg.Record]:
    """Each request has the one reminder that was due of it, in every place that shows it; returns the events."""
    due = "SELECT id AS request_id, $1::text::date - due_on AS mark FROM rights_request WHERE reference ~ '^R-[0-9]+$'"
    expected = sorted(map(tuple, await rig.database.fetch(due, rig.day)))
    assert len(expected) == DEADLINES, told
    for place in (GIVEN, SHOWN, AUDITED):
        assert sorted(map(tuple, await rig.database.fetch(place))) == expected, f"{told}: {place}"
    letters = [(request_id, "officer_overdue" if mark > 0 else "officer_due_soon") for request_id, mark in expected]
    assert sorted(map(tuple, await rig.database.fetch(WRITTEN))) == letters, told
    events = await rig.database.fetch(TOLD)
    data = [json.loads(event["data"]) for event in events]
    assert sorted((one["request_id"], one["mark"]) for one in data) == [(str(id), mark) for id, mark in expected], told
    for event, one in zip(events, data, strict=True):
        assert event["type"] == ("request.overdue" if one["mark"] > 0 else "request.due_soon"), told
    assert len({event["position"] for event in events} - {None}) == DEADLINES, told
    return events


async def check_calls(rig: Rig, events: list[asyncpg.Record], told: str) -> int:
    """Each event came, under its one id and to the byte, and again only where a worker died with it; returns how often."""
    assert rig.bodies.keys() == {event["id"] for event in events}, told
    for event in events:
        [body] = set(rig.bodies[event["id"]])
        said = {"type": event["type"], "timestamp": event["occurred_at"].isoformat(), "data": json.loads(event["data"])}
        assert json.loads(body) == said, told
    deliveries = {row["event_id"]: row for row in await rig.database.fetch(DELIVERIES)}
    assert deliveries.keys() == rig.bodies.keys(), told
    assert {(row["status"], row["answers"]) for row in deliveries.values()} == {("delivered", 1)}, told
    for id, bodies in rig.bodies.items():
        assert len(bodies) <= deliveries[id]["attempts"], told
    lost = sum(row["attempts"] - 1 for row in deliveries.values())
    assert lost <= KILLS * UNDER_WAY, f"{told}: {lost} claims that nobody settled"
    return rig.read - len(rig.bodies)
