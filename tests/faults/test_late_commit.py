"""Who commits late is read and delivered all the same, and keeps nobody waiting (RELIABILITY.md 5, promise 29).

A transaction with the lowest id of all stays open while others that began later commit. A service of its own tells a
reader over HTTP, who only ever goes on from where it was, and a receiver of webhooks. With `SITTHI_FAULT_ROUNDS` set it is
10 seconds and 500 others, else a moment and 60.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.core.clock import Clock
from app.core.embedded import start_embedded
from app.core.ids import new_id
from tests.cli.running import sandbox, serving
from tests.embedded_processes import fresh_data_dir
from tests.support.members import particulars
from tests.support.packs import CHANTHABURI
from tests.support.receiver import Receiver
from tests.support.webhooks import endpoint
from tests.support.wire import calling

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
OTHERS, HELD_SECONDS = (500, 10.0) if ROUNDS else (60, 1.0)
MEMBERS = 5
INSERT = "INSERT INTO outgoing_event (id, type, occurred_at, data) VALUES ($1, 'consent.granted', now(), '{}')"

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


@dataclass(frozen=True)
class Rig:
    """A running service, and its database."""

    url: str
    database: "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture(scope="module")
async def rig() -> AsyncIterator[Rig]:
    with (
        fresh_data_dir(place=tempfile.gettempdir()) as data_dir,
        serving(**sandbox(data_dir)) as service,
        start_embedded(data_dir) as server,
    ):
        url = await asyncio.to_thread(service.ready)
        database = await asyncpg.connect(server.dsn_service)
        yield Rig(url, database)
        await database.close()
        assert (await asyncio.to_thread(service.end)).code == 0


async def consent_and_withdraw(member: httpx.AsyncClient, subject_ref: str, events: int) -> None:
    """Transactions of the service's own, each with one event."""
    for _ in range(events // 2):
        made = await member.post("/v1/consents", json=CHANTHABURI.body(subject_ref))
        assert made.status_code == 201, made.text
        gone = await member.post(f"/v1/consents/{made.json()['id']}/withdrawal", json={"channel": "app"})
        assert gone.status_code == 200, gone.text


async def follow(core: httpx.AsyncClient, seen: list[dict[str, Any]], wanted: int) -> None:
    """A reader that only ever goes on from where it was, until it has seen so many."""
    after: dict[str, str] = {}
    while len(seen) < wanted:
        page = await core.get("/v1/events", params={"limit": 50, **after})
        assert page.status_code == 200, page.text
        seen += page.json()["items"]
        if page.json()["next_after"]:
            after = {"after": page.json()["next_after"]}
        await asyncio.sleep(0 if page.json()["items"] else 0.02)


async def test_a_transaction_that_commits_last_of_all_though_it_began_first_is_read_and_delivered(rig: Rig) -> None:
    seen: list[dict[str, Any]] = []
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(Receiver.running())
        core = await stack.enter_async_context(calling(rig.url, "core_banking"))
        assert (await core.post("/v1/webhook-endpoints", json=endpoint(receiver.url))).status_code == 201
        writing = []
        for number in range(MEMBERS):
            ref = f"M-{number}"
            assert (await core.put(f"/v1/subjects/{ref}", json=particulars())).status_code == 201
            member = await stack.enter_async_context(calling(rig.url, "member", subject_ref=ref))
            writing.append(consent_and_withdraw(member, ref, OTHERS // MEMBERS))
        late, begun = new_id(Clock().now()), time.monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(follow(core, seen, OTHERS + 1))
            async with rig.database.transaction():
                await rig.database.execute(INSERT, late)
                await asyncio.gather(*writing)
                await so_many(seen, OTHERS)
                await asyncio.sleep(max(0.0, begun + HELD_SECONDS - time.monotonic()))
                assert len(seen) == OTHERS
            held = time.monotonic() - begun
            await so_many(seen, OTHERS + 1)
        await so_many(receiver.got, OTHERS + 1)
        ids = [one["id"] for one in seen]
        assert ids[-1] == str(late), "read last, though its id is the lowest"
        assert min(map(UUID, ids)) == late
        assert len(set(ids)) == OTHERS + 1, "each once"
        assert sorted(receiver.ids) == sorted(ids), "each delivered, once"
    sys.stdout.write(f"1 event committed {held:.1f} s late, {OTHERS} meanwhile: all read and delivered\n")


async def so_many(came: Sequence[object], many: int, seconds: float = 60.0) -> None:
    """Returns once there are as many as that."""
    end = time.monotonic() + seconds
    while len(came) < many:
        assert time.monotonic() < end, f"{len(came)} of {many} came"
        await asyncio.sleep(0.02)
