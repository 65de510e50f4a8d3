"""The core banking system is down, or answers what it should not (RELIABILITY.md 5, promise 33).

As a receiver of webhooks it refuses, hangs, fails, drips, talks nonsense and sends elsewhere, each of these at an endpoint of
its own; as a user of the tasks it completes the wrong ones, twice, too late, for another member. Requests are taken in
meanwhile and nothing else is held up; an endpoint that is down gets few calls however much waits for it, and when it is back
it accepts everything exactly once. `SITTHI_FAULT_ROUNDS` set: 1,000 events wait for each endpoint, else 40.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from app.workers import jobs
from tests.support.api import Api, problem
from tests.support.clock import advance
from tests.support.database import Database
from tests.support.faults import watching
from tests.support.key_server import Answer
from tests.support.loops import running
from tests.support.members import push, record, register
from tests.support.packages import Claimed, asked, built, claimed, fetched, row
from tests.support.receiver import ACCEPTED, Receiver, endless, hanging, http, raw, redirection
from tests.support.webhooks import happened, registered

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
EVENTS, MORE = 1_000 if ROUNDS else 40, 10
"""So many wait for each endpoint, and more of them come while it is down."""
MOST_FAILURES, MOST_CALLS = 10, 20
"""So many calls an endpoint gets at most until it is left alone, and in all the minutes that a test may take."""
pytestmark = [pytest.mark.faults, pytest.mark.timeout(600 if ROUNDS else 120)]

DOWN: dict[str, Answer] = {
    "hangs": hanging,
    "fails": http(b'{"ok": true}', "500 Internal Server Error"),
    "drips": endless(b"HTTP/1.1 200 OK\r\nX: ", b"y", 0.05),
    "talks_nonsense": raw(b'{"status": "OK"}\r\n\r\n'),
    "leaves": raw(b""),
    "sends_elsewhere": redirection("http://127.0.0.1:9/hooks"),
}
CALLS = "SELECT sum(jsonb_array_length(log))::int AS calls FROM webhook_delivery WHERE endpoint_id = $1"
RESTING = """
SELECT NOT EXISTS (SELECT FROM webhook_delivery WHERE endpoint_id = e.id AND lease_until > now()) AND paused_until IS NOT NULL AS it
FROM webhook_endpoint e WHERE id = $1
"""
WAITING = "SELECT count(*) AS n FROM webhook_delivery WHERE status = 'pending'"


@dataclass
class Ear:
    """An endpoint. `accepted`: the `webhook-id` of each call that it answered as Standard Webhooks wants."""

    receiver: Receiver
    endpoint_id: str
    accepted: list[str] = field(default_factory=list)

    async def accept(self, writer: asyncio.StreamWriter) -> None:
        self.accepted.append(self.receiver.ids[-1])
        await ACCEPTED(writer)


async def until(ready: Callable[[], Awaitable[bool]]) -> None:
    """Returns once it is so."""
    async with asyncio.timeout(500 if ROUNDS else 60):
        while not await ready():  # noqa: ASYNC110  (what is waited for tells nobody)
            await asyncio.sleep(0.05)


async def listening(stack: AsyncExitStack, caller: Api, usual: Answer | None = None) -> Ear:
    receiver = await stack.enter_async_context(Receiver.running())
    made = await registered(caller, receiver.url, event_types=["consent.granted"])
    ear = Ear(receiver, made["id"])
    receiver.usual = usual or ear.accept
    return ear


async def test_one_that_is_down_gets_few_calls_and_when_it_is_back_everything_once(
    api: Api, database: Database
) -> None:
    """In a hurry while they are down; when they are back, none takes so long to answer that it must be asked again."""
    patient = api.process.outbound
    hurried = replace(patient, patience=0.5)
    async with AsyncExitStack() as stack:
        down = {way: await listening(stack, api.core, usual) for way, usual in DOWN.items()}
        sound = await listening(stack, api.dpo)
        async with Receiver.running() as gone:
            made = await registered(api.core, gone.url, event_types=["consent.granted"])
        await happened(database, EVENTS)
        async with running(api.process.works, *jobs.of(api.process.settings, hurried)):
            for endpoint_id in [*(ear.endpoint_id for ear in down.values()), made["id"]]:
                await until(partial(_is_resting, database, endpoint_id))
            first = {way: len(ear.receiver.got) for way, ear in down.items()}
            await _requests_are_taken_in(api)
            await happened(database, MORE)
            await until(lambda: _has(sound, EVENTS + MORE))
        calls = {way: len(ear.receiver.got) for way, ear in down.items()}
        [refused] = await database.fetch(CALLS, made["id"])
        calls["refuses"] = refused["calls"]
        sys.stdout.write(f"calls while down, {EVENTS} waiting: {first}, until all else was done: {calls}\n")
        assert all(0 < one <= MOST_FAILURES for one in first.values()), "counted where they arrive"
        assert all(0 < one <= MOST_CALLS for one in calls.values())
        back = await stack.enter_async_context(Receiver.running(port=gone.port))
        down["refuses"] = Ear(back, made["id"])
        for ear in down.values():
            ear.receiver.usual = ear.accept
        await advance(api, "PT1H")
        async with running(api.process.works, *jobs.of(api.process.settings, patient)):
            await until(lambda: _nothing_waits(database))
    for way, ear in down.items():
        assert len(ear.accepted) == len(set(ear.accepted)) == EVENTS + MORE, way


async def _has(ear: Ear, events: int) -> bool:
    return len(set(ear.accepted)) >= events


async def _is_resting(database: Database, endpoint_id: str) -> bool:
    [told] = await database.fetch(RESTING, endpoint_id)
    return bool(told["it"])


async def _nothing_waits(database: Database) -> bool:
    [told] = await database.fetch(WAITING)
    return bool(told["n"] == 0)


async def _requests_are_taken_in(api: Api) -> None:
    """Submitted, decided, its tasks waiting for whoever asks for them."""
    await register(api)
    await push(api, "M-1", record("D-1"))
    path = await asked(api, "access")
    assert (await api.member("M-1").get(path)).json()["status"] == "in_fulfilment"
    waiting = (await api.core.get("/v1/tasks", params={"status": "open"})).json()["items"]
    assert [one["kind"] for one in waiting] == ["collect"]


async def test_what_it_says_with_its_acceptance_changes_nothing(api: Api, database: Database) -> None:
    nonsense = [b"", b"{", b'{"status": "refused", "retry": true}', b"\xff" * 9_000, b'{"member": "M-2"}']
    async with Receiver.running() as receiver:
        made = await registered(api.core, receiver.url, event_types=["consent.granted"])
        receiver.answers.extend(http(body, "200 OK") for body in nonsense)
        await happened(database, len(nonsense))
        async with running(api.process.works, *jobs.of(api.process.settings, api.process.outbound)):
            await until(lambda: _nothing_delivered_waits(database, made["id"], len(nonsense)))
        assert len(set(receiver.ids)) == len(receiver.ids) == len(nonsense)


async def _nothing_delivered_waits(database: Database, endpoint_id: str, events: int) -> bool:
    query = "SELECT count(*) AS n FROM webhook_delivery WHERE endpoint_id = $1 AND status = 'delivered'"
    [told] = await database.fetch(query, endpoint_id)
    return bool(told["n"] == events)


async def collecting(api: Api, subject_ref: str, record_ref: str) -> Claimed:
    """A claimed task to deliver the one record of a member; the member waits for it."""
    await register(api, subject_ref)
    await push(api, subject_ref, record(record_ref))
    return await claimed(api, await asked(api, "access", subject_ref))


def records(record_ref: str, **fields: str) -> list[dict[str, Any]]:
    return [row(record_ref, **fields)]


async def another_s_record(mine: Claimed, other: Claimed) -> Any:
    return await mine.complete(records=records("D-2", owner="M-2"))


async def another_s_record_beside_its_own(mine: Claimed, other: Claimed) -> Any:
    return await mine.complete(records=records("D-1", owner="M-1") + records("D-2", owner="M-2"))


async def a_part_with_another_s_record(mine: Claimed, other: Claimed) -> Any:
    return await mine.put("a", records("D-2", owner="M-2"))


async def another_task_s_lease(mine: Claimed, other: Claimed) -> Any:
    return await replace(mine, lease=other.lease).complete(records=records("D-1", owner="M-1"))


async def another_system_s_task(mine: Claimed, other: Claimed) -> Any:
    stranger = mine.api.as_role("core_banking", system="loans")
    return await replace(mine, api=stranger).complete(records=records("D-1", owner="M-1"))


async def one_record_twice(mine: Claimed, other: Claimed) -> Any:
    return await mine.complete(records=records("D-1", owner="M-1") * 2)


async def nothing(mine: Claimed, other: Claimed) -> Any:
    return await mine.complete()


async def no_json(mine: Claimed, other: Claimed) -> Any:
    headers = {"Content-Type": "application/json"}
    return await mine.api.call("POST", f"/v1/tasks/{mine.id}/completion", content=b'{"lease": ', headers=headers)


async def after_its_lease(mine: Claimed, other: Claimed) -> Any:
    await advance(mine.api, "PT20M")
    return await mine.complete(records=records("D-1", owner="M-1"))


WRONG: dict[Callable[[Claimed, Claimed], Awaitable[Any]], tuple[int, str]] = {
    another_s_record: (422, "not_allowed"),
    another_s_record_beside_its_own: (422, "not_allowed"),
    a_part_with_another_s_record: (422, "not_allowed"),
    another_task_s_lease: (409, "lease_lost"),
    another_system_s_task: (404, "not_found"),
    one_record_twice: (422, "not_allowed"),
    nothing: (422, "missing"),
    no_json: (400, "malformed_json"),
    after_its_lease: (409, "lease_lost"),
}


async def test_what_it_completes_wrongly_is_refused_leaves_nothing_and_can_be_done_rightly(
    api: Api, database: Database
) -> None:
    mine, other = await collecting(api, "M-1", "D-1"), await collecting(api, "M-2", "D-2")
    for wrong, refused in WRONG.items():
        async with watching(database) as watch:
            assert problem(await wrong(mine, other)) == refused, wrong.__name__
            assert await watch.changes() <= {"public.sandbox"}, wrong.__name__
    mine = await claimed_again(api, mine)
    assert (await mine.complete(records=records("D-1", owner="M-1"))).status_code == 200
    other = await claimed_again(api, other)
    assert (await other.complete(records=records("D-2", owner="M-2"))).status_code == 200
    await each_has_their_own(api, mine, other)


async def claimed_again(api: Api, task: Claimed) -> Claimed:
    """The same task under a new lease, since the former one has run out."""
    lease = {"system": "core_banking", "max": 1, "lease_seconds": 600}
    [again] = (await api.core.post("/v1/tasks/claims", lease)).json()["items"]
    assert again["id"] == task.id, "the oldest first"
    return replace(task, lease=again["lease"])


async def each_has_their_own(api: Api, *tasks: Claimed) -> None:
    while await built(api):
        pass
    for member, task in zip(("M-1", "M-2"), tasks, strict=True):
        package = await fetched(api.member(member), task.request)
        told = package.read("data.json").decode()
        assert f'"{member}"' in told
        assert ("M-2" if member == "M-1" else "M-1") not in told


async def test_a_reply_that_comes_twice_counts_once_and_the_first_one_counts(api: Api, database: Database) -> None:
    mine, other = await collecting(api, "M-1", "D-1"), await collecting(api, "M-2", "D-2")
    first = await mine.complete(records=records("D-1", owner="M-1"))
    assert first.json()["status"] == "completed"
    async with watching(database) as watch:
        again = [
            await mine.complete(records=records("D-1", owner="M-1")),
            await mine.complete(records=records("D-1", owner="M-2")),
            await mine.complete(records=records("D-2", owner="M-2")),
            await replace(mine, lease=other.lease).complete(records=records("D-1", owner="M-2")),
        ]
        assert [answer.status_code for answer in again] == [200] * len(again)
        assert all(answer.json() == first.json() for answer in again), "as it stands"
        assert await watch.changes() == set()
    assert (await other.complete(records=records("D-2", owner="M-2"))).status_code == 200
    told = await database.fetch("SELECT data FROM outgoing_event WHERE type = 'request.completed'")
    assert len(told) == 2
    await each_has_their_own(api, mine, other)


async def test_of_one_reply_sent_many_times_at_once_one_counts(api: Api, database: Database) -> None:
    mine = await collecting(api, "M-1", "D-1")
    answers = await asyncio.gather(*(mine.complete(records=records("D-1", owner=f"M-{at}")) for at in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    told = await database.fetch("SELECT data FROM outgoing_event WHERE type = 'request.completed'")
    assert len(told) == 1
    audited = await database.fetch("SELECT 1 FROM audit_entry WHERE action = 'task.completed'")
    assert len(audited) == 1


async def test_what_comes_after_its_lease_does_not_touch_what_another_has_claimed(api: Api, database: Database) -> None:
    late = await collecting(api, "M-1", "D-1")
    await advance(api, "PT20M")
    later = await claimed_again(api, late)
    async with watching(database) as watch:
        assert problem(await late.complete(records=records("D-1", owner="M-2"))) == (409, "lease_lost")
        failure = {"lease": late.lease, "reason": "late"}
        assert problem(await api.core.post(f"/v1/tasks/{late.id}/failure", failure)) == (409, "lease_lost")
        assert await watch.changes() == set()
    assert (await later.complete(records=records("D-1", owner="M-1"))).status_code == 200
