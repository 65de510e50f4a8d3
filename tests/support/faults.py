"""Faults made on purpose: writes that fail inside the database or wait there, and what they leave behind."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from tests.support.database import Database

_GATE = 8150
_LIST = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'keys') ORDER BY 1"


class Watch:
    """Sees whether anything changed in any table, over one connection of the owner's."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", query: str) -> None:
        self._connection, self._query = connection, query
        self._state: dict[str, str] = {}
        self._log_position: object = None

    async def changes(self) -> set[str]:
        """Names of the tables that are not as they were when this was asked before."""
        position = await self._connection.fetchval("SELECT pg_current_wal_insert_lsn()")
        if position == self._log_position:
            return set()
        before, self._log_position = self._state, position
        self._state = {row["name"]: row["state"] for row in await self._connection.fetch(self._query)}
        return {table for table, state in self._state.items() if before.get(table) != state}


@asynccontextmanager
async def watching(database: Database) -> AsyncIterator[Watch]:
    """A watch over every table, from now on."""
    connection = await asyncpg.connect(database.owner)
    try:
        tables = [row[0] for row in await connection.fetch(_LIST)]
        digest = "count(*) || ' rows ' || coalesce(sum(hashtextextended(t::text, 0)), 0)"
        each = (f"SELECT '{name}' AS name, {digest} AS state FROM {name} t" for name in tables)
        watch = Watch(connection, " UNION ALL ".join(each))
        await watch.changes()
        yield watch
    finally:
        await connection.close()


@asynccontextmanager
async def failing(
    database: Database, table: str, *, at_commit: bool = False, sqlstate: str = "P0001"
) -> AsyncIterator[None]:
    """Every write to a table fails, at once or only when its transaction commits, with the row in the message."""
    kind, when = ("CONSTRAINT TRIGGER", "AFTER") if at_commit else ("TRIGGER", "BEFORE")
    deferred = "DEFERRABLE INITIALLY DEFERRED" if at_commit else ""
    await database.execute(
        "CREATE FUNCTION injected_fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION 'injected %', coalesce(NEW, OLD) USING ERRCODE = '{sqlstate}'; END $$"
    )
    await database.execute(
        f"CREATE {kind} injected_fault {when} INSERT OR UPDATE OR DELETE ON {table} {deferred} "
        "FOR EACH ROW EXECUTE FUNCTION injected_fault()"
    )
    try:
        yield
    finally:
        await database.execute("DROP FUNCTION injected_fault CASCADE")


@dataclass(frozen=True)
class Gate:
    """Holds up writes until it is opened."""

    connection: "asyncpg.Connection[asyncpg.Record]"

    async def waiting(self, calls: int = 1) -> None:
        """Returns once as many transactions as that wait, at the gate or behind a lock of one that does."""
        query = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
        for _ in range(400):
            if await self.connection.fetchval(query) >= calls:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"fewer than {calls} transactions wait")

    async def open(self) -> None:
        """Lets all go on."""
        await self.connection.execute("SELECT pg_advisory_unlock_all()")


@asynccontextmanager
async def gate(database: Database, table: str) -> AsyncIterator[Gate]:
    """Writes to a table wait, each holding what its transaction has locked so far."""
    await database.execute(
        "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"PERFORM pg_advisory_xact_lock_shared({_GATE}); RETURN NEW; END $$"
    )
    await database.execute(
        f"CREATE TRIGGER gate BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION gate()"
    )
    connection = await asyncpg.connect(database.owner)
    try:
        await connection.execute(f"SELECT pg_advisory_lock({_GATE})")
        yield Gate(connection)
    finally:
        await connection.close()
        await database.execute("DROP FUNCTION gate CASCADE")


def forms(secret: str) -> Sequence[str]:
    """How a secret might lie about: plain, in parts of an encoding, or as a digest that anybody can look up."""
    raw = secret.encode()
    escaped = secret.encode("unicode_escape").decode()
    digests = [hashlib.new(name, raw).hexdigest() for name in ("sha256", "sha1", "md5")]
    encoded = [base64.b64encode(raw).decode().rstrip("="), base64.b64encode(hashlib.sha256(raw).digest()).decode()]
    return [secret, escaped, raw.hex(), *encoded, *digests]
