"""Any process of the embedded server may be killed at any time: no row is lost, and nothing is left running."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.embedded import start_embedded
from app.core.embedded.accounts import server_account
from app.core.embedded.supervise import supervise
from tests.embedded_processes import (
    Service,
    ask,
    cluster,
    fresh_data_dir,
    keepers,
    kill_all,
    postmaster,
    server_processes,
    services,
    told_of,
    until,
)

# What a killed process can't undo is left out: the machine stays up.
SETTINGS = {"fsync": "off"}
BUSY_FOR_TWO_SECONDS = "do $$ begin while clock_timestamp() < now() + interval '2 seconds' loop end loop; end $$"


@pytest.fixture(scope="module")
def created() -> Iterator[Path]:
    """A data directory with its database, at rest."""
    with fresh_data_dir() as directory:
        start_embedded(directory, settings=SETTINGS).close()
        yield directory


@pytest.fixture
def data_dir(created: Path) -> Iterator[Path]:
    with fresh_data_dir() as directory:
        subprocess.run(["/bin/cp", "-a", created / "postgres", directory], check=True)  # noqa: S603  (keeps the owners)
        yield directory


@pytest.fixture
def stranger() -> Iterator[int]:
    """A process of the server's account that has nothing to do with the server."""
    account = server_account(Path("/nonexistent"))
    with subprocess.Popen(["/bin/sleep", "60"], user=account.uid if account else None, cwd="/") as process:
        yield process.pid
        process.kill()


def gone(data_dir: Path) -> bool:
    return not server_processes(data_dir) and not keepers(data_dir)


async def keep_a_row(dsn: str) -> None:
    await ask(dsn, "create table kept as select 42 as answer")


async def assert_the_row_is_there(dsn: str) -> None:
    assert await ask(dsn, "select answer from kept") == 42


async def test_the_server_stops_by_itself_after_its_service_was_killed(data_dir: Path) -> None:
    with services(Service(data_dir, SETTINGS)) as (service,):
        await keep_a_row(service.owner)
        assert not gone(data_dir)
        service.kill()
        assert until(lambda: gone(data_dir), seconds=10)
    with start_embedded(data_dir, settings=SETTINGS) as server:
        await assert_the_row_is_there(server.dsn_owner)


async def test_whoever_starts_right_after_a_kill_has_the_server_and_keeps_it(data_dir: Path) -> None:
    with services(Service(data_dir, SETTINGS)) as (service,):
        await keep_a_row(service.owner)
        service.kill()
        with start_embedded(data_dir, settings=SETTINGS) as server:
            await assert_the_row_is_there(server.dsn_owner)
            assert not until(lambda: gone(data_dir), seconds=0.5)
    assert gone(data_dir)


async def test_the_server_stays_for_the_service_that_was_not_killed(data_dir: Path) -> None:
    with services(Service(data_dir, SETTINGS), Service(data_dir, SETTINGS)) as (killed, living):
        await keep_a_row(killed.owner)
        before = postmaster(data_dir)
        killed.kill()
        assert not until(lambda: gone(data_dir), seconds=0.5)
        await assert_the_row_is_there(living.owner)
        assert postmaster(data_dir) == before


async def test_a_killed_server_comes_back_while_its_service_runs_on(data_dir: Path) -> None:
    with services(Service(data_dir, SETTINGS)) as (service,):
        await keep_a_row(service.owner)
        killed = server_processes(data_dir)
        kill_all(killed)
        service.ensure()
        await assert_the_row_is_there(service.owner)
        assert not set(killed) & set(server_processes(data_dir))


async def test_a_start_waits_for_the_orphans_of_a_killed_postmaster(data_dir: Path) -> None:
    with services(Service(data_dir, SETTINGS)) as (service,):
        await keep_a_row(service.owner)
        orphan = asyncio.create_task(ask(service.owner, BUSY_FOR_TWO_SECONDS))
        await asyncio.sleep(0.2)
        kill_all([*keepers(data_dir), service.process.pid, postmaster(data_dir)])
        assert server_processes(data_dir)
        with start_embedded(data_dir, settings=SETTINGS) as server:
            await assert_the_row_is_there(server.dsn_owner)
        await asyncio.gather(orphan, return_exceptions=True)


async def test_a_killed_keeper_is_replaced_and_the_server_does_not_notice(data_dir: Path) -> None:
    with start_embedded(data_dir, settings=SETTINGS) as server:
        await keep_a_row(server.dsn_owner)
        before = postmaster(data_dir)
        (keeper,) = keepers(data_dir)
        kill_all([keeper])
        supervision = asyncio.create_task(supervise(server, interval=0.05))
        replaced = await asyncio.to_thread(until, lambda: bool(keepers(data_dir)) and keepers(data_dir) != [keeper])
        supervision.cancel()
        assert replaced
        assert postmaster(data_dir) == before
        await assert_the_row_is_there(server.dsn_owner)
        kill_all(server_processes(data_dir))
        server.ensure()
        await assert_the_row_is_there(server.dsn_owner)
    assert gone(data_dir)


async def test_a_server_whose_service_and_keeper_were_killed_is_taken_over_and_stopped(data_dir: Path) -> None:
    with services(Service(data_dir, SETTINGS)) as (service,):
        await keep_a_row(service.owner)
        kill_all(keepers(data_dir))
        service.kill()
        before = postmaster(data_dir)
        with start_embedded(data_dir, settings=SETTINGS) as server:
            assert postmaster(data_dir) == before
            await assert_the_row_is_there(server.dsn_owner)
        assert gone(data_dir)


async def test_after_all_were_killed_the_next_start_has_every_row(data_dir: Path) -> None:
    with services(Service(data_dir, SETTINGS)) as (service,):
        await keep_a_row(service.owner)
        kill_all([*keepers(data_dir), service.process.pid, *server_processes(data_dir)])
        with start_embedded(data_dir, settings=SETTINGS) as server:
            await assert_the_row_is_there(server.dsn_owner)


async def test_a_service_killed_while_it_creates_the_database_leaves_no_half_of_one(data_dir: Path) -> None:
    shutil.rmtree(data_dir / "postgres")
    service = Service(data_dir, SETTINGS)
    assert until(lambda: bool(list(data_dir.glob("postgres/unfinished-*/PG_VERSION"))))
    kill_all(told_of(data_dir))
    service.kill()
    assert not cluster(data_dir).exists()
    with start_embedded(data_dir, settings=SETTINGS) as server:
        await keep_a_row(server.dsn_owner)
    assert not list((data_dir / "postgres").glob("unfinished-*"))


async def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(data_dir: Path, stranger: int) -> None:
    with start_embedded(data_dir, settings=SETTINGS) as server:
        await keep_a_row(server.dsn_owner)
        pidfile = cluster(data_dir) / "postmaster.pid"
        _, rest = pidfile.read_text().split("\n", maxsplit=1)
        kill_all([*keepers(data_dir), *server_processes(data_dir)])
    pidfile.write_text(f"{stranger}\n{rest}")
    with start_embedded(data_dir, settings=SETTINGS) as server:
        await assert_the_row_is_there(server.dsn_owner)


async def test_a_server_that_lost_its_socket_is_brought_back(data_dir: Path) -> None:
    with start_embedded(data_dir, settings=SETTINGS) as server:
        await keep_a_row(server.dsn_owner)
        (data_dir / "postgres" / "run" / ".s.PGSQL.5432").unlink()
        server.ensure()
        await assert_the_row_is_there(server.dsn_owner)


async def test_signals_to_the_keeper_take_no_server_from_its_service(data_dir: Path) -> None:
    with start_embedded(data_dir, settings=SETTINGS) as server:
        (keeper,) = keepers(data_dir)
        for meant_for_the_service in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(keeper, meant_for_the_service)
        await asyncio.sleep(0.5)
        assert keepers(data_dir) == [keeper]
        assert await ask(server.dsn_service, "select 1") == 1
