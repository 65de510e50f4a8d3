"""Deletion cases are reminded of like requests, and their dates follow the calendar (PDPA s.20; policy clause 13)."""

import asyncio
import json
from typing import Any

import pytest

from app.core.work import SYSTEM
from app.main import Process
from app.services import deletion_case_reminders
from tests.support.api import Api
from tests.support.clock import noon_of
from tests.support.database import Database
from tests.support.deletion_cases import opened
from tests.support.faults import gate
from tests.support.holidays import announced
from tests.support.members import register
from tests.support.packs import SHIPPED_PACKS
from tests.support.reminding import told_of

pytestmark = pytest.mark.packs(*SHIPPED_PACKS)
TOLD = """
SELECT (occurred_at AT TIME ZONE 'Asia/Bangkok')::date::text AS day, type, data FROM outgoing_event
WHERE type LIKE 'deletion_case.%' AND type NOT LIKE '%ed' ORDER BY occurred_at, id
"""
WRITTEN = """
SELECT (SELECT count(*) FROM outgoing_message WHERE kind = 'officer_' || $1)
    + (SELECT count(*) FROM audit_entry WHERE action = 'officers.not_told' AND details->>'kind' = $1) AS n
"""
"""Letters to the officers, or that the policy names nobody to write to."""


@pytest.fixture
async def case(api: Api) -> dict[str, Any]:
    """Opened on a Friday, to be dealt with by Monday, 21 December 2026."""
    await noon_of(api, "2026-11-20")
    await register(api)
    return await opened(api)


async def told(database: Database) -> list[tuple[str, str, int]]:
    """Day, type and mark of each reminder, in order."""
    rows = await database.fetch(TOLD)
    return [(row["day"], row["type"].partition(".")[2], json.loads(row["data"])["mark"]) for row in rows]


async def dealt_with(api: Api, case: dict[str, Any]) -> None:
    answer = await api.dpo.post(
        f"/v1/deletion-cases/{case['id']}/resolution", {"outcome": "keep", "basis": "legal_obligation"}
    )
    assert answer.status_code == 200, answer.text


async def test_a_case_is_reminded_of_before_its_last_day_on_it_and_every_day_after_once_each(
    api: Api, database: Database, case: dict[str, Any]
) -> None:
    for day in ("2026-12-13", "2026-12-15", "2026-12-13", "2026-12-23", "2027-03-01"):
        await noon_of(api, day)
    before = [("2026-12-14", "due_soon", -7), ("2026-12-18", "due_soon", -3), ("2026-12-20", "due_soon", -1)]
    assert (await told(database))[:6] == [
        *before,
        ("2026-12-21", "due_soon", 0),
        ("2026-12-22", "overdue", 1),
        ("2026-12-23", "overdue", 2),
    ]
    assert [mark for *_, mark in await told(database)] == [-7, -3, -1, *range(31)]
    first, *_ = await told_of(database, "deletion_case.due_soon")
    assert first == {
        "case_id": case["id"],
        "subject_ref": "M-1",
        "reason": "minor_without_parent",
        "due_on": "2026-12-21",
        "days_left": 7,
        "mark": -7,
        "addressees": ["dpo"],
    }
    assert (await told_of(database, "deletion_case.overdue"))[0]["addressees"] == ["dpo", "manager"]
    for kind, number in (("case_due_soon", 4), ("case_overdue", 30)):
        [row] = await database.fetch(WRITTEN, kind)
        assert row["n"] == number
    [row] = await database.fetch("SELECT count(*) AS n FROM audit_entry WHERE action LIKE 'deletion_case.%due%'")
    assert row["n"] == 34


async def test_a_case_that_is_dealt_with_is_reminded_of_no_more(
    api: Api, database: Database, case: dict[str, Any]
) -> None:
    await noon_of(api, "2026-12-15")
    await dealt_with(api, case)
    await noon_of(api, "2027-03-01")
    assert [mark for *_, mark in await told(database)] == [-7]


async def test_what_staff_add_to_an_open_case_makes_no_reminder_twice(
    api: Api, database: Database, case: dict[str, Any]
) -> None:
    await noon_of(api, "2026-12-15")
    answer = await api.staff.post("/v1/deletion-cases", {"subject_ref": "M-1", "reason": "minor_without_parent"})
    assert answer.status_code == 200
    await noon_of(api, "2026-12-18")
    assert [mark for *_, mark in await told(database)] == [-7, -3]


async def test_a_holiday_that_is_announced_moves_the_last_day_and_one_that_is_called_off_moves_it_back(
    api: Api, database: Database, case: dict[str, Any]
) -> None:
    async def last_day(as_of: str) -> str:
        await noon_of(api, as_of)
        answer = await api.staff.get(f"/v1/deletion-cases/{case['id']}")
        decide_by: str = answer.json()["decide_by"]
        return decide_by

    await announced(api, "2026-12-21")
    assert await last_day("2026-11-21") == "2026-12-22"
    await noon_of(api, "2026-12-15")
    answer = await api.dpo.post(
        "/v1/holidays", {"source": "Gazette", "reason": "It is a working day after all", "cancelled": ["2026-12-21"]}
    )
    assert answer.status_code == 201, answer.text
    assert await last_day("2026-12-16") == "2026-12-21"
    moves = await told_of(database, "deletion_case.rescheduled")
    assert [(one["before"], one["after"]) for one in moves] == [
        ("2026-12-21", "2026-12-22"),
        ("2026-12-22", "2026-12-21"),
    ]
    await noon_of(api, "2026-12-22")
    assert [(day, mark) for day, _, mark in await told(database)] == [
        ("2026-12-15", -7),
        ("2026-12-18", -3),
        ("2026-12-20", -1),
        ("2026-12-21", 0),
        ("2026-12-22", 1),
    ]


async def test_a_case_that_is_opened_meanwhile_is_found_by_the_announcement_or_knows_of_it(
    api: Api, database: Database
) -> None:
    await noon_of(api, "2026-11-20")
    await register(api)
    async with gate(database, "deletion_case") as held:
        opening = asyncio.create_task(opened(api))
        await held.waiting()
        announcing = asyncio.create_task(announced(api, "2026-12-21"))
        await held.waiting(2)
        await held.open()
        case = await opening
        await announcing
    assert case["decide_by"] == "2026-12-21"
    await noon_of(api, "2026-11-21")
    assert (await api.staff.get(f"/v1/deletion-cases/{case['id']}")).json()["decide_by"] == "2026-12-22"


async def test_whoever_reminds_goes_by_the_calendar_that_was_announced_a_moment_ago(
    api: Api, database: Database, process: Process, case: dict[str, Any]
) -> None:
    async with gate(database, "policy_overlay") as held:
        announcing = asyncio.create_task(announced(api, "2026-12-21"))
        await held.waiting()
        async with process.works.open(SYSTEM, "test") as work:
            await held.open()
            await announcing
            assert await deletion_case_reminders.remind_next(work)
    assert (await api.staff.get(f"/v1/deletion-cases/{case['id']}")).json()["decide_by"] == "2026-12-22"
    assert len(await told_of(database, "deletion_case.rescheduled")) == 1
