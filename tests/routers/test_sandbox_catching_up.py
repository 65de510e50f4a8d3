"""Moving the sandbox's clock over much: in order, unit by unit, for one at a time, and on after a break (API 12)."""

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from app.core.outbound import AllowList, Outbound
from app.core.settings import Settings
from app.main import Process
from app.services import sandbox
from app.workers import jobs
from tests.support.api import Api
from tests.support.clock import noon_of
from tests.support.consents import given
from tests.support.database import Database
from tests.support.faults import failing
from tests.support.members import register
from tests.support.reminding import reminders_told
from tests.support.representatives import approved
from tests.support.requests import erasure, submit

MANY = """
INSERT INTO rights_request SELECT (json_populate_record(r, json_build_object(
    'id', gen_random_uuid(), 'reference', 'R-' || n, 'scope_key', n::text, 'received_on', r.received_on + n % 20,
    'status', 'identity_pending', 'next_reminder_at', NULL))).*
FROM rights_request r, generate_series(1, $1) n
"""
MANY_REQUESTS = 110
INSTANTS = "SELECT type, occurred_at, data->>'request_id' AS request FROM outgoing_event ORDER BY id"


async def clock(api: Api) -> dict[str, Any]:
    told: dict[str, Any] = (await api.get("/sandbox/clock")).json()
    return told


@pytest.fixture
async def much(api: Api, database: Database) -> int:
    """Many requests whose identity stays unproven, and one that is worked on."""
    await noon_of(api, "2026-12-01")
    await register(api)
    await submit(api)
    await database.execute(MANY, MANY_REQUESTS)
    return MANY_REQUESTS


async def test_all_of_it_happens_in_order_each_at_its_own_instant(api: Api, database: Database, much: int) -> None:
    await given(api, expires_on="2026-12-31")
    await approved(api, valid_until="2027-01-02")
    before = datetime.fromisoformat((await clock(api))["now"])
    answer = await api.post("/sandbox/clock", {"advance": "P90D"})
    assert (answer.status_code, answer.json()["catching_up"]) == (200, False)
    rows = [row for row in await database.fetch(INSTANTS) if row["occurred_at"] > before]
    assert all(one["occurred_at"] <= other["occurred_at"] for one, other in pairwise(rows))
    types = [row["type"] for row in rows]
    assert types.count("request.lapsed") == much
    assert {"consent.expired", "representation.ended", "request.due_soon", "request.overdue"} <= set(types)
    assert all(row["occurred_at"].hour == 17 for row in rows), "each at the start of its day in Bangkok"


@pytest.mark.parametrize("days", [30, 90, 3650])
async def test_whatever_the_way_the_same_has_happened(api: Api, database: Database, days: int) -> None:
    await noon_of(api, "2026-12-01")
    await register(api)
    await submit(api)
    await api.staff.post("/v1/requests/erasure", erasure(channel="counter", scope={"record_refs": ["A"]}))
    for part in (days // 3, days - days // 3):
        assert (await api.post("/sandbox/clock", {"advance": f"P{part}D"})).status_code == 200
    marks = [mark for _, _, mark in await reminders_told(database)]
    assert sorted(set(marks)) == [-7, -3, -1] if days == 30 else [-7, -3, -1, *range(31)]
    assert ("request.lapsed" in [row["type"] for row in await database.fetch(INSTANTS)]) == (days > 30)


async def test_who_has_no_more_patience_is_told_so_and_the_loop_goes_on(
    api: Api, process: Process, database: Database, much: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "PATIENCE", timedelta(0))
    answer = await api.post("/sandbox/clock", {"advance": "P90D"})
    assert (answer.status_code, answer.json()["catching_up"]) == (202, True)
    so_far = await clock(api)
    assert so_far["catching_up"]
    assert "2026-12-31" <= so_far["now"] < "2027-01-25", "no further than what has happened"
    async with process.works.open(sandbox.SYSTEM, "test") as work:
        at = await sandbox._first_due(work)
    assert at is not None
    assert at[0] >= datetime.fromisoformat(so_far["now"]) - timedelta(seconds=60)
    doing = {job.name: job for job in jobs.of(process.settings, process.outbound)}
    assert not await doing["identity_lapse"].run(process.works), "nothing happens but in its turn"
    while await doing["sandbox_clock"].run(process.works):
        pass
    done = await clock(api)
    assert (done["catching_up"], done["now"][:10]) == (False, "2027-03-01")
    lapsed = [row["request"] for row in await database.fetch(INSTANTS) if row["type"] == "request.lapsed"]
    assert len(lapsed) == len(set(lapsed)) == much


async def test_a_unit_of_work_that_takes_long_lets_others_have_the_clock_after_one_thing(
    api: Api, process: Process, database: Database, much: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "PATIENCE", timedelta(0))
    monkeypatch.setattr(sandbox, "SECONDS_AT_ONCE", 0)
    lapsed = "SELECT count(*) FROM rights_request WHERE status = 'lapsed'"
    assert (await api.post("/sandbox/clock", {"advance": "P90D"})).status_code == 202
    [catch_up, *_] = jobs.of(process.settings, process.outbound)
    units = 1
    while await catch_up.run(process.works):
        units += 1
    [row] = await database.fetch(lapsed)
    assert row["count"] == much < units


async def test_what_breaks_in_the_middle_is_taken_up_where_it_stood(
    api: Api, process: Process, database: Database, much: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "PATIENCE", timedelta(0))
    assert (await api.post("/sandbox/clock", {"advance": "P90D"})).status_code == 202
    monkeypatch.undo()
    reached = (await clock(api))["now"]
    async with failing(database, "audit_entry", at_commit=True, sqlstate="53100"):
        assert (await api.post("/sandbox/clock", {"advance": "P1D"})).status_code == 503, "the disk is full"
    assert (await clock(api))["now"][:10] == reached[:10]
    assert (await api.post("/sandbox/clock", {"advance": "P1D"})).json()["now"][:10] == "2027-03-02"
    lapsed = [row["request"] for row in await database.fetch(INSTANTS) if row["type"] == "request.lapsed"]
    assert len(lapsed) == len(set(lapsed)) == much


async def test_two_moves_at_once_are_made_one_after_the_other(api: Api, database: Database, much: int) -> None:
    moved = await asyncio.gather(*(api.post("/sandbox/clock", {"advance": "P45D"}) for _ in range(2)))
    assert [answer.status_code for answer in moved] == [200, 200]
    assert (await clock(api))["now"][:10] == "2027-03-01"
    rows = await database.fetch(INSTANTS)
    assert all(one["occurred_at"] <= other["occurred_at"] for one, other in pairwise(rows))
    assert [row["type"] for row in rows].count("request.lapsed") == much


async def test_a_reset_ends_a_move_that_is_under_way(
    api: Api, process: Process, much: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "PATIENCE", timedelta(0))
    assert (await api.post("/sandbox/clock", {"advance": "P90D"})).status_code == 202
    assert (await api.post("/sandbox/reset")).status_code == 204
    [catch_up, *_] = jobs.of(process.settings, process.outbound)
    assert not await catch_up.run(process.works)
    told = await clock(api)
    assert not told["catching_up"]
    assert abs(datetime.fromisoformat(told["now"]) - process.works.clock.now()) < timedelta(minutes=1)


async def test_a_reset_waits_for_what_others_do_and_these_never_for_it(
    api: Api, process: Process, database: Database
) -> None:
    async with process.works.open(sandbox.SYSTEM, "test") as work:
        resetting = asyncio.create_task(api.post("/sandbox/reset"))
        for _ in range(400):
            if await database.fetch("SELECT pid FROM pg_locks WHERE NOT granted"):
                break
            await asyncio.sleep(0.01)
        assert not await sandbox.catch_up(work), "as a worker asks every second"
    assert (await resetting).status_code == 204


async def test_the_clock_goes_back_and_nothing_is_undone_or_happens_twice(
    api: Api, database: Database, much: int
) -> None:
    await api.post("/sandbox/clock", {"advance": "P90D"})
    happened = await database.fetch(INSTANTS)
    await noon_of(api, "2026-12-05")
    assert (await clock(api))["now"] < "2026-12-06"
    await api.post("/sandbox/clock", {"advance": "P80D"})
    assert await database.fetch(INSTANTS) == happened


def test_production_has_no_such_job() -> None:
    outbound = Outbound(AllowList())
    sandboxed = {job.name for job in jobs.of(Settings(mode="sandbox"), outbound)}
    real = {job.name for job in jobs.of(Settings.model_construct(mode="production"), outbound)}
    assert sandboxed - real == {"sandbox_clock"}
