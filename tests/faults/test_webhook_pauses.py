"""An endpoint that takes nothing is called now and then alone, and all that waits for it goes once it is back (promise 33)."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.core.ids import new_id
from app.main import create_app
from app.models.webhook import WebhookEndpoint
from app.routers import PROBES
from app.services import lag, webhook_pauses
from app.services.webhook_pauses import GIVEN_UP_AFTER, GIVEN_UP_FAILURES, LONGEST_PAUSE, PAUSED_AFTER
from app.workers import jobs
from tests.routers.test_metrics import figures
from tests.support.api import Api
from tests.support.clock import advance
from tests.support.database import Database
from tests.support.locks import holding, until_waiting
from tests.support.receiver import ACCEPTED, Receiver, hanging, http
from tests.support.services import working
from tests.support.webhooks import PATH, deliveries, drained, happened, registered, sequenced

pytestmark = pytest.mark.faults
REFUSED = http(b"no", "500 Internal Server Error")
MANY = 40


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """One that refuses everything, until it is told otherwise."""
    async with Receiver.running() as receiver:
        receiver.usual = REFUSED
        yield receiver


async def due(api: Api, receiver: Receiver, database: Database) -> str:
    """An endpoint that many deliveries are due for; its path."""
    made = await registered(api.core, receiver.url)
    await happened(database, MANY)
    await sequenced(api.process)
    return f"{PATH}/{made['id']}"


async def paused(api: Api, receiver: Receiver, database: Database) -> str:
    """The same, after as many failures as begin a pause."""
    path = await due(api, receiver, database)
    await drained(api.process, 1)
    assert len(receiver.got) == PAUSED_AFTER
    return path


async def statuses(api: Api, path: str) -> set[str]:
    return {one["status"] for one in await deliveries(api.core, path.removeprefix(f"{PATH}/"), limit=100)}


async def test_after_some_failures_one_delivery_tells_now_and_then_whether_it_is_back(
    api: Api, receiver: Receiver, database: Database
) -> None:
    path = await paused(api, receiver, database)
    for lane in range(1, 9):
        await drained(api.process, lane)
    assert len(receiver.got) == PAUSED_AFTER, "it is left alone by all"
    for further in range(1, 4):
        await advance(api, LONGEST_PAUSE)
        for lane in range(1, 9):
            await drained(api.process, lane)
        assert len(receiver.got) == PAUSED_AFTER + further
    receiver.usual = ACCEPTED
    await advance(api, LONGEST_PAUSE)
    await drained(api.process, 1)
    assert await statuses(api, path) >= {"delivered"}
    await advance(api, timedelta(hours=1))
    await drained(api.process, 1)
    accepted = receiver.ids[PAUSED_AFTER + 3 :]
    assert len(accepted) == len(set(accepted)) == MANY, "each is accepted once"
    assert await statuses(api, path) == {"delivered"}


async def test_a_pause_is_longer_after_each_failure_and_none_is_left_after_a_success(api: Api) -> None:
    async with working(api.process) as work:
        endpoint = WebhookEndpoint(id=new_id(work.now))
        pauses = []
        for _ in range(60):
            webhook_pauses.note_failed(work, endpoint)
            pauses.append((endpoint.paused_until or work.now) - work.now)
        webhook_pauses.note_accepted(endpoint)
        assert (endpoint.failures, endpoint.paused_until, endpoint.failing_since) == (0, None, None)
    seconds = [pause.total_seconds() for pause in pauses]
    assert seconds == [0, 0, 0, 0, 5, 10, 20, 40, 80, 160, *[300] * 50]


async def test_while_one_delivery_asks_whether_it_is_back_no_other_is_sent(
    api: Api, receiver: Receiver, database: Database
) -> None:
    await paused(api, receiver, database)
    await advance(api, LONGEST_PAUSE)
    receiver.usual = hanging
    first, *others = [job for job in jobs.of(api.process.settings, api.process.outbound) if "webhooks" in job.name]
    asking = asyncio.create_task(first.run(api.process.works))
    while len(receiver.got) == PAUSED_AFTER:  # noqa: ASYNC110  (a receiver tells nobody)
        await asyncio.sleep(0.01)
    assert [await lane.run(api.process.works) for lane in others] == [False] * len(others)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert len(receiver.got) == PAUSED_AFTER + 1


async def test_of_workers_that_ask_at_the_same_time_whether_it_is_back_one_does(
    api: Api, receiver: Receiver, database: Database
) -> None:
    await paused(api, receiver, database)
    await advance(api, LONGEST_PAUSE)
    receiver.usual = hanging
    lanes = [job for job in jobs.of(api.process.settings, api.process.outbound) if "webhooks" in job.name][:2]
    async with holding(database, "SELECT FROM webhook_endpoint FOR UPDATE"):
        asking = [asyncio.create_task(lane.run(api.process.works)) for lane in lanes]
        await until_waiting(database, len(lanes))
    [done], [hangs] = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    assert done.result() is False
    while len(receiver.got) == PAUSED_AFTER:  # noqa: ASYNC110  (a receiver tells nobody)
        await asyncio.sleep(0.01)
    hangs.cancel()
    await asyncio.gather(hangs, return_exceptions=True)
    assert len(receiver.got) == PAUSED_AFTER + 1


async def test_what_it_never_takes_does_not_hide_that_it_takes_the_rest(
    api: Api, receiver: Receiver, database: Database
) -> None:
    async def by_type(writer: asyncio.StreamWriter) -> None:
        told = json.loads(receiver.got[-1].body)["type"]
        await (REFUSED if told == "consent.granted" else ACCEPTED)(writer)

    receiver.usual = by_type
    await paused(api, receiver, database)
    await happened(database, 1, "consent.withdrawn")
    await sequenced(api.process)
    await advance(api, LONGEST_PAUSE)
    await drained(api.process, 1)
    told = [json.loads(got.body)["type"] for got in receiver.got[PAUSED_AFTER:]]
    assert told == ["consent.withdrawn", *["consent.granted"] * PAUSED_AFTER], "and then everything is tried again"


async def same_status(api: Api, path: str) -> None:
    await changed(api, path, status="enabled")


async def other_url(api: Api, path: str) -> None:
    url = (await api.core.get(path)).json()["url"]
    await changed(api, path, url=url + "?moved")


async def redelivery(api: Api, path: str) -> None:
    one = (await deliveries(api.core, path.removeprefix(f"{PATH}/")))[0]
    answer = await api.core.post(f"{path}/deliveries/{one['id']}/redelivery")
    assert answer.status_code == 200, answer.text


async def changed(api: Api, path: str, **fields: Any) -> None:
    answer = await api.core.call("PATCH", path, json=fields)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("ask", [same_status, other_url, redelivery], ids=lambda ask: str(ask.__name__))
async def test_who_wants_it_called_ends_the_pause(
    api: Api, receiver: Receiver, database: Database, ask: Callable[[Api, str], Awaitable[None]]
) -> None:
    path = await paused(api, receiver, database)
    await ask(api, path)
    await drained(api.process, 1)
    assert len(receiver.got) == 2 * PAUSED_AFTER, "it may fail as often again"
    receiver.usual = ACCEPTED
    await ask(api, path)
    await drained(api.process, 1)
    assert len(receiver.got) >= MANY, "all that waited for no other attempt of its own went at once"


async def test_another_url_has_not_failed_yet_and_is_served_by_every_lane(
    api: Api, receiver: Receiver, database: Database
) -> None:
    path = await paused(api, receiver, database)
    receiver.usual = ACCEPTED
    await drained(api.process, 8)
    await other_url(api, path)
    await drained(api.process, 8)
    assert len(receiver.got) == MANY, "all but what waits for another attempt of its own"


async def test_what_takes_nothing_for_three_days_is_disabled_however_seldom_each_delivery_was_tried(
    api: Api, receiver: Receiver, database: Database
) -> None:
    path = await paused(api, receiver, database)
    for _ in range(GIVEN_UP_FAILURES - PAUSED_AFTER):
        await advance(api, LONGEST_PAUSE)
        await drained(api.process, 1)
    await advance(api, GIVEN_UP_AFTER - timedelta(hours=1))
    await drained(api.process, 1)
    assert (await api.core.get(path)).json()["status"] == "enabled"
    await advance(api, timedelta(hours=1))
    await drained(api.process, 1)
    seen = (await api.core.get(path)).json()
    assert (seen["status"], seen["disabled_reason"]) == ("disabled", "failing")
    assert await statuses(api, path) == {"cancelled"}
    assert len(receiver.got) == GIVEN_UP_FAILURES + 2
    attempts = [len(one["attempts"]) for one in await deliveries(api.core, seen["id"], limit=100)]
    assert max(attempts) < GIVEN_UP_FAILURES, "not one was tried as often as it may be"


async def test_three_days_in_which_nobody_called_it_are_not_its_fault(
    api: Api, receiver: Receiver, database: Database
) -> None:
    path = await paused(api, receiver, database)
    await advance(api, "P30D")
    await drained(api.process, 1)
    assert (await api.core.get(path)).json()["status"] == "enabled"
    receiver.usual = ACCEPTED
    await advance(api, "P1D")
    await drained(api.process, 1)
    assert await statuses(api, path) == {"delivered"}


async def test_while_it_is_paused_the_worker_is_not_behind_and_the_figures_say_what_is(
    api: Api, receiver: Receiver, database: Database
) -> None:
    await due(api, receiver, database)
    await advance(api, "P1D")
    assert await behind(api) >= timedelta(days=1), "nobody delivers"
    await drained(api.process, 1)
    assert await behind(api) == timedelta(0)
    await advance(api, "P1D")
    assert await behind(api) > timedelta(hours=23), "nobody asks whether it is back"
    async with Api.over(create_app(api.process, PROBES), api.process) as fresh:
        states = await figures(fresh, "sitthi_webhook_endpoints")
    assert states == {("enabled",): 0, ("paused",): 1, ("disabled",): 0}


async def behind(api: Api) -> timedelta:
    async with working(api.process) as work:
        return (await lag.by_kind(work))["webhook"]


async def test_beginning_and_end_of_the_pauses_are_told_once(api: Api, receiver: Receiver, database: Database) -> None:
    with capture_logs() as logs:
        await paused(api, receiver, database)
        for usual in (REFUSED, REFUSED, ACCEPTED):
            receiver.usual = usual
            await advance(api, LONGEST_PAUSE)
            await drained(api.process, 1)
    told = [(line["event"], line.get("count")) for line in logs if line["event"].startswith("webhook_endpoint_")]
    assert told == [("webhook_endpoint_paused", None), ("webhook_endpoint_recovered", PAUSED_AFTER + 2)]
