"""Each step of webhooks fails whole: wherever a write fails, no trace of it is left, and it can be repeated (promise 28)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from app.workers import jobs
from tests.faults.test_request_steps import Step
from tests.support.api import Api, problem
from tests.support.consents import given, withdraw
from tests.support.database import Database
from tests.support.faults import failing, watching
from tests.support.members import register
from tests.support.receiver import Receiver
from tests.support.webhooks import PATH, delivered, deliveries, endpoint, events, registered, sequenced

pytestmark = pytest.mark.faults

Prepared = Callable[[Api], Awaitable[Step]]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver.running() as receiver:
        yield receiver


async def _told(api: Api) -> str:
    """An endpoint with a delivery that waits."""
    made = await registered(api.core)
    await register(api)
    await given(api)
    await sequenced(api.process)
    return f"{PATH}/{made['id']}"


async def registration(api: Api) -> Step:
    return Step(api.core, "POST", PATH, endpoint(), 201)


async def disabling(api: Api) -> Step:
    return Step(api.core, "PATCH", await _told(api), {"status": "disabled"})


async def removal(api: Api) -> Step:
    return Step(api.core, "DELETE", await _told(api), None, 204)


async def rotation(api: Api) -> Step:
    return Step(api.core, "POST", f"{await _told(api)}/secret-rotation")


async def redelivery(api: Api) -> Step:
    path = await _told(api)
    [one] = await deliveries(api.core, path.rpartition("/")[2])
    return Step(api.core, "POST", f"{path}/deliveries/{one['id']}/redelivery")


WRITES: dict[Prepared, set[str]] = {
    registration: {"webhook_endpoint", "audit_entry", "kept_answer"},
    disabling: {"webhook_endpoint", "webhook_delivery", "audit_entry"},
    removal: {"webhook_endpoint", "webhook_delivery", "audit_entry"},
    rotation: {"webhook_endpoint", "audit_entry", "kept_answer"},
    redelivery: {"webhook_delivery", "audit_entry", "kept_answer"},
}
"""What each step writes."""


@pytest.mark.parametrize("prepare", WRITES, ids=lambda step: str(step.__name__))
async def test_a_step_writes_what_is_written_here_or_nothing(prepare: Prepared, api: Api, database: Database) -> None:
    step = await prepare(api)
    async with watching(database) as watch:
        for table in sorted(WRITES[prepare]):
            async with failing(database, table):
                assert problem(await step.take()) == (500, "internal_error"), table
            assert await watch.changes() == set(), table
        assert (await step.take()).status_code == step.succeeds
        assert await watch.changes() == {f"public.{table}" for table in WRITES[prepare]}


async def test_whoever_reads_the_feed_is_answered_also_where_no_position_can_be_given(
    api: Api, database: Database
) -> None:
    await registered(api.core)
    await register(api)
    await given(api)

    async def read() -> list[str]:
        return [event["type"] for event in (await events(api.core))[0]]

    tables = {"outgoing_event", "webhook_delivery"}
    async with watching(database) as watch:
        for table in sorted(tables):
            async with failing(database, table):
                assert await read() == [], table
            assert await watch.changes() == set(), f"{table}: no position without its deliveries"
        assert await read() == ["consent.granted"]
        assert await watch.changes() == {f"public.{table}" for table in tables}


async def test_a_state_and_its_event_come_together_or_not_at_all(api: Api, database: Database) -> None:
    await register(api)
    await registered(api.core)
    granted = await given(api)
    async with watching(database) as watch:
        async with failing(database, "outgoing_event"):
            assert problem(await withdraw(api.member("M-1"), granted["id"])) == (500, "internal_error")
        assert await watch.changes() == set()
        async with failing(database, "webhook_delivery"):
            with pytest.raises(Exception, match="injected"):
                await sequenced(api.process)
        assert await watch.changes() == set(), "no position without its deliveries"
    await withdraw(api.member("M-1"), granted["id"])
    await sequenced(api.process)
    [endpoint_] = (await api.core.get(PATH)).json()["items"]
    told = [one["event_type"] for one in await deliveries(api.core, endpoint_["id"])]
    assert sorted(told) == ["consent.granted", "consent.withdrawn"]


async def test_an_answer_that_could_not_be_recorded_is_asked_for_again_under_the_same_id(
    api: Api, receiver: Receiver, database: Database
) -> None:
    made = await registered(api.core, receiver.url)
    await register(api)
    await given(api)
    await sequenced(api.process)
    [lane] = [job for job in jobs.of(api.process.settings, api.process.outbound) if job.name == "webhooks_1"]
    async with gone_before_recording(database):
        with pytest.raises(Exception, match="injected"):
            await lane.run(api.process.works)
    assert len(receiver.got) == 1
    assert not await lane.run(api.process.works), "the lease of the one that died still runs"
    await database.execute("UPDATE webhook_delivery SET lease_until = now() - interval '1 second'")
    await delivered(api.process)
    await delivered(api.process)
    assert len(receiver.got) == 2
    assert len(set(receiver.ids)) == 1, "a duplicate that its receiver recognises"
    [one] = await deliveries(api.core, made["id"])
    assert one["status"] == "delivered"


@asynccontextmanager
async def gone_before_recording(database: Database) -> AsyncIterator[None]:
    """The worker dies between the answer and its record: what it would write of the answer never is."""
    await database.execute(
        "CREATE FUNCTION injected_fault() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'injected'; END $$"
    )
    await database.execute(
        "CREATE TRIGGER injected_fault BEFORE UPDATE ON webhook_delivery FOR EACH ROW "
        "WHEN (NEW.log IS DISTINCT FROM OLD.log) EXECUTE FUNCTION injected_fault()"
    )
    try:
        yield
    finally:
        await database.execute("DROP FUNCTION injected_fault CASCADE")
