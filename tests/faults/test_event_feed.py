"""A reader of the feed misses nothing, whatever commits late and whoever gives positions (RELIABILITY.md 5, promise 29).

Writers commit in any order, some much later than their ids say; several workers give positions at once; a reader follows.
With `SITTHI_FAULT_ROUNDS` set: 100,000 events in the first round and 10,000 in each other, from a seed of its own; else 2,000.
"""

import asyncio
import os
import random

import asyncpg
import pytest

from app.core.clock import Clock
from app.core.ids import new_id
from app.main import Process
from app.services import event_feed
from tests.support.api import Api
from tests.support.database import Database
from tests.support.services import working
from tests.support.webhooks import registered, sequenced

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
EVENTS = [100_000, *[10_000] * (ROUNDS - 1)] if ROUNDS else [2_000]
WRITERS, WORKERS = 16, 3
INSERT = (
    "INSERT INTO outgoing_event (id, type, occurred_at, data) "
    "SELECT id, 'consent.granted', now(), '{}' FROM unnest($1::uuid[]) AS made (id)"
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1_800 if ROUNDS else 120)]


async def write(database: Database, draw: random.Random, number: int) -> list[str]:
    """Commit events in transactions of different sizes, some of which stay open for a while; the ids, in any order."""
    made: list[str] = []
    connection = await asyncpg.connect(database.service)
    try:
        while len(made) < number:
            ids = [new_id(Clock().now()) for _ in range(min(draw.randint(1, 40), number - len(made)))]
            async with connection.transaction():
                await connection.execute(INSERT, ids)
                await asyncio.sleep(draw.choice([0, 0, 0, 0.001, 0.01, 0.1]))
            made += map(str, ids)
    finally:
        await connection.close()
    return made


async def give_positions(process: Process, stopping: asyncio.Event) -> None:
    """A worker of its own, until it is told to stop."""
    while not stopping.is_set():
        async with working(process) as work:
            found = await event_feed.sequence_next(work)
        await asyncio.sleep(0 if found else 0.005)


async def follow(process: Process, seen: list[str], wanted: int) -> None:
    """A reader that only ever goes on from where it was."""
    after = None
    while len(seen) < wanted:
        async with working(process) as work:
            page = await event_feed.page(work, None, after, 200)
        after = page.next_after
        seen += [str(event.id) for event in page.items]
        await asyncio.sleep(0 if page.items else 0.005)


@pytest.mark.parametrize("seed", range(max(ROUNDS, 1)))
async def test_a_cursor_reader_beside_sixteen_writers_sees_each_event_once(
    api: Api, database: Database, seed: int
) -> None:
    many = EVENTS[seed]
    endpoint = await registered(api.core)
    stopping, seen = asyncio.Event(), list[str]()
    workers = [asyncio.create_task(give_positions(api.process, stopping)) for _ in range(WORKERS)]
    reader = asyncio.create_task(follow(api.process, seen, many))
    writers = [write(database, random.Random(f"{seed}/{at}"), many // WRITERS) for at in range(WRITERS)]
    written = {one for made in await asyncio.gather(*writers) for one in made}
    await reader
    stopping.set()
    await asyncio.gather(*workers)
    await sequenced(api.process)
    assert len(seen) == len(set(seen)) == len(written) == many
    assert set(seen) == written
    [told] = await database.fetch(
        "SELECT max(position) AS last, count(DISTINCT position) AS positions FROM outgoing_event WHERE position > 0"
    )
    assert (told["last"], told["positions"]) == (many, many), "without a gap"
    [sent] = await database.fetch(
        "SELECT count(DISTINCT event_id) AS n, count(*) AS all FROM webhook_delivery WHERE endpoint_id = $1",
        endpoint["id"],
    )
    assert (sent["n"], sent["all"]) == (many, many), "each has its delivery"
