"""Holidays over HTTP: read, announced while the service runs, and what becomes of open requests."""

import asyncio
from typing import Any

import pytest

from app.core.work import SYSTEM
from app.main import Process
from app.services import rescheduling
from tests.support.api import Api
from tests.support.clock import noon_of
from tests.support.database import Database
from tests.support.faults import gate
from tests.support.holidays import PATH, SOURCE, announced, day
from tests.support.members import register
from tests.support.packs import SHIPPED_PACKS
from tests.support.reminding import reminders_told, told_of
from tests.support.requests import decide, submit


async def sla(api: Api, request_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.staff.get(f"/v1/requests/{request_id}")).json()["sla"]
    return found


async def dates(api: Api, request_id: str) -> tuple[str, str]:
    found = await sla(api, request_id)
    return found["decide_by"], found["decide_by_internal"]


@pytest.fixture
async def request_(api: Api) -> dict[str, Any]:
    """A request of 1 December 2026: internally due on 30 December, by law on 4 January."""
    await noon_of(api, "2026-12-01")
    await register(api)
    return await submit(api)


class TestReading:
    async def test_a_year_is_told_day_by_day_with_its_source(self, api: Api) -> None:
        await noon_of(api, "2026-12-01")
        told = (await api.staff.get(PATH)).json()
        assert (told["year"], told["provisional"], told["verified"], told["missing"]) == (2026, False, True, [])
        assert told["items"][0]["label"]["en"] == "New Year's Day"
        assert [one["day"] for one in told["items"]] == sorted(one["day"] for one in told["items"])
        assert {one["origin"] for one in told["items"]} == {"list"}

    async def test_a_year_without_a_list_knows_fixed_dates_and_says_that_it_is_provisional(self, api: Api) -> None:
        told = (await api.staff.get(PATH, params={"year": 2029})).json()
        assert (told["provisional"], told["source"]) == (True, None)
        assert {one["origin"] for one in told["items"]} == {"fixed_date"}

    async def test_a_list_that_is_missing_is_told_three_months_ahead(self, api: Api) -> None:
        for at, missing in (("2027-09-30", []), ("2027-10-01", [2028])):
            await noon_of(api, at)
            assert (await api.staff.get(PATH)).json()["missing"] == missing

    async def test_what_was_announced_stands_beside_the_list_with_its_reason(self, api: Api) -> None:
        await noon_of(api, "2026-12-01")
        await announced(api, "2027-01-04", cancelled=["2026-12-31"])
        [added] = [
            one for one in (await api.staff.get(f"{PATH}?year=2027")).json()["items"] if one["day"] == "2027-01-04"
        ]
        assert added == {
            **day("2027-01-04"),
            "origin": "announcement",
            "cancelled": False,
            "source": SOURCE,
            "reason": "A long weekend",
        }
        [gone] = [one for one in (await api.staff.get(PATH)).json()["items"] if one["day"] == "2026-12-31"]
        assert (gone["origin"], gone["cancelled"]) == ("announcement", True)


@pytest.mark.packs(*SHIPPED_PACKS)
class TestAnnouncing:
    async def test_an_open_request_gets_its_new_dates_at_once_and_it_is_told(
        self, api: Api, database: Database, request_: dict[str, Any]
    ) -> None:
        assert await dates(api, request_["id"]) == ("2027-01-04", "2026-12-30")
        told = await announced(api, "2027-01-04", "2026-12-30")
        assert told["requests_concerned"] == 1
        assert told["policy"] == (await api.dpo.get("/v1/policy")).json()["sha256"]
        assert await dates(api, request_["id"]) == ("2027-01-05", "2026-12-29")
        [event] = await told_of(database, "request.rescheduled")
        assert (event["before"]["decide_by"], event["after"]["decide_by"]) == ("2027-01-04", "2027-01-05")
        timeline = (await api.staff.get(f"/v1/requests/{request_['id']}/timeline")).json()["items"]
        assert timeline[-1]["event"] == "request.rescheduled"
        assert timeline[-1]["detail"]["after"]["decide_by_internal"] == "2026-12-29"
        [queued] = (await api.staff.get("/v1/requests", params={"due_before": "2027-01-06"})).json()["items"]
        assert queued["sla"]["decide_by"] == "2027-01-05"

    async def test_a_cancelled_holiday_brings_the_date_forward_but_not_into_the_past(
        self, api: Api, request_: dict[str, Any]
    ) -> None:
        await announced(api, cancelled=["2026-12-31"])
        assert await dates(api, request_["id"]) == ("2026-12-31", "2026-12-31")

    async def test_who_is_not_concerned_is_left_alone(
        self, api: Api, database: Database, request_: dict[str, Any]
    ) -> None:
        told = await announced(api, "2026-12-22", cancelled=["2026-12-10"])
        assert told["requests_concerned"] == 0
        assert await sla(api, request_["id"]) == request_["sla"]
        assert await told_of(database, "request.rescheduled") == []

    async def test_what_is_closed_or_decided_keeps_the_dates_it_was_held_to(
        self, api: Api, request_: dict[str, Any]
    ) -> None:
        await decide(api, request_["id"], "granted")
        await announced(api, "2027-01-04")
        assert await dates(api, request_["id"]) == ("2027-01-04", "2026-12-30")

    async def test_a_new_request_counts_with_it(self, api: Api) -> None:
        await noon_of(api, "2026-12-01")
        await register(api)
        await announced(api, "2027-01-04")
        assert (await submit(api))["sla"]["decide_by"] == "2027-01-05"

    async def test_reminders_follow_the_new_date_and_none_comes_twice(
        self, api: Api, database: Database, request_: dict[str, Any]
    ) -> None:
        await noon_of(api, "2027-01-03")
        await announced(api, "2027-01-04", "2027-01-05")
        await noon_of(api, "2027-01-07")
        told = await reminders_told(database, request_["id"])
        assert [(at, mark) for at, _, mark in told] == [
            ("2026-12-23", -7),
            ("2026-12-27", -3),
            ("2026-12-29", -1),
            ("2027-01-06", 0),
            ("2027-01-07", 1),
        ]


class TestListOfAYear:
    async def test_it_confirms_what_was_provisional(self, api: Api, database: Database) -> None:
        await noon_of(api, "2027-12-02")
        await register(api)
        first = await submit(api, scope={"record_refs": ["A"]})
        assert (first["sla"]["provisional"], first["sla"]["decide_by"]) == (True, "2028-01-03")
        await announced(api, "2028-01-01", "2028-01-03", year=2028)
        known = await sla(api, first["id"])
        assert (known["decide_by"], known["decide_by_internal"]) == ("2028-01-04", "2027-12-30")
        assert not known["provisional"] or known["complete_by"] > "2028-12-31"
        assert (await api.staff.get(f"{PATH}?year=2028")).json()["provisional"] is False
        [event] = await told_of(database, "request.rescheduled")
        assert event["request_id"] == first["id"]

    async def test_it_takes_the_place_of_what_was_announced_before(self, api: Api) -> None:
        await noon_of(api, "2027-12-02")
        await announced(api, "2028-05-04")
        await announced(api, "2028-01-03", year=2028)
        items = (await api.staff.get(f"{PATH}?year=2028")).json()["items"]
        assert [(one["day"], one["origin"]) for one in items] == [("2028-01-03", "list")]

    async def test_a_missing_one_is_warned_of_once_for_each_year(self, api: Api, database: Database) -> None:
        await noon_of(api, "2027-10-02")
        await noon_of(api, "2027-09-01")
        await noon_of(api, "2028-12-01")
        assert [one["year"] for one in await told_of(database, "holidays.missing")] == [2028, 2029]
        [first, _] = await database.fetch("SELECT warned_at FROM holiday_warning ORDER BY year")
        assert first["warned_at"].isoformat() == "2027-09-30T17:00:00+00:00"

    async def test_one_that_was_given_in_time_is_not_warned_of(self, api: Api, database: Database) -> None:
        await noon_of(api, "2027-09-01")
        await announced(api, "2028-01-03", year=2028)
        await noon_of(api, "2027-12-01")
        assert await told_of(database, "holidays.missing") == []


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"announced": []}, "/announced", "missing"),
        ({"announced": [day("2027-01-04"), day("2027-01-04")]}, "/announced/1/day", "not_allowed"),
        ({"cancelled": ["2027-01-04"]}, "/cancelled/0", "not_allowed"),
        ({"cancelled": ["2026-11-30"]}, "/cancelled/0", "out_of_range"),
        ({"year": 2028}, "/announced/0/day", "out_of_range"),
        ({"announced": [], "cancelled": ["2028-01-03"], "year": 2028}, "/cancelled", "not_allowed"),
        ({"announced": [day("2025-01-02")], "year": 2025}, "/year", "out_of_range"),
        ({"year": 2570}, "/year", "buddhist_era_year"),
        ({"year": "2028"}, "/year", "wrong_type"),
        (
            {"announced": [{"day": "2570-01-04", "label": {"th": "ก", "en": "a"}}]},
            "/announced/0/day",
            "buddhist_era_year",
        ),
        ({"source": ""}, "/source", "too_short"),
    ],
)
async def test_a_fault_is_pointed_at_and_nothing_is_kept(
    api: Api, database: Database, changes: dict[str, Any], pointer: str, code: str
) -> None:
    await noon_of(api, "2026-12-01")
    body = {"source": SOURCE, "reason": "x", "announced": [day("2027-01-04")], **changes}
    answer = await api.dpo.post(PATH, body)
    assert answer.status_code == 422
    assert {"pointer": pointer, "code": code} in answer.json()["errors"]
    assert (await database.counts())["public.policy_overlay"] == 0


async def test_more_requests_than_are_done_at_once_are_left_to_the_loop(
    api: Api, process: Process, database: Database, request_: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescheduling, "BATCH", 1)
    others = [await submit(api, await register(api, f"M-{number}")) for number in range(2, 9)]
    assert (await announced(api, "2027-01-04"))["requests_concerned"] == 8
    left = "SELECT count(*) AS n FROM rights_request WHERE reschedule_at IS NOT NULL"
    assert (await database.fetch(left))[0]["n"] == 3

    async def look() -> bool:
        async with process.works.open(SYSTEM, "test") as work:
            return await rescheduling.reschedule_next(work)

    while any(await asyncio.gather(*(look() for _ in range(3)))):
        pass
    for request in (request_, *others):
        assert (await dates(api, request["id"]))[0] == "2027-01-05"
    assert len(await told_of(database, "request.rescheduled")) == 8


async def test_a_request_that_is_received_meanwhile_is_found_by_the_announcement_or_knows_of_it(
    api: Api, database: Database
) -> None:
    await noon_of(api, "2026-12-01")
    await register(api)
    async with gate(database, "request_event") as held:
        submitting = asyncio.create_task(submit(api))
        await held.waiting()
        announcing = asyncio.create_task(announced(api, "2027-01-04"))
        await held.waiting(2)
        await held.open()
        request = await submitting
        assert (await announcing)["requests_concerned"] == 1
    assert request["sla"]["decide_by"] == "2027-01-04"
    assert (await dates(api, request["id"]))[0] == "2027-01-05"
