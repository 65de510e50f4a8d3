"""The sandbox's clock, outbox and reset (API 12)."""

import asyncio
from typing import Any

import asyncpg

from tests.support.api import Api, problem
from tests.support.clock import noon_of
from tests.support.database import Database
from tests.support.members import register
from tests.support.requests import erasure


async def unproven(api: Api, **changes: Any) -> str:
    """The path of a request whose identity is unproven."""
    answer = await api.staff.post("/v1/requests/erasure", erasure(channel="counter", **changes))
    return f"/v1/requests/{answer.json()['id']}"


async def status(api: Api, path: str) -> str:
    found: str = (await api.staff.get(path)).json()["status"]
    return found


async def test_the_clock_waits_for_who_holds_what_falls_due(api: Api, database: Database) -> None:
    await register(api)
    paths = [await unproven(api, scope={"record_refs": [ref]}) for ref in ("A", "B")]
    holder = await asyncpg.connect(database.owner)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM rights_request ORDER BY received_on, id LIMIT 1 FOR UPDATE")
            moving = asyncio.create_task(api.post("/sandbox/clock", {"advance": "P40D"}))
            await asyncio.sleep(0.3)
            assert not moving.done()
            waiting = await holder.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")
            assert waiting == 1, "it waits for the row instead of asking for it again and again"
        assert (await moving).status_code == 200
    finally:
        await holder.close()
    assert [await status(api, path) for path in paths] == ["lapsed", "lapsed"]


async def test_the_clock_goes_no_further_than_dates_do_and_is_reset_from_there(api: Api) -> None:
    await noon_of(api, "2200-12-30")
    answer = await api.post("/sandbox/clock", {"advance": "P5D"})
    assert problem(answer) == (422, "out_of_range")
    assert answer.json()["errors"] == [{"pointer": "/advance", "code": "out_of_range"}]
    assert (await api.get("/sandbox/clock")).json()["now"].startswith("2200-12-30")
    for at in ("2201-01-01T00:00:00Z", "1899-12-31T00:00:00Z"):
        refused = await api.post("/sandbox/clock", {"at": at})
        assert refused.json()["errors"] == [{"pointer": "/at", "code": "out_of_range"}]
    assert (await api.post("/sandbox/reset")).status_code == 204
    assert (await api.get("/sandbox/clock")).json()["now"] < "2200"
