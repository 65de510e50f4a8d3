"""Holidays that concern more requests than a statement may take time for elsewhere."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.core.database import create_engine
from app.main import Process, create_app
from tests.support.api import Api
from tests.support.clock import noon_of
from tests.support.database import Database
from tests.support.holidays import announced
from tests.support.members import register
from tests.support.requests import submit

PATIENCE = 0.5
SLOW = f"""
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.reschedule_at IS NOT NULL THEN PERFORM pg_sleep({2 * PATIENCE}); END IF; RETURN NEW;
END $$;
CREATE TRIGGER slow BEFORE UPDATE ON rights_request FOR EACH ROW EXECUTE FUNCTION slow()
"""


@pytest.fixture
async def impatient(api: Api, process: Process, database: Database) -> AsyncIterator[Api]:
    """The service with little patience for its statements, and a request that takes longer to be marked."""
    await noon_of(api, "2026-12-01")
    await register(api)
    await submit(api)
    engine = create_engine(database.service, name="impatient", patience=PATIENCE)
    mine = replace(process, works=replace(process.works, engine=engine))
    await database.execute(SLOW)
    try:
        async with Api.over(create_app(mine), mine) as caller:
            yield caller
    finally:
        await database.execute("DROP FUNCTION slow CASCADE")
        await engine.dispose()


async def test_an_announcement_is_made_however_many_requests_it_concerns(impatient: Api, database: Database) -> None:
    assert (await announced(impatient, "2026-12-30"))["requests_concerned"] == 1
    [row] = await database.fetch("SELECT decide_by_internal, reschedule_at FROM rights_request")
    assert (row["decide_by_internal"].isoformat(), row["reschedule_at"]) == ("2026-12-29", None)
