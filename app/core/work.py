"""The unit of work: one transaction, one instant, one actor, one policy pack. The only way to the database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from app.core.clock import Clock, today_in_bangkok
from app.core.database import Lane, failing_fast, is_lost
from app.core.notifying import Channels
from app.core.policies import Policies
from app.core.sealing import KeyRing
from app.core.transactions import Driver, DriverTransaction, SessionTransaction, Statements, Transaction
from app.domain.errors import RecordedRefusal, Unavailable
from app.domain.policy import PolicyPack
from app.domain.vocabulary import Assurance, Permission, Role

PEOPLE = frozenset({Role.MEMBER, Role.REPRESENTATIVE})
WAKE = object()
"""Among `Work.last_rows`: the word to the workers."""


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
SYSTEM = Actor(sub="system", everyone=True)


@dataclass(slots=True)
class InHand:
    """What of what is due was taken in hand, by kind and key, so that it is known what a failure was over.

    `most`: no more than so much is taken; None: as much as is done at once. `kept`: a unit of work was committed meanwhile.
    """

    most: int | None = None
    taken: list[tuple[str, object]] = field(default_factory=list)
    kept: bool = False

    def take(self, kind: str, *keys: object) -> None:
        """These are in hand from now on."""
        self.taken += [(kind, key) for key in keys]

    def room(self, limit: int) -> int:
        """How many of so many may be taken still, one at least."""
        return limit if self.most is None else max(min(limit, self.most - len(self.taken)), 1)

    @property
    def is_full(self) -> bool:
        """Whether no more may be begun."""
        return self.most is not None and len(self.taken) >= self.most


@dataclass(frozen=True, slots=True)
class Work:
    """First argument of every service function.

    `now`, `today`: the one instant and its day in Bangkok, by the sandbox's clock where there is one. `real_now`: the real
    instant, for what runs by the real clock (tokens, kept answers). `pack`: the policy in force, overlay included.
    `channels`: over which messages leave.
    `last_rows`: rows that are written at the very end, in one statement. `secrets`: unwrapped keys, by their place.
    `in_hand`: what of what is due this is about.
    """

    transaction: Transaction
    now: datetime
    real_now: datetime
    actor: Actor
    pack: PolicyPack
    ring: KeyRing
    channels: Channels
    request_id: str
    last_rows: list[object] = field(default_factory=list)
    secrets: dict[str, bytes] = field(default_factory=dict)
    in_hand: InHand = field(default_factory=InHand)
    today: date = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "today", today_in_bangkok(self.now))

    @property
    def session(self) -> AsyncSession:
        """The ORM session of this transaction. Raises `RuntimeError` on a lane that has none."""
        return self.transaction.session

    async def driver(self) -> Driver:
        """The asyncpg connection of this very transaction: for hot paths, and for statements over many rows."""
        return await self.transaction.driver()

    def wake(self) -> None:
        """Have the workers look at once when this is committed, not only within the second.

        For what a person waits for. Not for hot paths: PostgreSQL lets one transaction with such a word commit at a time.
        """
        if WAKE not in self.last_rows:
            self.last_rows.append(WAKE)

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        """Something that may fail for itself: nothing of it is written then, and what was written before stands."""
        last_rows, secrets = len(self.last_rows), dict(self.secrets)
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            del self.last_rows[last_rows:]
            self.secrets.clear()
            self.secrets.update(secrets)
            raise

    async def begin_again(self) -> None:
        """Forget everything that was written, and go on in a fresh transaction."""
        self.last_rows.clear()
        self.secrets.clear()
        await self.transaction.begin_again()


@asynccontextmanager
async def letting_go(session: AsyncSession) -> AsyncIterator[None]:
    """Raises `Unavailable` for a lost database, without asking it for a rollback, and never uses that connection again."""
    try:
        async with failing_fast():
            yield
    except Unavailable:
        await session.invalidate()
        raise


class Lent:
    """A connection of a lane for one block; with a lost one the block ends in `Unavailable`, and it is not used again."""

    __slots__ = ("_connection", "_lane")

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._connection: Driver | None = None

    async def __aenter__(self) -> Driver:
        try:
            self._connection = await self._lane.take()
        except Exception as error:
            if is_lost(error):
                raise Unavailable from error
            raise
        return self._connection

    def let_go(self, *, sound: bool = True) -> None:
        """Give it back before the block ends."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            self._lane.give_back(connection, sound=sound)

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        lost = is_lost(error)
        broken = lost or isinstance(error, Unavailable) or not isinstance(error, Exception | None)
        self.let_go(sound=not broken)
        if lost:
            raise Unavailable from error


@dataclass(frozen=True)
class Works:
    """Opens units of work.

    `state`: the statement that tells the clock's offset and a mark of the newest change of the policy. `write_last`:
    writes `Work.last_rows`. Both know the tables, which this module does not. `in_hand`: shared by all that are opened;
    None: each has its own.
    """

    engine: AsyncEngine
    lane: Lane
    clock: Clock
    policies: Policies
    ring: KeyRing
    channels: Channels
    state: str
    write_last: Callable[[Work], Awaitable[None]]
    in_hand: InHand | None = None

    @property
    def pack(self) -> PolicyPack:
        """The policy in force, as this process last saw it."""
        return self.policies.newest

    @asynccontextmanager
    async def open(
        self, actor: Actor, request_id: str, *, keep: bool = True, offline: bool = False
    ) -> AsyncIterator[Work]:
        """Commits when the block ends well or with a `RecordedRefusal`; rolls back on everything else, and without `keep`.

        `offline`: by the real clock, so that the database is not needed. Raises `Unavailable` when the database is lost.
        """
        async with failing_fast(), AsyncSession(self.engine, expire_on_commit=False) as session, letting_go(session):
            work = self._blank(SessionTransaction(session), actor, request_id)
            if not offline:
                found = (await (await session.connection()).execute(text(self.state))).one()
                work = await self.settle(work, found.clock_offset, found.overlay)
            async with self._ending(work, keep=keep):
                yield work

    @asynccontextmanager
    async def open_direct(self, actor: Actor, request_id: str) -> AsyncIterator[Work]:
        """The same on the driver alone: there is no session."""
        async with Lent(self.lane) as connection, DriverTransaction(connection) as transaction:
            found = await connection.fetchrow(self.state)
            assert found is not None, "one row"  # noqa: S101  (a SELECT without FROM)
            work = self._blank(transaction, actor, request_id)
            work = await self.settle(work, found["clock_offset"], found["overlay"])
            async with self._ending(work, keep=True):
                yield work

    def reading(self, connection: Driver, let_go: Callable[[], None], actor: Actor, request_id: str) -> Work:
        """For one statement on a lent connection that asks for the `state` itself: `settle` then tells instant and policy.

        `let_go` gives the connection back once nothing more is asked.
        """
        return self._blank(Statements(connection, let_go), actor, request_id)

    async def settle(self, work: Work, clock_offset: timedelta | None, overlay: str | None) -> Work:
        """The same unit of work at the instant, and under the policy, that the database's state says."""
        pack = await self.policies.at(overlay, work.driver)
        if not clock_offset and pack is work.pack:
            return work
        return replace(work, now=work.real_now + (clock_offset or timedelta(0)), pack=pack)

    def _blank(self, transaction: Transaction, actor: Actor, request_id: str) -> Work:
        now = self.clock.now()
        in_hand = self.in_hand or InHand()
        return Work(transaction, now, now, actor, self.pack, self.ring, self.channels, request_id, in_hand=in_hand)

    @asynccontextmanager
    async def _ending(self, work: Work, *, keep: bool) -> AsyncIterator[None]:
        try:
            yield
        except RecordedRefusal:
            await self._commit(work)
            raise
        if keep:
            await self._commit(work)

    async def _commit(self, work: Work) -> None:
        await self.write_last(work)
        await work.transaction.commit()
        work.in_hand.kept = True
