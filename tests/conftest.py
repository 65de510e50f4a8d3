"""A real PostgreSQL for each test process, and the service over ASGI."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from app.core.clock import Clock
from app.core.database import Lane, create_engine
from app.core.embedded import FAST_UNSAFE, Running, start_embedded
from app.core.outbound import Outbound
from app.core.sealing import KeyRing, new_key
from app.core.settings import Mode, Settings
from app.main import Process, create_app, prepare
from app.migrations.upgrade import migrate
from app.policies.loader import load_pack
from tests.support.api import Api
from tests.support.database import Database
from tests.support.names import Names
from tests.support.packs import CHANTHABURI, OFFICIALS, ShippedPack
from tests.support.policies import under


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked with `packs`, and uses the service, once under each pack of the closest mark."""
    mark = metafunc.definition.get_closest_marker("packs")
    if mark is not None and "pack" in metafunc.fixturenames:
        metafunc.parametrize("pack", mark.args, ids=lambda pack: pack.name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Running]:
    """This test process's own server, empty."""
    home = Path(tempfile.mkdtemp(prefix="sitthi-tests-"))
    with start_embedded(home, settings=FAST_UNSAFE) as server:
        yield server
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
async def database(postgres: Running) -> AsyncIterator[Database]:
    """Its database, migrated."""
    await migrate(postgres.dsn_owner, "sitthi_service")
    emptying = await asyncpg.connect(postgres.dsn_owner)
    yield Database(postgres.dsn_owner, postgres.dsn_service, emptying)
    await emptying.close()


@pytest.fixture(scope="session")
async def process(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Process]:
    """The service's parts in sandbox mode, over the owner's connection."""
    data = tmp_path_factory.mktemp("data")
    settings = Settings(mode=Mode.SANDBOX, public_url="http://sitthi.test", data_dir=data)
    engine = create_engine(database.service, name="tests")
    lane = Lane(database.service, name="tests")
    pack = load_pack(CHANTHABURI.name)
    process = await prepare(settings, engine, lane, Clock(), pack, KeyRing({"tests": new_key()}))
    yield replace(process, outbound=Outbound(settings.outbound_allowed, Names()))
    lane.close()
    await engine.dispose()


@pytest.fixture(scope="session")
async def app(process: Process) -> object:
    """The ASGI application, one for the whole run: it keeps no state between requests."""
    return create_app(process)


@pytest.fixture(scope="session")
def applications(app: object, process: Process) -> Mapping[str, tuple[object, Process]]:
    """The application and the parts of the service under each shipped pack, by its name."""
    officials = under(process, load_pack(OFFICIALS.name))
    return {CHANTHABURI.name: (app, process), OFFICIALS.name: (create_app(officials), officials)}


@pytest.fixture
def pack() -> ShippedPack:
    """The pack that `api` is under, where no mark names others."""
    return CHANTHABURI


@pytest.fixture
async def api(
    pack: ShippedPack, applications: Mapping[str, tuple[object, Process]], database: Database
) -> AsyncIterator[Api]:
    """The service, empty, spoken to over HTTP."""
    await database.reset()
    async with Api.over(*applications[pack.name]) as api:
        yield api
