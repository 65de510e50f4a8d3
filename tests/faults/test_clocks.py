"""Promise 25: the database's clock is the only authority; a machine whose own clock is wrong does nothing early or late."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from app.core.clock import Clock, wall_clock
from app.core.settings import Settings
from app.main import attended, prepare, synchronise
from app.workers import jobs
from tests.embedded_processes import until
from tests.support.api import Api
from tests.support.consents import given
from tests.support.database import Database
from tests.support.loops import running
from tests.support.members import register

pytestmark = pytest.mark.faults
ENDED = "SELECT subject_ref, ended_at FROM consent WHERE ended_at IS NOT NULL"


@pytest.mark.parametrize("days", [400, -400])
async def test_a_worker_whose_clock_is_wrong_fires_nothing_early_and_misses_nothing(
    api: Api, database: Database, days: int
) -> None:
    for member in ("M-DUE", "M-NOT-YET"):
        await register(api, member)
        await given(api, member)
    await database.execute("UPDATE consent SET expires_on = current_date - 2 WHERE subject_ref = 'M-DUE'")
    await database.execute("UPDATE consent SET expires_on = current_date + 30 WHERE subject_ref = 'M-NOT-YET'")
    clock = Clock(lambda: wall_clock() + timedelta(days=days))
    mine = await prepare(
        Settings(mode="sandbox", public_url="http://sitthi.test"),
        api.process.works.engine,
        api.process.works.lane,
        clock,
        api.process.works.pack,
        api.process.works.ring,
    )
    async with running(mine.background, *jobs.of(mine.settings, mine.outbound)):
        for _ in range(500):
            if await database.fetch(ENDED):
                break
            await asyncio.sleep(0.02)
    assert [row["subject_ref"] for row in await database.fetch(ENDED)] == ["M-DUE"]
    [row] = await database.fetch(
        "SELECT occurred_at AS at, now() AS now FROM outgoing_event WHERE type = 'consent.expired'"
    )
    assert abs(row["now"] - row["at"]) < timedelta(days=3), "told at an instant of the database's"


async def test_the_clock_is_set_again_and_again_and_a_skew_is_told_once(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.main.CLOCK_SECONDS", 0.01)
    wrong = timedelta(seconds=60)
    clock = Clock(lambda: wall_clock() + wrong)
    await synchronise(api.process.works.engine, clock)
    mine = replace(api.process, works=replace(api.process.works, clock=clock))
    with capture_logs() as logs:
        async with attended(mine, working=False):
            assert await asyncio.to_thread(until, lambda: bool(logs))
            clock.synchronise(clock.now() + timedelta(days=31))
            assert await asyncio.to_thread(until, lambda: abs(clock.now() - wall_clock()) < timedelta(seconds=10))
            wrong = timedelta(0)
            assert await asyncio.to_thread(until, lambda: len(logs) >= 2)
    assert [line["event"] for line in logs] == ["clock_skewed", "clock_right_again"]
