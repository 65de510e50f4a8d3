"""Connections to PostgreSQL, each with its bounds set, and what is asked of a server before it is used."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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
    asyncpg.SerializationError,
    asyncpg.DiskFullError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCachedStatementError,
)


class DatabaseUnusable(Exception):
    """The database can't serve: unreachable, too old, or configured so that acknowledged writes could be lost."""


def create_engine(
    dsn: str, *, name: str, pool_size: int = 10, patience: float | None = PATIENCE, queue: float = 2
) -> AsyncEngine:
    """An engine whose connections carry time limits and a name; values never appear in errors or logs.

    `queue`: how many seconds one waits for a connection that is free.
    `patience`: how many seconds each statement may take as seen from here, None for any time. The server's own limits
    don't help where the server is frozen or cut off.
    """

    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(dsn, timeout=3, command_timeout=patience, server_settings=_bounds(name))

    pool = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": queue} if pool_size else {"poolclass": NullPool}
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


class Lane:
    """Connections of the driver alone, for the hot paths; opened when first needed, the last one given back goes first.

    What is asked on them is looked up by key: one plan serves all parameters, and none reads a whole table. The driver's
    own pool takes longer for lending and resetting a connection than such a statement does; nothing is ever set on these.
    """

    def __init__(self, dsn: str, *, name: str, size: int = 10, patience: float | None = PATIENCE) -> None:
        self._dsn, self._name, self._patience = dsn, name, patience
        self._places = asyncio.Semaphore(size)
        self.in_use = 0
        self._idle: list[asyncpg.Connection[asyncpg.Record]] = []

    async def take(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection; waits two seconds for one that is free. Raises what `failing_fast` makes `Unavailable` of."""
        if self._places.locked():
            async with asyncio.timeout(2):
                await self._places.acquire()
        else:
            await self._places.acquire()
        self.in_use += 1
        while self._idle:
            if not (connection := self._idle.pop()).is_closed():
                return connection
        try:
            return await self.connect()
        except BaseException:
            self._free_place()
            raise

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection that is not one of the lane's: whoever asked for it ends it."""
        settings = _bounds(self._name) | BY_KEY
        return await asyncpg.connect(self._dsn, timeout=3, command_timeout=self._patience, server_settings=settings)

    def give_back(self, connection: "asyncpg.Connection[asyncpg.Record]", *, sound: bool) -> None:
        """Let go of a connection; one that may be in the middle of something is never used again."""
        self._free_place()
        if sound and not connection.is_in_transaction():
            self._idle.append(connection)
        else:
            connection.terminate()

    def _free_place(self) -> None:
        self._places.release()
        self.in_use -= 1

    def close(self) -> None:
        """Let go of all connections that nobody uses."""
        while self._idle:
            self._idle.pop().terminate()


@asynccontextmanager
async def failing_fast() -> AsyncIterator[None]:
    """Turn a lost, exhausted or overlong connection into `Unavailable`: nothing was committed, the caller may repeat."""
    try:
        yield
    except Exception as error:
        if is_lost(error):
            raise Unavailable from error
        raise


def is_lost(error: BaseException | None) -> bool:
    """Whether an error says that the database can't be used now, and not that a statement was wrong."""
    if isinstance(error, (TimeoutError, OSError, PoolTimeout, InterfaceError, OperationalError, *_LOST)):
        return True
    return isinstance(error, DBAPIError) and (error.connection_invalidated or isinstance(_driver_error(error), _LOST))


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
