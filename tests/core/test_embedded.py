"""The embedded server as its users see it, on real servers."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from app.core.embedded import FAST_UNSAFE, Running, default_data_dir, start_embedded
from tests.embedded_processes import Service, ask, fresh_data_dir, postmaster, server_processes, services


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with fresh_data_dir() as directory:
        yield directory


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with fresh_data_dir() as directory:
        yield directory


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Running]:
    with start_embedded(home, settings=FAST_UNSAFE) as running:
        yield running


async def test_both_roles_reach_the_database_by_the_socket_alone(server: Running) -> None:
    assert await ask(server.dsn_owner, "select current_user") == "sitthi_owner"
    assert await ask(server.dsn_service, "select current_user") == "sitthi_service"
    assert await ask(server.dsn_service, "show listen_addresses") == ""
    assert await ask(server.dsn_service, "select inet_server_addr()") is None


async def test_the_database_is_made_of_utf8_with_checksums(server: Running) -> None:
    assert await ask(server.dsn_service, "show server_encoding") == "UTF8"
    assert await ask(server.dsn_service, "show data_checksums") == "on"
    assert await ask(server.dsn_service, "select upper('สิทธิ é') collate \"default\"") == "สิทธิ É"


async def test_nobody_who_connects_is_a_superuser(server: Running) -> None:
    for dsn in (server.dsn_owner, server.dsn_service):
        assert (
            await ask(
                dsn,
                "select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls from pg_roles "
                "where rolname = current_user",
            )
            is False
        )


async def test_the_owner_may_create_tables_and_the_service_may_not(server: Running) -> None:
    await ask(server.dsn_owner, "create table owned (id int)")
    for sql in ("create table t (id int)", "create temp table t (id int)", "create schema s", "select * from owned"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ask(server.dsn_service, sql)
    await ask(server.dsn_owner, "grant select on owned to sitthi_service")
    assert await ask(server.dsn_service, "select count(*) from owned") == 0


async def test_the_password_is_asked_for(server: Running, home: Path) -> None:
    password = json.loads((home / "postgres" / "credentials.json").read_text())["sitthi_owner"]
    assert password in server.dsn_owner
    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(server.dsn_owner.replace(password, "guessed"), "select 1")


async def test_no_other_database_takes_the_roles_in(server: Running) -> None:
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await ask(server.dsn_owner.replace("/sitthi?", "/postgres?"), "select 1")


def test_passwords_and_socket_are_for_nobody_else(server: Running, home: Path) -> None:
    root = home / "postgres"
    assert stat.S_IMODE((root / "credentials.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((root / "cluster").stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "run").stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "log").stat().st_mode) == 0o600


async def test_the_servers_log_repeats_no_statement_and_no_value(server: Running, home: Path) -> None:
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        await ask(server.dsn_service, "select 'สมชาย'::text::int")
    assert "สมชาย" not in (home / "postgres" / "log").read_text()


async def test_pg_variables_change_neither_the_server_nor_the_way_to_it(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGHOST", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGDATA", "PGOPTIONS"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("PGPORT", "6000")
    with start_embedded(data_dir, settings=FAST_UNSAFE) as server:
        assert await ask(server.dsn_service, "show port") == "5432"
        assert postmaster(data_dir) in server_processes(data_dir)


def test_the_server_is_not_told_the_services_secrets(data_dir: Path) -> None:
    with services(Service(data_dir, FAST_UNSAFE, SITTHI_MASTER_KEY="only-for-the-service")):
        known = Path(f"/proc/{postmaster(data_dir)}/environ").read_text()
        assert "LC_ALL=C" in known
        assert "SITTHI_" not in known


async def test_rows_survive_a_restart(data_dir: Path) -> None:
    with start_embedded(data_dir, settings=FAST_UNSAFE) as server:
        await ask(server.dsn_owner, "create table kept as select 42 as answer")
        first = await ask(server.dsn_owner, "select pg_postmaster_start_time()")
    assert server_processes(data_dir) == []
    with start_embedded(data_dir, settings=FAST_UNSAFE) as server:
        assert await ask(server.dsn_owner, "select answer from kept") == 42
        assert await ask(server.dsn_owner, "select pg_postmaster_start_time()") > first


async def test_what_is_committed_is_on_disk_unless_settings_say_otherwise(data_dir: Path) -> None:
    with start_embedded(data_dir) as server:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await ask(server.dsn_service, f"show {setting}") == "on"
    with start_embedded(data_dir, settings=FAST_UNSAFE) as server:
        assert await ask(server.dsn_service, "show fsync") == "off"


async def test_who_comes_second_attaches_and_who_leaves_last_stops_the_server(data_dir: Path) -> None:
    first = start_embedded(data_dir, settings=FAST_UNSAFE)
    started = await ask(first.dsn_owner, "select pg_postmaster_start_time()")
    with services(Service(data_dir, FAST_UNSAFE)) as (second,):
        assert second.owner == first.dsn_owner
        first.close()
        first.close()
        assert await ask(second.owner, "select pg_postmaster_start_time()") == started
        second.leave()
        assert server_processes(data_dir) == []


async def test_four_processes_that_start_at_once_get_one_server(data_dir: Path) -> None:
    with services(*(Service(data_dir, FAST_UNSAFE) for _ in range(4))) as four:
        sql = "select system_identifier::text || pg_postmaster_start_time() from pg_control_system()"
        assert len({await ask(service.owner, sql) for service in four}) == 1
        for service in four:
            service.leave()
        assert server_processes(data_dir) == []


async def test_a_data_directory_with_a_long_path_works(data_dir: Path) -> None:
    deep = data_dir.joinpath(*["a-directory-with-a-long-name"] * 8)
    with start_embedded(deep, settings=FAST_UNSAFE) as server, services(Service(deep, FAST_UNSAFE)) as (other,):
        assert other.owner == server.dsn_owner
        (sockets,) = parse_qs(urlsplit(server.dsn_service).query)["host"]
        assert stat.S_IMODE(os.stat(sockets).st_mode) == 0o700
    with pytest.raises(FileNotFoundError):
        os.stat(sockets)


async def test_a_data_directory_named_oddly_works(data_dir: Path) -> None:
    with start_embedded(data_dir / "สิทธิ & 'so on' %41", settings=FAST_UNSAFE) as server:
        assert await ask(server.dsn_service, "select 1") == 1


def test_by_default_data_lie_where_the_system_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data/of/somebody")
    assert default_data_dir() == Path("/var/lib/sitthi" if os.geteuid() == 0 else "/data/of/somebody/sitthi")
