"""Who was registered because somebody else named them is told, once (PDPA s.25)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import pytest

from app.core.work import Actor, Work
from app.domain.calendar import Calendar
from app.domain.connected_persons import tell_by
from app.domain.vocabulary import SubjectKind
from app.main import Process
from app.services.connected_persons import must_be_told
from tests.support.api import Api
from tests.support.database import Database
from tests.support.members import register
from tests.support.requests import PROOF

REGISTRAR = Actor(sub="core_banking", everyone=True)
CONNECTED = ["guarantor", "referee", "beneficiary", "family"]
OTHERS = ["member", "associate_member", "registered_user", "visitor"]


@asynccontextmanager
async def work_of(process: Process) -> AsyncIterator[Work]:
    async with process.works.open(REGISTRAR, "test") as work:
        yield work


async def told(process: Process, subject_ref: str = "G-1", kind: str = "guarantor") -> date:
    """Ask in a transaction of its own; returns its day."""
    async with work_of(process) as work:
        await must_be_told(work, subject_ref, SubjectKind(kind))
        return work.today


async def tasks(api: Api) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await api.staff.get("/v1/tasks")).json()["items"]
    return items


async def announced(database: Database) -> list[str]:
    return [row["type"] for row in await database.fetch("SELECT type FROM outgoing_event")]


@pytest.mark.parametrize("kind", CONNECTED)
async def test_a_connected_person_is_told_within_thirty_days_by_staff(
    api: Api, process: Process, database: Database, kind: str
) -> None:
    today = await told(process, kind=kind)
    [task] = await tasks(api)
    due_on = tell_by(today, Calendar.of(process.works.pack)).isoformat()
    assert task["payload"] == {"reason": "collected_from_another", "provision": "PDPA s.25", "due_on": due_on}
    assert (task["kind"], task["system"], task["status"]) == ("notify_subject", "paper", "open")
    assert (task["subject_ref"], task["request_id"], task["record_refs"]) == ("G-1", None, [])
    assert await announced(database) == ["task.created"]


@pytest.mark.parametrize("kind", OTHERS)
async def test_who_gave_the_data_is_not_told(api: Api, process: Process, database: Database, kind: str) -> None:
    await told(process, kind=kind)
    assert await tasks(api) == []
    assert await announced(database) == []


async def test_each_person_is_told_once_whoever_asks_how_often(api: Api, process: Process, database: Database) -> None:
    await asyncio.gather(*(told(process, "G-1") for _ in range(8)), told(process, "G-2", "family"))
    await told(process, "G-1", "referee")
    assert sorted(task["subject_ref"] for task in await tasks(api)) == ["G-1", "G-2"]
    assert await announced(database) == ["task.created"] * 2


async def test_nobody_is_told_of_what_was_rolled_back(api: Api, process: Process) -> None:
    async with process.works.open(REGISTRAR, "test", keep=False) as work:
        await must_be_told(work, "G-1", SubjectKind.GUARANTOR)
    assert await tasks(api) == []
    await told(process)
    assert len(await tasks(api)) == 1


class TestTheTask:
    """A task that no request asked for, through all its calls."""

    async def claimed(self, api: Api, process: Process) -> tuple[str, str]:
        await told(process)
        [task] = (await api.staff.post("/v1/tasks/claims", {"system": "paper"})).json()["items"]
        return f"/v1/tasks/{task['id']}", task["lease"]

    async def test_staff_claim_and_complete_it_with_or_without_proof(self, api: Api, process: Process) -> None:
        path, lease = await self.claimed(api, process)
        done = await api.staff.post(f"{path}/completion", {"lease": lease})
        assert (done.status_code, done.json()["status"]) == (200, "completed")
        again = await api.staff.post(f"{path}/completion", {"lease": lease, "proof": PROOF})
        assert again.json() == done.json()
        assert [task["status"] for task in await tasks(api)] == ["completed"]

    async def test_a_proof_of_the_letter_is_taken(self, api: Api, process: Process) -> None:
        path, lease = await self.claimed(api, process)
        done = await api.staff.post(f"{path}/completion", {"lease": lease, "proof": {**PROOF, "method": "letter"}})
        assert (done.status_code, done.json()["status"]) == (200, "completed")

    async def test_given_back_it_can_be_claimed_again(self, api: Api, process: Process) -> None:
        path, lease = await self.claimed(api, process)
        failed = await api.staff.post(f"{path}/failure", {"lease": lease, "reason": "No address", "retry_after": 0})
        assert (failed.status_code, failed.json()["status"]) == (200, "open")
        assert len((await api.staff.post("/v1/tasks/claims", {"system": "paper"})).json()["items"]) == 1

    async def test_it_is_not_made_anew_when_it_is_done(self, api: Api, process: Process) -> None:
        path, lease = await self.claimed(api, process)
        await api.staff.post(f"{path}/completion", {"lease": lease})
        await told(process)
        assert len(await tasks(api)) == 1

    async def test_the_core_banking_system_neither_sees_nor_claims_it(self, api: Api, process: Process) -> None:
        await told(process)
        assert (await api.core.get("/v1/tasks")).json()["items"] == []
        assert (await api.core.post("/v1/tasks/claims", {"system": "paper"})).status_code == 403


class TestRegistration:
    """The core banking system registers people; who is told follows from that alone."""

    async def put(self, api: Api, subject_ref: str, **particulars: Any) -> int:
        return (await api.core.put(f"/v1/subjects/{subject_ref}", particulars)).status_code

    async def test_a_guarantor_is_told_once_however_often_and_at_once_registered(
        self, api: Api, database: Database
    ) -> None:
        answers = await asyncio.gather(*(self.put(api, "G-1", kind="guarantor") for _ in range(8)))
        assert sorted(answers) == [200] * 7 + [201]
        assert await self.put(api, "G-1", kind="family") == 200
        assert [task["subject_ref"] for task in await tasks(api)] == ["G-1"]
        assert await announced(database) == ["task.created"]

    async def test_a_member_who_later_guarantees_was_told_on_joining(self, api: Api) -> None:
        await register(api, "M-1")
        assert await self.put(api, "M-1", kind="guarantor") == 200
        assert await tasks(api) == []

    async def test_who_is_refused_is_not_told(self, api: Api) -> None:
        assert await self.put(api, "G-1", kind="guarantor", born_on="2199-01-01") == 422
        assert await tasks(api) == []
