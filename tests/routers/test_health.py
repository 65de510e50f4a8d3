"""Probes, with and without a database."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.core.database import create_engine
from app.main import Process, create_app
from tests.support.api import Api, problem

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
    assert ready.json() == {"status": "not_ready", "checks": {"clock": "ok", "database": "failed", "schema": "failed"}}


async def test_without_its_database_it_asks_callers_to_come_back(cut_off: Api) -> None:
    answer = await cut_off.staff.get("/v1/subjects/M-1")
    assert problem(answer) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
