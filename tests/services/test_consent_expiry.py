"""A consent past its last day is recorded as expired, once, whoever looks first."""

import asyncio

from app.core.work import Actor
from app.main import Process
from app.services import consent_expiry
from tests.support.api import Api
from tests.support.consents import given, history, withdraw
from tests.support.database import Database
from tests.support.members import register

LAST_DAY = "2026-12-31"
EXPIRED = "SELECT data->>'consent_id' AS id FROM outgoing_event WHERE type = 'consent.expired'"
SHIFT = "UPDATE sandbox SET clock_offset = interval '400 days'"


async def expire(process: Process) -> bool:
    async with process.works.open(Actor(sub="system", everyone=True), "test") as work:
        return await consent_expiry.expire_next(work)


async def test_moving_the_sandbox_clock_records_it_at_its_own_instant_and_tells(api: Api, database: Database) -> None:
    await register(api)
    record = await given(api, expires_on=LAST_DAY)
    await api.post("/sandbox/clock", {"at": "2027-02-01T05:00:00Z"})
    assert [row["id"] for row in await database.fetch(EXPIRED)] == [record["id"]]
    assert await history(api, record["id"]) == [("granted", "app", "M-1"), ("expired", None, "system")]
    [event] = await database.fetch("SELECT at FROM consent_event WHERE event = 'expired'")
    assert event["at"].isoformat() == "2026-12-31T17:00:00+00:00"
    [entry] = await database.fetch("SELECT actor FROM audit_entry WHERE action = 'consent.expired'")
    assert entry["actor"] != ""


async def test_several_workers_record_each_once(api: Api, process: Process, database: Database) -> None:
    members = [await register(api, f"M-{number}") for number in range(6)]
    for member in members:
        await given(api, member, expires_on=LAST_DAY)
    await database.execute(SHIFT)
    while any(await asyncio.gather(*(expire(process) for _ in range(4)))):
        pass
    told = [row["id"] for row in await database.fetch(EXPIRED)]
    assert (len(told), len(set(told))) == (6, 6)


async def test_what_was_withdrawn_before_does_not_expire(api: Api, process: Process, database: Database) -> None:
    await register(api)
    record = await given(api, expires_on=LAST_DAY)
    await withdraw(api.member("M-1"), record["id"])
    await database.execute(SHIFT)
    assert not await expire(process)
    assert await database.fetch(EXPIRED) == []


async def test_one_whose_last_day_is_today_is_in_force(api: Api, process: Process, database: Database) -> None:
    await register(api)
    await api.post("/sandbox/clock", {"at": "2026-12-31T16:59:00Z"})
    await given(api, expires_on=LAST_DAY)
    assert not await expire(process)
    await api.post("/sandbox/clock", {"at": "2026-12-31T17:00:00Z"})
    assert len(await database.fetch(EXPIRED)) == 1
