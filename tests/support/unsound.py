"""Rows that make whatever touches them fail, until they are mended."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.database import Database


@asynccontextmanager
async def unwritable(
    database: Database,
    table: str,
    column: str,
    value: str,
    *,
    sqlstate: str = "P0001",
    operations: str = "INSERT OR UPDATE OR DELETE",
    at_commit: bool = False,
) -> AsyncIterator[None]:
    """Every write of a row that has this value in a column fails, at once or only when its transaction commits.

    For the state `08006` by the end of the connection.
    """
    kind, when = ("CONSTRAINT TRIGGER", "AFTER") if at_commit else ("TRIGGER", "BEFORE")
    deferred = "DEFERRABLE INITIALLY DEFERRED" if at_commit else ""
    act = "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5)" if sqlstate == "08006" else "NULL"
    await database.execute(
        "CREATE FUNCTION unsound() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF to_jsonb(coalesce(NEW, OLD))->>TG_ARGV[0] = TG_ARGV[1] THEN {act}; "
        f"RAISE EXCEPTION 'unsound %', coalesce(NEW, OLD) USING ERRCODE = '{sqlstate}'; END IF; "
        "RETURN coalesce(NEW, OLD); END $$"
    )
    await database.execute(
        f"CREATE {kind} unsound {when} {operations} ON {table} {deferred} "
        f"FOR EACH ROW EXECUTE FUNCTION unsound('{column}', '{value}')"
    )
    try:
        yield
    finally:
        await database.execute("DROP FUNCTION unsound CASCADE")


@asynccontextmanager
async def garbled(database: Database, table: str, column: str, whose: str, garbage: object) -> AsyncIterator[None]:
    """A row has a value that the service would never have written; `whose`: which row, as a condition."""
    [row] = await database.fetch(f"SELECT {column} AS value FROM {table} WHERE {whose}")
    change = f"UPDATE {table} SET {column} = $1 WHERE {whose}"
    await database.execute(change, garbage)
    try:
        yield
    finally:
        await database.execute(change, row["value"])
