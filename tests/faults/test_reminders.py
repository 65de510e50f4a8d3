"""Every reminder exactly once, none missing, whoever is killed (RELIABILITY.md 5, promise 11).

Four processes work on deadlines that fall due in the same minute, while one after the other is killed with `kill -9` and
replaced. `SITTHI_FAULT_ROUNDS` says how many rounds (1 when unset), then of 10,000 deadlines; each round draws from a
seed that it names on failure.
"""

import asyncio
import os
import random

import asyncpg
import pytest

from tests.support.api import Api
from tests.support.database import Database
from tests.support.members import register
from tests.support.requests import submit
from tests.support.worker_processes import Worker, workers

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
DEADLINES, KILLS, BATCH = (10_000, 10, 100) if ROUNDS else (200, 2, 4)
WORKERS = 4
pytestmark = [pytest.mark.faults, pytest.mark.timeout(600 if ROUNDS else 240)]

MANY = """
INSERT INTO rights_request SELECT (json_populate_record(r, json_build_object(
    'id', gen_random_uuid(), 'reference', 'R-' || n, 'scope_key', n::text))).*
FROM rights_request r, generate_series(2, $1) n
"""
DUE = """
UPDATE rights_request SET decide_by = day, decide_by_internal = day, due_on = day,
    next_reminder_at = now() + random() * interval '1 second'
FROM (SELECT (now() AT TIME ZONE 'Asia/Bangkok')::date AS day) today
"""
LEFT = "SELECT count(*) FROM rights_request WHERE next_reminder_at <= now() + interval '1 minute'"
COUNTS = """
SELECT (SELECT count(*) FROM request_reminder WHERE mark = 0) AS kept,
       (SELECT count(*) FROM request_event WHERE event = 'request.due_soon') AS shown,
       (SELECT count(DISTINCT request_id) FROM request_event WHERE event = 'request.due_soon') AS requests_shown,
       (SELECT count(*) FROM outgoing_event WHERE type = 'request.due_soon') AS told,
       (SELECT count(DISTINCT data->>'request_id') FROM outgoing_event WHERE type = 'request.due_soon') AS requests_told,
       (SELECT count(*) FROM audit_entry WHERE action = 'request.due_soon') AS audited
"""


async def kill_at_random(
    draw: random.Random, running: list[Worker], dsn: str, connection: "asyncpg.Connection[asyncpg.Record]"
) -> int:
    """Kills, and starts another in its place; afterwards waits while less and less is left to do. How many it took at work."""
    at_work = 0
    for _ in range(KILLS):
        await asyncio.sleep(draw.uniform(0, 0.15))
        at_work += await connection.fetchval(LEFT) > 0
        victim = draw.randrange(WORKERS)
        running[victim].kill()
        running[victim] = Worker(dsn, BATCH)
    left, looks = await connection.fetchval(LEFT), 0
    while left and looks < 600:
        await asyncio.sleep(0.1)
        before, left = left, await connection.fetchval(LEFT)
        looks = looks + 1 if left == before else 0
    assert left == 0, "reminders are missing"
    return at_work


@pytest.mark.parametrize("seed", range(max(ROUNDS, 1)))
async def test_every_reminder_is_given_once_by_workers_that_are_killed(api: Api, database: Database, seed: int) -> None:
    await register(api)
    await submit(api)
    await database.execute("UPDATE rights_request SET next_reminder_at = NULL")
    await database.execute(MANY, DEADLINES)
    connection = await asyncpg.connect(database.owner)
    try:
        with workers(database.service, WORKERS, BATCH) as running:
            await connection.execute(DUE)
            assert await kill_at_random(random.Random(seed), running, database.service, connection) > 0
        assert set((await connection.fetchrow(COUNTS)).values()) == {DEADLINES}
    finally:
        await connection.close()
