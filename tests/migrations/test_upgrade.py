"""What the service's role may do to a migrated database, whoever holds its connection (RELIABILITY.md 6)."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from app.core.embedded import FAST_UNSAFE, start_embedded
from app.migrations.upgrade import APPEND_ONLY, migrate
from tests.support.database import Database


@pytest.fixture(scope="module")
async def production() -> AsyncIterator[Database]:
    """A server of its own, that production first served from."""
    home = Path(tempfile.mkdtemp(prefix="sitthi-tests-"))
    with start_embedded(home, settings=FAST_UNSAFE) as server:
        other = Database(owner=server.dsn_owner, service=server.dsn_service)
        await migrate(other.owner, "sitthi_service")
        await _as_service(other, "INSERT INTO deployment VALUES (1, 'production', now())")
        await _as_service(other, "INSERT INTO policy_version VALUES ('0', 'pack', '1', '{}', now())")
        yield other
    shutil.rmtree(home, ignore_errors=True)


async def _as_service(database: Database, statement: str) -> None:
    await Database(owner=database.service, service=database.service).execute(statement)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET {} = {}"])
async def test_the_service_can_neither_change_nor_empty_what_is_only_added_to(
    production: Database, table: str, statement: str
) -> None:
    [column] = await production.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 1", table
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _as_service(production, statement.format(table, column["attname"], column["attname"]))


@pytest.mark.parametrize(
    "statement", ["UPDATE deployment SET mode = 'sandbox'", "DELETE FROM deployment", "DELETE FROM policy_version"]
)
async def test_not_even_the_owner_changes_the_mode_or_a_policy_that_was_in_force(
    production: Database, statement: str
) -> None:
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await production.execute(statement)


async def test_a_production_database_can_not_be_reset_and_migrating_it_takes_even_the_attempt_away(
    production: Database,
) -> None:
    await production.execute("GRANT EXECUTE ON FUNCTION sandbox_reset() TO sitthi_service")
    with pytest.raises(asyncpg.RaiseError, match="only a sandbox"):
        await _as_service(production, "SELECT sandbox_reset()")
    with pytest.raises(asyncpg.RaiseError, match="only a sandbox"):
        await production.execute("SELECT sandbox_reset()")
    await migrate(production.owner, "sitthi_service")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _as_service(production, "SELECT sandbox_reset()")


async def test_a_sandbox_is_reset_by_the_service(database: Database) -> None:
    await migrate(database.owner, "sitthi_service")
    await _as_service(database, "INSERT INTO deployment VALUES (1, 'sandbox', now()) ON CONFLICT DO NOTHING")
    await _as_service(database, "SELECT sandbox_reset()")
