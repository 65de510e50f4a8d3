"""Each deadline is reminded of on its days, each once, whoever looks and however often (DOMAIN "Deadlines"; API 11)."""

import asyncio
from typing import Any

import pytest

from app.core.work import SYSTEM
from app.main import Process
from app.services import reminders
from tests.support.api import Api
from tests.support.clock import noon_of, set_to
from tests.support.database import Database
from tests.support.members import push, record, register
from tests.support.packs import OFFICIALS
from tests.support.reminding import reminders_told, told_of
from tests.support.requests import decide, finish_tasks, objection, submit

BEFORE = [("2026-12-23", "decide", -7), ("2026-12-27", "decide", -3), ("2026-12-29", "decide", -1)]
SHIFT = "UPDATE sandbox SET clock_offset = $1::text::timestamptz - now()"


async def look(process: Process) -> bool:
    async with process.works.open(SYSTEM, "test") as work:
        return await reminders.remind_next(work)


@pytest.fixture
async def request_(api: Api) -> dict[str, Any]:
    """A request of 1 December 2026: internally due on 30 December, by law on 4 January."""
    await noon_of(api, "2026-12-01")
    await register(api)
    return await submit(api)


async def test_each_mark_once_at_the_start_of_its_day(api: Api, database: Database, request_: dict[str, Any]) -> None:
    await noon_of(api, "2026-12-22")
    assert await reminders_told(database) == []
    await noon_of(api, "2027-01-06")
    overdue = [("2027-01-05", "decide", 1), ("2027-01-06", "decide", 2)]
    assert await reminders_told(database) == [*BEFORE, ("2027-01-04", "decide", 0), *overdue]
    await noon_of(api, "2027-06-01")
    marks = [mark for _, _, mark in await reminders_told(database, request_["id"])]
    assert marks == [-7, -3, -1, *range(31)]
    rows = await database.fetch("SELECT occurred_at FROM outgoing_event WHERE type = 'request.due_soon' ORDER BY id")
    assert rows[0]["occurred_at"].isoformat() == "2026-12-22T17:00:00+00:00"
    [row] = await database.fetch("SELECT next_reminder_at FROM rights_request")
    assert row["next_reminder_at"] is None


async def test_it_says_whom_it_is_for_and_so_does_the_timeline(
    api: Api, database: Database, request_: dict[str, Any]
) -> None:
    path = f"/v1/requests/{request_['id']}"
    await noon_of(api, "2026-12-24")
    assert (await api.staff.post(f"{path}/assignment", {"assigned_to": "officer-7@coop.example"})).status_code == 200
    await noon_of(api, "2027-01-05")
    said = [*await told_of(database, "request.due_soon"), *await told_of(database, "request.overdue")]
    assert [one["addressees"] for one in said] == [
        ["dpo"],
        ["assignee"],
        ["assignee", "dpo"],
        ["assignee", "dpo"],
        ["assignee", "dpo", "manager"],
    ]
    assert "officer-7" not in str(said), "who it is, events don't say"
    assert [one["days_left"] for one in said] == [12, 8, 6, 0, -1]
    assert {one["due_on"] for one in said} == {"2027-01-04"}
    timeline = (await api.staff.get(f"{path}/timeline")).json()["items"]
    shown = [step for step in timeline if step["event"] in {"request.due_soon", "request.overdue"}]
    assert [step["detail"]["addressees"] for step in shown] == [one["addressees"] for one in said]
    assert [step["detail"]["assigned_to"] for step in shown] == [None, *["officer-7@coop.example"] * 4]
    assert {step["actor"] for step in shown} == {"system"}


async def test_after_the_decision_it_is_the_completion_that_is_reminded_of_from_the_next_day_on(
    api: Api, database: Database, request_: dict[str, Any]
) -> None:
    await push(api, "M-1", record("D-old", events={"deposit_made": "2014-03-02"}))
    await noon_of(api, "2026-12-23")
    assert (await decide(api, request_["id"], "granted")).json()["status"] == "in_fulfilment"
    complete_by = request_["sla"]["complete_by"]
    assert complete_by == "2027-03-01"
    await noon_of(api, "2027-03-02")
    assert (await reminders_told(database))[1:] == [
        ("2027-02-22", "complete", -7),
        ("2027-02-26", "complete", -3),
        ("2027-02-28", "complete", -1),
        ("2027-03-01", "complete", 0),
        ("2027-03-02", "complete", 1),
    ]
    await finish_tasks(api)
    await noon_of(api, "2027-04-01")
    assert len(await reminders_told(database)) == 6


async def test_what_is_over_is_reminded_of_no_more(api: Api, database: Database, request_: dict[str, Any]) -> None:
    await noon_of(api, "2026-12-24")
    await api.member("M-1").post(f"/v1/requests/{request_['id']}/cancellation")
    await noon_of(api, "2027-02-01")
    assert await reminders_told(database) == BEFORE[:1]


async def test_paper_that_was_recorded_late_is_not_reminded_of_for_days_before_it_was_known(
    api: Api, database: Database
) -> None:
    await noon_of(api, "2026-12-21")
    await register(api)
    body = {"subject_ref": "M-1", "channel": "post", "received_on": "2026-11-23"}
    assert (await api.staff.post("/v1/requests/access", body)).json()["sla"]["decide_by"] == "2026-12-23"
    await noon_of(api, "2026-12-23")
    assert [mark for _, _, mark in await reminders_told(database)] == [-1, 0]


@pytest.mark.packs(OFFICIALS)
async def test_direct_marketing_is_reminded_of_on_the_day_itself(api: Api, database: Database) -> None:
    await noon_of(api, "2026-12-01")
    await register(api)
    body = objection(purposes=[OFFICIALS.marketing], ground="direct_marketing")
    asked = (await api.member("M-1").post("/v1/requests/objection", body)).json()
    assert asked["sla"]["decide_by"] == "2026-12-01"
    await set_to(api, "2026-12-01T12:00:01+07:00")
    await noon_of(api, "2026-12-02")
    assert [(day, mark) for day, _, mark in await reminders_told(database)] == [("2026-12-01", 0), ("2026-12-02", 1)]


async def test_what_was_missed_is_made_up_for_in_order_and_several_workers_do_it_once(
    api: Api, process: Process, database: Database
) -> None:
    await noon_of(api, "2026-12-01")
    members = [await register(api, f"M-{number}") for number in range(6)]
    requests = [await submit(api, member) for member in members]
    await database.execute(SHIFT, "2027-01-05T12:00:00+07:00")
    while any(await asyncio.gather(*(look(process) for _ in range(4)))):
        pass
    for request in requests:
        assert [mark for _, _, mark in await reminders_told(database, request["id"])] == [-7, -3, -1, 0, 1]
    rows = await database.fetch("SELECT count(*) AS n FROM request_reminder")
    assert rows[0]["n"] == len(await reminders_told(database)) == 30


async def test_a_clock_that_is_set_back_brings_no_reminder_twice(
    api: Api, database: Database, request_: dict[str, Any]
) -> None:
    await noon_of(api, "2027-01-05")
    once = await reminders_told(database)
    for day in ("2026-12-02", "2027-01-05"):
        await noon_of(api, day)
    assert await reminders_told(database) == once
