"""Probes, with and without a database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app.core.clock import Clock, wall_clock
from app.core.database import create_engine
from app.main import Process, create_app, synchronise
from app.routers import PROBES
from app.services import lag
from app.workers.loop import in_one_unit
from tests.support.api import Api, problem
from tests.support.clock import advance
from tests.support.consents import given
from tests.support.database import Database
from tests.support.loops import running
from tests.support.members import register
from tests.support.services import working

NOBODY_THERE = "postgresql://nobody@/sitthi?host=/nonexistent&port=5432"


@pytest.fixture
async def cut_off(process: Process) -> AsyncIterator[Api]:
    """The service, its database gone."""
    engine = create_engine(NOBODY_THERE, name="tests")
    lost = replace(process, works=replace(process.works, engine=engine))
    async with Api.over(create_app(lost), lost) as api:
        yield api
    await engine.dispose()


async def test_a_service_in_order_is_alive_and_ready(api: Api) -> None:
    assert (await api.get("/healthz")).json() == {"status": "ok"}
    ready = await api.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")


async def test_without_its_database_it_is_alive_and_not_ready(cut_off: Api) -> None:
    assert (await cut_off.get("/healthz")).status_code == 200
    ready = await cut_off.get("/readyz")
    assert ready.status_code == 503
    assert ready.json() == {
        "status": "not_ready",
        "checks": {"serving": "ok", "clock": "ok", "database": "failed", "schema": "failed"},
    }


async def test_under_a_policy_that_it_does_not_know_it_is_not_ready(api: Api, database: Database) -> None:
    await database.execute(
        "INSERT INTO policy_overlay (position, kind, content, published_by, published_at) "
        "VALUES (1, 'of a later version', '{}', 'dpo', now())"
    )
    ready = await api.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["policy"]) == (503, "failed")


async def test_without_its_database_it_asks_callers_to_come_back(cut_off: Api) -> None:
    answer = await cut_off.staff.get("/v1/subjects/M-1")
    assert problem(answer) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


async def workers(api: Api) -> str:
    """How `readyz` finds the workers; it fails exactly where they do."""
    ready = await api.get("/readyz")
    found: str = ready.json()["checks"]["workers"]
    assert ready.status_code == {"ok": 200, "failed": 503}[found]
    return found


async def test_it_is_not_ready_where_something_is_due_and_no_worker_lives(api: Api, database: Database) -> None:
    await register(api)
    await given(api, expires_on="2099-12-31")
    assert await workers(api) == "ok", "nothing is due"
    await database.execute("UPDATE consent SET expires_on = '2026-01-31'")
    assert await workers(api) == "failed"
    async with running(api.process.background, in_one_unit("pulse", lag.beat)) as loop:
        for _ in range(500):
            if await database.fetch("SELECT at FROM worker_pulse"):
                break
            loop.wake()
            await asyncio.sleep(0.02)
    assert await workers(api) == "ok", "whatever it can't do, a worker lives"
    await database.execute("UPDATE worker_pulse SET at = at - interval '4 minutes 50 seconds'")
    assert await workers(api) == "ok", "it does not flap"
    await database.execute("UPDATE worker_pulse SET at = at - interval '15 seconds'")
    assert await workers(api) == "failed"
    await database.execute("UPDATE consent SET expires_on = '2099-12-31'")
    assert await workers(api) == "ok", "nobody is missed where nothing is to be done"


async def test_it_is_missed_too_where_the_sandbox_s_clock_has_made_something_due(api: Api) -> None:
    await register(api)
    await given(api)
    assert await workers(api) == "ok", "for five minutes"
    await advance(api, "PT6M")
    assert await workers(api) == "failed", "nobody has given the event its position"


async def test_the_pulse_is_written_every_half_minute_and_not_more_often(api: Api, database: Database) -> None:
    async def beat() -> object:
        async with working(api.process) as work:
            assert await lag.beat(work) is False
        [row] = await database.fetch("SELECT at, xmin FROM worker_pulse")
        return row["xmin"]

    first = await beat()
    assert await beat() == first
    await database.execute("UPDATE worker_pulse SET at = at - interval '31 seconds'")
    after = await database.fetch("SELECT at FROM worker_pulse")
    await beat()
    assert await database.fetch("SELECT at FROM worker_pulse") != after


async def test_a_pulse_from_a_clock_that_was_ahead_is_no_sign_of_life(api: Api, database: Database) -> None:
    """The database's clock stood a month ahead while a worker lived, and was set right when none did any more."""
    await register(api)
    await given(api)
    async with working(api.process) as work:
        await lag.beat(work)
    await database.execute("UPDATE worker_pulse SET at = at + interval '31 days'")
    await database.execute("UPDATE consent SET expires_on = '2026-01-31'")
    assert await workers(api) == "failed"
    async with working(api.process) as work:
        await lag.beat(work)
    assert await workers(api) == "ok", "a living one is heard at once"


async def test_a_machine_whose_clock_is_wrong_is_not_ready(api: Api, database: Database) -> None:
    clock = Clock(lambda: wall_clock() + timedelta(seconds=6))
    await synchronise(api.process.works.engine, clock)
    skewed = replace(api.process, works=replace(api.process.works, clock=clock))
    async with Api.over(create_app(skewed, PROBES), skewed) as there:
        ready = await there.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["clock"]) == (503, "failed")
