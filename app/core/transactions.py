"""The ways to be in a transaction: through an ORM session, or on the driver's connection alone, for the hot paths."""

from collections.abc import Callable
from typing import Protocol, Self, TypeAlias

import asyncpg
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.core.database import is_lost

Driver: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Transaction(Protocol):
    """What a unit of work reads and writes through."""

    @property
    def session(self) -> AsyncSession:
        """The ORM session. Raises `RuntimeError` where there is none."""

    async def driver(self) -> Driver:
        """The asyncpg connection, inside this very transaction."""

    def ask_no_more(self) -> None:
        """Let go of a connection that nothing is written over; where it is needed for the end, it is kept."""

    async def flush(self) -> None:
        """Send to the database what still waits."""

    async def begin_again(self) -> None:
        """Forget everything that was written, and go on in a fresh transaction."""

    async def commit(self) -> None:
        """Keep everything that was written."""


class SessionTransaction:
    """The transaction of an ORM session; it begins with the first statement."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self._driver: Driver | None = None

    async def driver(self) -> Driver:
        """The asyncpg connection, inside this very transaction."""
        if self._driver is None:
            connection = await self.session.connection()
            await connection.execute(
                text("SELECT 1")
            )  # the dialect begins its transaction with its first statement only
            raw = await connection.get_raw_connection()
            self._driver = raw.driver_connection
        assert self._driver is not None, "an open connection has a driver"  # noqa: S101  (typed as optional)
        return self._driver

    def ask_no_more(self) -> None:
        """It is needed for the end."""

    async def flush(self) -> None:
        """Write what was added to the session."""
        await self.session.flush()

    async def begin_again(self) -> None:
        """Forget everything that was written, and go on in a fresh transaction."""
        self._driver = None
        await self.session.rollback()

    async def commit(self) -> None:
        """Keep everything that was written."""
        await self.session.commit()


class DriverTransaction:
    """A transaction on the driver's connection alone. Rolled back at the end of its block unless it was committed."""

    def __init__(self, connection: Driver) -> None:
        self._connection = connection
        self._running = connection.transaction()
        self._ended = False

    @property
    def session(self) -> AsyncSession:
        """There is none."""
        raise RuntimeError("this unit of work has no session")

    async def driver(self) -> Driver:
        """The connection."""
        return self._connection

    def ask_no_more(self) -> None:
        """It is needed for the end."""

    async def flush(self) -> None:
        """Nothing waits."""

    async def begin_again(self) -> None:
        """Forget everything that was written, and go on in a fresh transaction."""
        await self._running.rollback()
        self._running = self._connection.transaction()
        await self._running.start()

    async def commit(self) -> None:
        """Keep everything that was written."""
        self._ended = True
        await self._running.commit()

    async def __aenter__(self) -> Self:
        await self._running.start()
        return self

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not self._ended and not is_lost(error):  # a lost connection is let go of, not asked for a rollback
            await self._running.rollback()


class Statements:
    """No transaction: each statement on the driver's connection stands for itself, and writes nothing.

    `let_go` gives the connection back.
    """

    def __init__(self, connection: Driver, let_go: Callable[[], None]) -> None:
        self._connection: Driver | None = connection
        self._let_go = let_go

    @property
    def session(self) -> AsyncSession:
        """There is none."""
        raise RuntimeError("this unit of work has no session")

    async def driver(self) -> Driver:
        """The connection."""
        assert self._connection is not None, "nothing is asked after the last"  # noqa: S101  (it is another's by now)
        return self._connection

    def ask_no_more(self) -> None:
        """Let others have the connection already: what is left to do needs no database."""
        self._connection = None
        self._let_go()

    async def flush(self) -> None:
        """Nothing waits."""

    async def begin_again(self) -> None:
        """Nothing was written."""

    async def commit(self) -> None:
        """Nothing was written."""
