"""A database that is frozen, cut off or read-only: callers are told to come back, soon, and nothing is left half done."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy import text

from app.core.database import create_engine, failing_fast
from app.domain.errors import Unavailable
from app.main import Process, create_app
from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.faults import gate, watching
from tests.support.holds import hold
from tests.support.members import register

IMPATIENT = 0.5


@asynccontextmanager
async def over(process: Process, dsn: str) -> AsyncIterator[Api]:
    """The service over a small pool of its own, whose statements may take half a second."""
    engine = create_engine(dsn, name="impatient", pool_size=2, patience=IMPATIENT)
    mine = replace(process, works=replace(process.works, engine=engine))
    async with Api.over(create_app(mine), mine) as caller:
        yield caller
    await engine.dispose()


async def test_a_frozen_server_is_unavailable_and_serves_again_once_it_goes_on(
    api: Api, process: Process, database: Database
) -> None:
    await register(api)
    async with over(process, database.service) as impatient:
        assert (await impatient.get("/readyz")).status_code == 200
        pids = await database.fetch("SELECT pid FROM pg_stat_activity WHERE application_name = 'impatient'")
        for row in pids:
            os.kill(row["pid"], signal.SIGSTOP)
        try:
            ready = await impatient.get("/readyz")
        finally:
            for row in pids:
                os.kill(row["pid"], signal.SIGCONT)
        assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "failed")
        assert (await impatient.get("/readyz")).status_code == 200
        assert (await impatient.staff.get("/v1/subjects/M-1")).status_code == 200


async def test_a_statement_that_takes_too_long_is_unavailable_and_leaves_nothing(
    api: Api, process: Process, database: Database
) -> None:
    await register(api)
    async with over(process, database.service) as impatient, watching(database) as watch:
        async with gate(database, "legal_hold"):
            assert problem(await impatient.dpo.post("/v1/legal-holds", hold())) == (503, "unavailable")
        assert await watch.changes() == set()
        assert (await impatient.dpo.post("/v1/legal-holds", hold())).status_code == 201


async def test_a_server_that_takes_no_writes_is_unavailable_and_not_ready(
    api: Api, process: Process, database: Database
) -> None:
    await register(api)
    async with over(process, f"{database.service}&default_transaction_read_only=on") as standby:
        assert (await standby.staff.get("/v1/subjects/M-1")).status_code == 200
        assert problem(await standby.dpo.post("/v1/legal-holds", hold())) == (503, "unavailable")
        ready = await standby.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "failed")


async def test_a_statement_whose_plan_was_overtaken_by_a_migration_may_be_repeated(database: Database) -> None:
    engine = create_engine(database.owner, name="overtaken", pool_size=1)
    await database.execute("CREATE TABLE overtaken (a int)")
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT * FROM overtaken"))
            await connection.commit()
            await database.execute("ALTER TABLE overtaken ALTER a TYPE text")
            with pytest.raises(Unavailable):
                async with failing_fast():
                    await connection.execute(text("SELECT * FROM overtaken"))
    finally:
        await engine.dispose()
        await database.execute("DROP TABLE overtaken")
