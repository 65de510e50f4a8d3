"""Connections to PostgreSQL, each with its bounds set, and what is asked of a server before it is used."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from sqlalchemy import NullPool
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.domain.errors import Unavailable

MINIMUM_VERSION = 14
PATIENCE = 10.0
BY_KEY = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "jit": "off"}
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
    asyncpg.DiskFullError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCachedStatementError,
)


class DatabaseUnusable(Exception):
    """The database can't serve: unreachable, too old, or configured so that acknowledged writes could be lost."""


def create_engine(dsn: str, *, name: str, pool_size: int = 10, patience: float | None = PATIENCE) -> AsyncEngine:
    """An engine whose connections carry time limits and a name; values never appear in errors or logs.

    `patience`: how many seconds each statement may take as seen from here, None for any time. The server's own limits
    don't help where the server is frozen or cut off.
    """

    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(dsn, timeout=3, command_timeout=patience, server_settings=_bounds(name))

    pool = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": 2} if pool_size else {"poolclass": NullPool}
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=connect, hide_parameters=True, pool_pre_ping=False, **pool
    )


def _bounds(name: str) -> dict[str, str]:
    return {
        "application_name": name,
        "timezone": "UTC",
        "statement_timeout": "30000",
        "lock_timeout": "5000",
        "idle_in_transaction_session_timeout": "30000",
    }


class _Plain(asyncpg.Connection):
    """A connection that nothing is set on: there is nothing to reset when it goes back to its pool."""

    def get_reset_query(self) -> str:
        return ""


@dataclass(frozen=True)
class Lane:
    """Connections of the driver alone, for the hot paths; opened when first needed.

    What is asked on them is looked up by key: one plan serves all parameters, and none reads a whole table.
    """

    pool: "asyncpg.Pool[asyncpg.Record]"

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """A connection; waits two seconds for one that is free. Raises what `failing_fast` makes `Unavailable` of."""
        free = self.pool.get_idle_size() > 0
        connection = await (self.pool.acquire() if free else self.pool.acquire(timeout=2))
        try:
            yield connection  # type: ignore[misc]  # the pool's proxy has all of a connection's methods
        finally:
            await self.pool.release(connection)

    def close(self) -> None:
        """Let go of all connections."""
        self.pool.terminate()


async def open_lane(dsn: str, *, name: str, size: int = 10, patience: float | None = PATIENCE) -> Lane:
    """A lane of at most `size` connections with the same time limits as an engine's."""
    pool = await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        timeout=3,
        command_timeout=patience,
        server_settings=_bounds(name) | BY_KEY,
        connection_class=_Plain,
        max_inactive_connection_lifetime=0,
    )
    return Lane(pool)


@asynccontextmanager
async def failing_fast() -> AsyncIterator[None]:
    """Turn a lost, exhausted or overlong connection into `Unavailable`: nothing was committed, the caller may repeat."""
    try:
        yield
    except (TimeoutError, OSError, PoolTimeout, InterfaceError, OperationalError, *_LOST) as error:
        raise Unavailable from error
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(_driver_error(error), _LOST):
            raise Unavailable from error
        raise


def _driver_error(error: DBAPIError) -> BaseException | None:
    return error.orig.__cause__ if error.orig is not None else None


async def check_server(dsn: str, *, production: bool) -> None:
    """Refuse a server that is unreachable, older than PostgreSQL 14, or, in production, unsafe. Raises `DatabaseUnusable`."""
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError, ValueError) as error:
        if isinstance(error, (OSError, TimeoutError)):
            reason = "it does not answer"
        else:
            reason = type(error).__name__ if isinstance(error, asyncpg.PostgresError) else "its address is malformed"
        raise DatabaseUnusable(f"the database can't be reached: {reason}") from None
    try:
        version = connection.get_server_version().major
        if version < MINIMUM_VERSION:
            raise DatabaseUnusable(f"the database is PostgreSQL {version}; {MINIMUM_VERSION} or newer is needed")
        if production:
            await _check_safety(connection)
    finally:
        await connection.close()


async def _check_safety(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    for setting in ("synchronous_commit", "fsync", "full_page_writes"):
        if await connection.fetchval("SELECT current_setting($1)", setting) in {"off", "local"}:
            raise DatabaseUnusable(f"the database runs with {setting} off: acknowledged writes could be lost")
    if await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        raise DatabaseUnusable("the service's database role is a superuser; give it a role of its own")
