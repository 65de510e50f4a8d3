"""What is outside hangs, and everything else goes on (RELIABILITY.md 5, promise 33): a gateway, a receiver of webhooks,
another controller. One process does all the jobs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.core.notifying import Via
from app.workers import jobs, messages
from tests.support.api import Api
from tests.support.clock import advance
from tests.support.controllers import entered
from tests.support.database import Database
from tests.support.delivery import delivering
from tests.support.loops import running
from tests.support.members import push, record, register
from tests.support.packages import asked
from tests.support.receiver import Receiver
from tests.support.requests import finish_tasks, submit
from tests.support.webhooks import registered

pytestmark = pytest.mark.faults
GIVEN = record("D-1", provided_by_subject=True, lawful_basis="contract", events={"deposit_made": "2024-03-02"})
TYPES = ["request.completed", "request.due_soon"]


async def until(ready: Callable[[], Awaitable[bool]]) -> None:
    """Returns once it is so."""
    async with asyncio.timeout(60):
        while not await ready():  # noqa: ASYNC110  (what is waited for tells nobody)
            await asyncio.sleep(0.05)


async def test_what_hangs_outside_holds_up_nothing_else(api: Api, app: Any, database: Database) -> None:
    over = asyncio.Event()

    async def hang(_: asyncio.StreamWriter) -> None:
        await over.wait()

    async with (
        delivering(app, api, database, Via.SMS) as delivery,
        Receiver.running() as hanging,
        Receiver.running() as taking,
        Receiver.running() as controller,
    ):
        delivery.gateway.answer = hanging.usual = controller.usual = hang
        await registered(api.core, hanging.url, event_types=TYPES)
        await registered(api.dpo, taking.url, event_types=TYPES)
        await entered(api, endpoint=controller.url)
        await register(api, contacts={"phone": "0812345678"})
        await push(api, "M-1", GIVEN)
        await asked(api, "portability", transfer_to={"controller": "other_coop"})
        await finish_tasks(api)
        doing = (*jobs.of(api.process.settings, api.process.outbound), *messages.jobs(delivery.works.channels))
        async with running(delivery.works, *doing):
            await until(lambda: _all_hang(delivery.gateway.posted, hanging.got, controller.got))
            path = await asked(api, "access", categories=["financial"])
            await finish_tasks(api)
            await register(api, "M-2")
            await submit(api, "M-2", kind="access")
            await advance(api, "P26D")
            await until(lambda: _is_ready(api, path))
            await until(lambda: _told(taking, 3))
            over.set()


async def _all_hang(*called: list[Any]) -> bool:
    return all(called)


async def _is_ready(api: Api, path: str) -> bool:
    package = await api.member("M-1").get(f"{path}/package")
    return bool(package.json()["state"] == "ready")


async def _told(receiver: Receiver, calls: int) -> bool:
    return len(set(receiver.ids)) >= calls
