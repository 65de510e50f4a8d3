"""The unit of work: one transaction, one instant, one actor, one policy pack. The only way to the database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from app.core.clock import Clock, today_in_bangkok
from app.core.database import failing_fast
from app.core.sealing import KeyRing
from app.domain.errors import RecordedRefusal, Unavailable
from app.domain.policy import PolicyPack
from app.domain.vocabulary import Assurance, Permission, Role

PEOPLE = frozenset({Role.MEMBER, Role.REPRESENTATIVE})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the token's subject with its roles, and what the present route lets these see.

    `everyone`: may see every subject; otherwise only `subject_ref` itself and those it represents.
    """

    sub: str
    roles: frozenset[Role] = frozenset()
    permissions: frozenset[Permission] = frozenset()
    subject_ref: str | None = None
    system: str | None = None
    assurance: Assurance = Assurance.NONE
    everyone: bool = False

    def may(self, permission: Permission) -> bool:
        """Whether one of the actor's roles holds a permission."""
        return permission in self.permissions

    def is_subject(self, subject_ref: str) -> bool:
        """Whether the actor is this data subject."""
        return Role.MEMBER in self.roles and self.subject_ref == subject_ref


ANONYMOUS = Actor(sub="anonymous")


@dataclass(frozen=True, slots=True)
class Work:
    """First argument of every service function.

    `now`, `today`: the one instant and its day in Bangkok, by the sandbox's clock where there is one. `real_now`: the real
    instant, for what runs by the real clock (tokens, kept answers).
    """

    session: AsyncSession
    now: datetime
    real_now: datetime
    actor: Actor
    pack: PolicyPack
    ring: KeyRing
    request_id: str
    today: date = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "today", today_in_bangkok(self.now))

    async def driver(self) -> "asyncpg.Connection[asyncpg.Record]":
        """The asyncpg connection of this very transaction, for statements over many rows."""
        connection = await self.session.connection()
        await connection.execute(text("SELECT 1"))  # the session begins its transaction with its first statement only
        raw = await connection.get_raw_connection()
        driver: asyncpg.Connection[asyncpg.Record] = raw.driver_connection  # type: ignore[assignment]  # typed as object
        return driver


@asynccontextmanager
async def letting_go(session: AsyncSession) -> AsyncIterator[None]:
    """Raises `Unavailable` for a lost database, without asking it for a rollback, and never uses that connection again."""
    try:
        async with failing_fast():
            yield
    except Unavailable:
        await session.invalidate()
        raise


@dataclass(frozen=True)
class Works:
    """Opens units of work. `instant` reads the time of one: the clock's, in the sandbox shifted by its row."""

    engine: AsyncEngine
    clock: Clock
    pack: PolicyPack
    ring: KeyRing
    instant: Callable[[AsyncSession, datetime], Awaitable[datetime]]

    @asynccontextmanager
    async def open(
        self, actor: Actor, request_id: str, *, keep: bool = True, offline: bool = False
    ) -> AsyncIterator[Work]:
        """Commits when the block ends well or with a `RecordedRefusal`; rolls back on everything else, and without `keep`.

        `offline`: by the real clock, so that the database is not needed. Raises `Unavailable` when the database is lost.
        """
        async with failing_fast(), AsyncSession(self.engine, expire_on_commit=False) as session, letting_go(session):
            real_now = self.clock.now()
            now = real_now if offline else await self.instant(session, real_now)
            try:
                yield Work(session, now, real_now, actor, self.pack, self.ring, request_id)
            except RecordedRefusal:
                await session.commit()
                raise
            if keep:
                await session.commit()
