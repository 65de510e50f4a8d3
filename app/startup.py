"""Brings up what a process needs before it can serve, in order, and takes it down in reverse."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.clock import Clock
from app.core.database import PATIENCE, DatabaseUnusable, Lane, check_server, create_engine
from app.core.embedded import EmbeddedError, start_embedded
from app.core.embedded.supervise import supervise
from app.core.sealing import KeyRing, KeyRingInvalid, load_ring, make_ring
from app.core.settings import Settings, SettingsInvalid, load_settings
from app.core.tokens import assert_backends
from app.domain.errors import Unavailable
from app.domain.policy import PolicyPack
from app.main import Process, WrongMode, prepare
from app.migrations.upgrade import Found, known_revisions, look_at, migrate, newest_revision
from app.policies.loader import PackInvalid, load_pack

JOB_CONNECTIONS = 4
Step = Callable[[str], AbstractContextManager[None]]
"""Tells a person what happens inside the `with`, and how long it took."""


class CannotStart(Exception):
    """Why the service can't start: one sentence for a person, its details line by line, and a hint what to do."""

    def __init__(self, sentence: str, hint: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.sentence, self.hint, self.details = sentence, hint, details


@dataclass(frozen=True)
class Database:
    """How to connect as the service's role, and as the owner who migrates."""

    service: str
    owner: str
    embedded: bool


def read_settings() -> Settings:
    """The settings. Raises `CannotStart`."""
    try:
        return load_settings()
    except SettingsInvalid as error:
        hint = "Correct the environment; .env.example shows every setting. `make run` tries Sitthi out as a sandbox."
        raise CannotStart("The settings are not usable.", hint, tuple(error.problems)) from None


def read_pack(settings: Settings) -> PolicyPack:
    """The policy pack, whole. Raises `CannotStart` with every fault by file and line."""
    try:
        return load_pack(settings.policy_pack)
    except PackInvalid as error:
        hint = "Correct the pack, or name another one in SITTHI_POLICY_PACK."
        faults = tuple(str(problem) for problem in error.problems)
        raise CannotStart("The policy pack is not valid.", hint, faults) from None


def open_ring(settings: Settings) -> KeyRing:
    """The master keys; the sandbox makes its own on the first start. Raises `CannotStart`."""
    path = settings.master_keys_file or settings.data_dir / "master-keys.json"
    try:
        if settings.master_keys_file is not None:
            return load_ring(path)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return make_ring(path)
    except KeyRingInvalid as error:
        hint = "Restore the file from its backup: what was sealed with its keys can't be read without them."
        raise CannotStart(f"The file of master keys {path} {error}.", hint) from None
    except OSError as error:
        hint = "Make the directory writable, or set SITTHI_DATA_DIR to another one."
        raise CannotStart(f"The file of master keys {path} can't be made: {error.strerror}.", hint) from None


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The database that the settings name, or the embedded one, kept alive meanwhile. Raises `CannotStart`."""
    if settings.database_url is not None:
        service = settings.database_url.get_secret_value()
        owner = (settings.migration_database_url or settings.database_url).get_secret_value()
        await _check(service, settings)
        yield Database(service, owner, embedded=False)
        return
    try:
        server = await asyncio.to_thread(start_embedded, settings.data_dir)
    except EmbeddedError as error:
        raise CannotStart(error.sentence, error.hint) from None
    watching = asyncio.create_task(supervise(server))
    try:
        await _check(server.dsn_service, settings)
        yield Database(server.dsn_service, server.dsn_owner, embedded=True)
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await asyncio.to_thread(server.close)


async def _check(dsn: str, settings: Settings) -> None:
    try:
        await check_server(dsn, production=not settings.sandbox)
    except DatabaseUnusable as error:
        reason = str(error)
        hint = (
            "Look at SITTHI_DATABASE_URL and the server it leads to; without it Sitthi starts a PostgreSQL of its own."
        )
        raise CannotStart(f"{reason[0].upper()}{reason[1:]}.", hint) from None


async def inspect(settings: Settings, database: Database) -> Found:
    """What is in the database. Raises `CannotStart` for one of the other mode, or with a schema that is not known."""
    with _explained("The schema can't be read"):
        found = await look_at(database.service)
    if found.mode not in {None, settings.mode}:
        raise _wrong_mode(f"This database is for {found.mode}, and SITTHI_MODE says {settings.mode}.")
    if found.revision is not None and found.revision not in known_revisions():
        hint = "Start the version of Sitthi that migrated it, or a newer one; or use another database."
        raise CannotStart(f"This version of Sitthi does not know the database's schema {found.revision}.", hint)
    return found


def _wrong_mode(sentence: str) -> CannotStart:
    return CannotStart(sentence, "Set SITTHI_DATABASE_URL or SITTHI_DATA_DIR to another one, or change SITTHI_MODE.")


async def upgrade(database: Database, found: Found) -> None:
    """Migrate to the newest schema. Raises `CannotStart`."""
    with _explained("The schema can't be migrated"):
        await migrate(database.owner, found.role)


def must_migrate(settings: Settings, database: Database, found: Found) -> bool:
    """Whether a start migrates first. In production, over a database of its own, a person does: raises `CannotStart`."""
    if found.revision == newest_revision():
        return False
    if database.embedded or settings.sandbox:
        return True
    has = f"has the schema {found.revision}" if found.revision else "was never migrated"
    hint = "Run `sitthi migrate`, with the owner's address in SITTHI_MIGRATION_DATABASE_URL where that is another role."
    raise CannotStart(f"The database {has}, and this version of Sitthi needs {newest_revision()}.", hint)


@contextmanager
def _explained(sentence: str) -> Iterator[None]:
    """Say what the database refused, by the kind of error alone: its message may hold anything."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError, OSError, TimeoutError, Unavailable) as error:
        cause = error.orig.__cause__ or error.orig if isinstance(error, DBAPIError) and error.orig else error
        hint = "PostgreSQL's log has the details. `sitthi migrate`, run as the owner, grants the service's role its rights."
        raise CannotStart(f"{sentence}: {type(cause).__name__}.", hint) from None


@asynccontextmanager
async def process(settings: Settings, step: Step) -> AsyncIterator[Process]:
    """A process over a migrated database, with its keys and its pack. Raises `CannotStart`."""
    assert_backends()
    async with AsyncExitStack() as stack:
        with step(f"Reading the policy pack {settings.policy_pack}"):
            pack = read_pack(settings)
        with step(
            "Connecting to PostgreSQL" if settings.database_url else f"Starting PostgreSQL in {settings.data_dir}"
        ):
            reached = await stack.enter_async_context(database(settings))
            found = await inspect(settings, reached)
        if must_migrate(settings, reached, found):
            with step(f"Migrating the schema to {newest_revision()}"):
                await upgrade(reached, found)
        with step("Preparing the service"):
            engine = create_engine(reached.service, name="sitthi")
            stack.push_async_callback(engine.dispose)
            background = create_engine(reached.service, name="sitthi-worker", pool_size=JOB_CONNECTIONS, queue=PATIENCE)
            stack.push_async_callback(background.dispose)
            lane = Lane(reached.service, name="sitthi")
            stack.callback(lane.close)
            prepared = await _prepare(settings, (engine, background), lane, pack)
        yield prepared


async def _prepare(
    settings: Settings, engines: tuple[AsyncEngine, AsyncEngine], lane: Lane, pack: PolicyPack
) -> Process:
    ring = open_ring(settings)
    try:
        with _explained("The service can't use its database"):
            return await prepare(settings, engines[0], lane, Clock(), pack, ring, background=engines[1])
    except WrongMode as error:
        raise _wrong_mode(f"{str(error).capitalize()}.") from None
