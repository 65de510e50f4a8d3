"""One real PostgreSQL for the run, one database for each test process, and the service over ASGI."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from app.core.clock import Clock
from app.core.database import create_engine
from app.core.embedded import FAST_UNSAFE, start_embedded
from app.core.sealing import KeyRing, new_key
from app.core.settings import Mode, Settings
from app.main import Process, create_app, prepare_sandbox, synchronise
from app.migrations.upgrade import migrate
from app.policies.loader import load_pack
from tests.support.api import Api
from tests.support.database import Database


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """DSN of a superuser-like owner on a server shared by all test processes; stops with the last of them."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"pid{os.getpid()}")
    home = Path(tempfile.gettempdir()) / f"sitthi-tests-{run}"
    with start_embedded(home, settings=FAST_UNSAFE) as server:
        yield server.dsn_owner


@pytest.fixture(scope="session")
async def database(postgres: str, worker_id: str) -> AsyncIterator[Database]:
    """This process's own database, migrated."""
    name = f"test_{worker_id}"
    admin = await asyncpg.connect(postgres)
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
    await admin.execute(f'CREATE DATABASE "{name}"')
    await admin.close()
    dsn = urlunsplit(urlsplit(postgres)._replace(path=f"/{name}"))
    await migrate(dsn, "sitthi_service")
    yield Database(dsn)


@pytest.fixture(scope="session")
async def process(database: Database) -> AsyncIterator[Process]:
    """The service's parts in sandbox mode, over the owner's connection."""
    settings = Settings(mode=Mode.SANDBOX, public_url="http://sitthi.test")
    process = await prepare_sandbox(
        settings, create_engine(database.dsn, name="tests"), Clock(), load_pack("chanthaburi-teachers"), KeyRing({"t": new_key()})
    )
    await synchronise(process.engine, process.clock)
    yield process
    await process.engine.dispose()


@pytest.fixture(scope="session")
async def app(process: Process) -> AsyncIterator[object]:
    """The ASGI application, one for the whole run: it keeps no state between requests."""
    yield create_app(process)


@pytest.fixture
async def api(app: object, database: Database, process: Process) -> AsyncIterator[Api]:
    """The service, empty, spoken to over HTTP."""
    await database.reset()
    async with Api.over(app, process) as api:
        yield api
