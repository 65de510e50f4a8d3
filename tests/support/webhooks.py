"""Webhook endpoints of the tests, and the workers that deliver to them."""

import asyncio
from typing import Any

from app.core.clock import Clock
from app.core.ids import new_id
from app.main import Process
from app.workers import jobs
from tests.support.api import Api
from tests.support.database import Database
from tests.support.names import Names

EVENTS = """
INSERT INTO outgoing_event (id, type, occurred_at, data) SELECT id, $2, now(), '{}' FROM unnest($1::uuid[]) AS made (id)
"""
PATH = "/v1/webhook-endpoints"
TYPES = ["consent.granted", "consent.withdrawn"]


def endpoint(url: str = "https://core.coop.example/hooks", **changes: Any) -> dict[str, Any]:
    """An endpoint that wants to hear of consents."""
    return {"url": url, "event_types": TYPES, **changes}


async def registered(caller: Api, url: str = "https://core.coop.example/hooks", **changes: Any) -> dict[str, Any]:
    """A new endpoint of the caller's, as it was answered."""
    answer = await caller.post(PATH, endpoint(url, **changes))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def names_of(api: Api) -> Names:
    """The names that the service resolves; none is known yet."""
    names = api.process.outbound.resolve
    assert isinstance(names, Names)
    names.answers.clear()
    names.asked.clear()
    return names


async def happened(database: Database, events: int, event_type: str = "consent.granted") -> None:
    """So many committed events, which no positions were given to yet."""
    ids = [new_id(Clock().now()) for _ in range(events)]
    await database.execute(EVENTS, ids, event_type)


async def sequenced(process: Process) -> None:
    """All committed events have their positions and deliveries."""
    await _until_done(process, "event_feed")


async def delivered(process: Process) -> None:
    """All that is due has been sent, one after the other."""
    await sequenced(process)
    await _until_done(process, "webhooks_1")


async def drained(process: Process, lane: int) -> None:
    """All that a lane finds due has been tried."""
    await _until_done(process, f"webhooks_{lane}")


async def delivering(process: Process, lane: int) -> None:
    """A lane at work until it is cancelled."""
    while True:
        await drained(process, lane)
        await asyncio.sleep(0.02)


async def _until_done(process: Process, name: str) -> None:
    [job] = [job for job in jobs.of(process.settings, process.outbound) if job.name == name]
    while await job.run(process.works):
        pass


async def deliveries(caller: Api, endpoint_id: str, **query: Any) -> list[dict[str, Any]]:
    """What was sent to an endpoint, the newest first."""
    answer = await caller.get(f"{PATH}/{endpoint_id}/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def events(caller: Api, **query: Any) -> tuple[list[dict[str, Any]], str | None]:
    """Events, and from where to go on."""
    answer = await caller.get("/v1/events", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"], answer.json()["next_after"]
