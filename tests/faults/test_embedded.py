"""The embedded server under repeated kills, on a real disk with all its safety on.

`SITTHI_FAULT_ROUNDS` says how often (1 when unset); each round draws its victims from a seed that it names on failure.
"""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from app.core.embedded import start_embedded
from tests.embedded_processes import (
    Service,
    ask,
    fresh_data_dir,
    keepers,
    kill_all,
    postmaster,
    server_processes,
    services,
    until,
)

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "1"))
# asyncpg reports a connection lost in mid-operation also as an internal error (MagicStack/asyncpg#1069, open).
LOST_CONNECTION = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120 + 30 * ROUNDS)]


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    with fresh_data_dir(place=tempfile.gettempdir()) as directory:
        yield directory


class Writer:
    """Writes numbers one by one, each in a transaction of its own, and knows which the server said to be committed."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self.committed: set[int] = set()
        self._next = 0

    async def write(self) -> None:
        """Until cancelled, through every loss of the connection."""
        while True:
            try:
                await self._write_over_one_connection()
            except LOST_CONNECTION:
                await asyncio.sleep(0.01)

    async def _write_over_one_connection(self) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=10)
        try:
            while True:
                self._next += 1
                await connection.execute("insert into numbers values ($1)", self._next)
                self.committed.add(self._next)
        finally:
            connection.terminate()


VICTIMS: Mapping[str, Callable[[Path, Service], list[int]]] = {
    "service": lambda _, service: [service.process.pid],
    "keeper": lambda data_dir, _: keepers(data_dir),
    "postmaster": lambda data_dir, _: [postmaster(data_dir)],
    "server": lambda data_dir, _: server_processes(data_dir),
    "one of the server": lambda data_dir, _: server_processes(data_dir)[-1:],
}


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_no_committed_row_is_lost_whoever_is_killed(data_dir: Path, seed: int) -> None:
    draw = random.Random(seed)
    with start_embedded(data_dir) as server:
        await ask(server.dsn_owner, "create table if not exists numbers (n int)")
        await ask(server.dsn_owner, "truncate numbers")
    writer = Writer(server.dsn_owner)
    writing = asyncio.create_task(writer.write())
    for _ in range(3):
        with services(Service(data_dir, {})) as (service,):
            await asyncio.sleep(draw.uniform(0.05, 0.5))
            victims = draw.sample(sorted(VICTIMS), draw.randint(1, 3))
            kill_all([pid for victim in victims for pid in VICTIMS[victim](data_dir, service)])
            if "service" not in victims:
                await asyncio.to_thread(service.ensure)
    with start_embedded(data_dir):
        written = len(writer.committed)
        assert await asyncio.to_thread(until, lambda: writing.done() or len(writer.committed) > written)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert writer.committed <= set(await ask(server.dsn_owner, "select array_agg(n) from numbers"))


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_processes_that_come_and_go_at_once_always_have_a_server_and_leave_none(data_dir: Path, seed: int) -> None:
    def come_and_go(draw: random.Random) -> None:
        for _ in range(8):
            with start_embedded(data_dir) as server:
                assert asyncio.run(ask(server.dsn_service, "select 1")) == 1
                time.sleep(draw.uniform(0, 0.3))
            time.sleep(draw.uniform(0, 0.3))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(come_and_go, random.Random(f"{seed}-{who}")) for who in range(4)]:
            done.result()
    assert not server_processes(data_dir)
    assert not keepers(data_dir)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_services_killed_while_they_start_leave_no_server(data_dir: Path, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(5):
        service = Service(data_dir, {})
        time.sleep(draw.uniform(0, 0.4))
        service.kill()
    assert until(lambda: not server_processes(data_dir) and not keepers(data_dir), seconds=10)
    with start_embedded(data_dir) as server:
        assert asyncio.run(ask(server.dsn_service, "select 1")) == 1
