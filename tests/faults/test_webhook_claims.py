"""Deliveries that a worker claims together, sends one after the other and records together (RELIABILITY.md 5, promise 12)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.services.webhook_deliveries import TOGETHER
from app.workers import jobs
from tests.support.api import Api
from tests.support.clock import advance
from tests.support.consents import given, withdraw
from tests.support.database import Database
from tests.support.locks import holding, until_waiting
from tests.support.members import register
from tests.support.receiver import ACCEPTED, Receiver, http
from tests.support.webhooks import PATH, delivered, deliveries, registered, sequenced

pytestmark = pytest.mark.faults
REFUSED = http(b"no", "500 Internal Server Error")
GONE = http(b"", "410 Gone")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver.running() as receiver:
        yield receiver


async def due(api: Api, receiver: Receiver, pairs: int) -> str:
    """An endpoint with two deliveries for each of so many pairs of events; returns the endpoint."""
    made = await registered(api.core, receiver.url)
    await register(api)
    for _ in range(pairs):
        await withdraw(api.member("M-1"), (await given(api))["id"])
    await sequenced(api.process)
    endpoint_id: str = made["id"]
    return endpoint_id


async def one_claim(api: Api) -> bool:
    """A lane claims once, sends and records."""
    [lane] = [job for job in jobs.of(api.process.settings, api.process.outbound) if job.name == "webhooks_1"]
    return await lane.run(api.process.works)


async def oldest_first(api: Api, endpoint_id: str) -> list[dict[str, Any]]:
    return list(reversed(await deliveries(api.core, endpoint_id)))


def told(delivery: dict[str, Any]) -> tuple[str, list[int]]:
    """Where a delivery stands, and what each attempt was answered."""
    return delivery["status"], [attempt["status_code"] for attempt in delivery["attempts"]]


async def test_a_claim_takes_some_and_the_next_one_goes_on(api: Api, receiver: Receiver) -> None:
    endpoint_id = await due(api, receiver, TOGETHER // 2 + 1)
    assert await one_claim(api)
    assert len(receiver.got) == TOGETHER
    assert await one_claim(api)
    assert not await one_claim(api)
    assert [told(one) for one in await oldest_first(api, endpoint_id)] == [("delivered", [204])] * (TOGETHER + 2)
    assert len(set(receiver.ids)) == len(receiver.ids) == TOGETHER + 2


async def test_after_a_failure_the_rest_of_a_claim_is_let_go_as_if_it_had_not_been_claimed(
    api: Api, receiver: Receiver, database: Database
) -> None:
    endpoint_id = await due(api, receiver, 2)
    receiver.answers.extend([ACCEPTED, REFUSED])
    assert await one_claim(api)
    assert len(receiver.got) == 2
    states = [told(one) for one in await oldest_first(api, endpoint_id)]
    assert sorted(states) == [("delivered", [204]), ("pending", []), ("pending", []), ("pending", [500])]
    counted = await database.fetch("SELECT attempts, lease_until FROM webhook_delivery ORDER BY attempts")
    assert [tuple(row) for row in counted] == [(0, None), (0, None), (1, None), (1, None)]
    assert await one_claim(api)
    assert len(receiver.got) == 4, "those that were let go are due at once"
    await advance(api, "PT10S")
    await delivered(api.process)
    assert {told(one)[0] for one in await oldest_first(api, endpoint_id)} == {"delivered"}
    assert len(receiver.got) == 5


async def test_one_that_is_gone_gets_nothing_more_of_a_claim(api: Api, receiver: Receiver) -> None:
    endpoint_id = await due(api, receiver, 2)
    receiver.answers.extend([ACCEPTED, GONE])
    assert await one_claim(api)
    await delivered(api.process)
    states = [told(one) for one in await oldest_first(api, endpoint_id)]
    assert sorted(states) == [("cancelled", []), ("cancelled", []), ("delivered", [204]), ("failed", [410])]
    assert len(receiver.got) == 2
    assert (await api.core.get(f"{PATH}/{endpoint_id}")).json()["disabled_reason"] == "gone"


async def test_one_that_answers_slowly_is_sent_no_more_of_a_claim_than_its_lease_allows(
    api: Api, receiver: Receiver
) -> None:
    async def slowly(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1.1)
        await ACCEPTED(writer)

    endpoint_id = await due(api, receiver, 1)
    receiver.answers.append(slowly)
    assert await one_claim(api)
    assert sorted(told(one) for one in await oldest_first(api, endpoint_id)) == [("delivered", [204]), ("pending", [])]
    assert await one_claim(api)
    assert len(receiver.got) == 2


async def test_a_lane_waits_for_an_endpoint_that_another_holds_for_a_moment(
    api: Api, receiver: Receiver, database: Database
) -> None:
    await due(api, receiver, 1)
    async with holding(database, "SELECT FROM webhook_endpoint FOR UPDATE"):
        claiming = asyncio.create_task(one_claim(api))
        await until_waiting(database, 1)
    assert await claiming
    assert len(receiver.got) == 2
