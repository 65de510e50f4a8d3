"""Tasks that fail too often or come too late, tasks put back, and how much is handed out at once (API 9)."""

from typing import Any

import pytest

from app.services import tasks as service
from tests.support.api import Api, problem
from tests.support.clock import noon_of
from tests.support.database import Database
from tests.support.holidays import announced
from tests.support.locks import holding
from tests.support.members import push, record, register
from tests.support.requests import PROOF, decide, finish_tasks, submit

ESCALATED = "SELECT data FROM outgoing_event WHERE type = 'task.escalated' ORDER BY id"


async def work_for(api: Api, subject_ref: str = "M-1", **changes: Any) -> str:
    """The path of a request in fulfilment with one task, to correct a record."""
    await register(api, subject_ref)
    await push(api, subject_ref, record("D-1", **changes))
    change = {"record_ref": "D-1", "field": "amount", "proposed": "2"}
    request = await submit(api, subject_ref, kind="correction", changes=[change])
    assert (await decide(api, request["id"], "granted")).json()["status"] == "in_fulfilment"
    return f"/v1/requests/{request['id']}"


async def claim(api: Api, **options: Any) -> list[dict[str, Any]]:
    answer = await api.core.post("/v1/tasks/claims", {"system": "core_banking", **options})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def fail(api: Api, task: dict[str, Any], **options: Any) -> dict[str, Any]:
    answer = await api.core.post(
        f"/v1/tasks/{task['id']}/failure", {"lease": task["lease"], "reason": "offline", **options}
    )
    assert answer.status_code == 200, answer.text
    failed: dict[str, Any] = answer.json()
    return failed


async def advance(api: Api, duration: str) -> None:
    assert (await api.post("/sandbox/clock", {"advance": duration})).status_code == 200


async def escalations(api: Api, database: Database, path: str) -> list[str]:
    """Why tasks of a request were escalated: as its timeline and the events say."""
    items = (await api.staff.get(f"{path}/timeline")).json()["items"]
    told = [item["detail"] for item in items if item["event"] == "task.escalated"]
    events = [row["data"] for row in await database.fetch(ESCALATED)]
    assert len(told) == len(events)
    return [detail["why"] for detail in told]


class TestEscalation:
    async def test_the_fifth_failure_is_escalated_once_and_the_task_goes_on(self, api: Api, database: Database) -> None:
        path = await work_for(api)
        for number in range(1, 8):
            [task] = await claim(api)
            failed = await fail(api, task, retry_after=0)
            assert (failed["escalated_at"] is not None) == (number >= 5)
            assert await escalations(api, database, path) == ["failures"] * (number >= 5)
        await finish_tasks(api)
        assert (await api.staff.get(path)).json()["status"] == "completed"

    async def test_a_lease_that_runs_out_counts_as_a_failure(self, api: Api, database: Database) -> None:
        path = await work_for(api)
        for number in range(1, 7):
            assert len(await claim(api, lease_seconds=60)) == 1
            assert await escalations(api, database, path) == ["failures"] * (number >= 6)
            await advance(api, "PT1M")

    async def test_what_is_not_done_a_day_before_the_request_is_due_is_escalated_once_at_its_own_instant(
        self, api: Api, database: Database
    ) -> None:
        path = await work_for(api)
        due = (await api.staff.get(path)).json()["sla"]["complete_by_internal"]
        await advance(api, "P60D")
        assert await escalations(api, database, path) == ["deadline"]
        rows = await database.fetch(
            "SELECT (escalated_at AT TIME ZONE 'Asia/Bangkok')::date + 1 AS due FROM task WHERE escalated_at IS NOT NULL"
        )
        assert [row["due"].isoformat() for row in rows] == [due]
        await advance(api, "P60D")
        assert await escalations(api, database, path) == ["deadline"]

    async def test_what_is_done_is_never_escalated(self, api: Api, database: Database) -> None:
        path = await work_for(api)
        await finish_tasks(api)
        await advance(api, "P60D")
        assert await escalations(api, database, path) == []

    async def test_where_the_request_was_put_off_its_tasks_wait_too(self, api: Api, database: Database) -> None:
        path = await work_for(api)
        await database.execute("UPDATE rights_request SET complete_by_internal = complete_by_internal + 20")
        await advance(api, "P40D")
        assert await escalations(api, database, path) == []
        await advance(api, "P20D")
        assert await escalations(api, database, path) == ["deadline"]

    @pytest.mark.parametrize("in_other_hands", [False, True])
    async def test_where_the_request_is_due_sooner_its_tasks_are_escalated_sooner(
        self, api: Api, database: Database, *, in_other_hands: bool
    ) -> None:
        await noon_of(api, "2026-12-01")
        path = await work_for(api)
        due = (await api.staff.get(path)).json()["sla"]["complete_by_internal"]
        async with holding(database, f"SELECT 1 FROM task WHERE {in_other_hands} FOR UPDATE"):
            await announced(api, due)
        sooner = (await api.staff.get(path)).json()["sla"]["complete_by_internal"]
        assert sooner < due
        await advance(api, "P80D")
        assert await escalations(api, database, path) == ["deadline"]
        [row] = await database.fetch("SELECT (escalated_at AT TIME ZONE 'Asia/Bangkok')::date + 1 AS due FROM task")
        assert row["due"].isoformat() == sooner
        assert await database.fetch("SELECT 1 FROM rights_request WHERE reschedule_at IS NOT NULL") == []

    async def test_what_is_made_on_the_last_day_has_some_hours(self, api: Api, database: Database) -> None:
        await register(api)
        await push(api, "M-1", record("D-1"))
        change = {"record_ref": "D-1", "field": "amount", "proposed": "2"}
        request = await submit(api, kind="correction", changes=[change])
        path = f"/v1/requests/{request['id']}"
        await advance(api, "P40D")
        assert (await decide(api, request["id"], "granted")).status_code == 200
        await advance(api, "PT3H59M")
        assert await escalations(api, database, path) == []
        await advance(api, "PT2M")
        assert await escalations(api, database, path) == ["deadline"]


class TestRequeue:
    @pytest.mark.parametrize("role", ["staff", "dpo"])
    async def test_a_claimed_task_is_free_at_once_and_its_lease_is_lost(
        self, api: Api, database: Database, role: str
    ) -> None:
        await work_for(api)
        [task] = await claim(api)
        path = f"/v1/tasks/{task['id']}"
        back = await api.as_role(role).post(f"{path}/requeue")
        assert (back.status_code, back.json()["status"], back.json()["lease_until"]) == (200, "open", None)
        assert problem(await api.core.post(f"{path}/completion", {"lease": task["lease"]})) == (409, "lease_lost")
        assert [one["id"] for one in await claim(api)] == [task["id"]]
        audited = await database.fetch("SELECT actor FROM audit_entry WHERE action = 'task.requeued'")
        assert [row["actor"] for row in audited] == [f"sandbox-{role}"]

    async def test_a_task_that_was_put_off_is_claimed_at_once(self, api: Api) -> None:
        await work_for(api)
        [task] = await claim(api)
        await fail(api, task, retry_after="PT6H")
        assert await claim(api) == []
        assert (await api.staff.post(f"/v1/tasks/{task['id']}/requeue")).status_code == 200
        assert len(await claim(api)) == 1

    async def test_what_is_completed_stays_so(self, api: Api) -> None:
        await work_for(api)
        [task] = await finish_tasks(api)
        answer = await api.staff.post(f"/v1/tasks/{task['id']}/requeue")
        assert problem(answer) == (409, "illegal_transition")
        assert answer.json()["allowed"] == []


class TestBackPressure:
    async def test_no_more_leases_live_than_a_system_may_have(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "MOST_LEASES", 2)
        for number in range(3):
            await work_for(api, f"M-{number}")
        first, second = await claim(api, max=10, lease_seconds=60)
        assert await claim(api, max=10) == []
        assert (
            await api.core.post(f"/v1/tasks/{first['id']}/completion", {"lease": first["lease"]})
        ).status_code == 200
        assert len(await claim(api, max=10, lease_seconds=600)) == 1
        await advance(api, "PT61S")
        assert [task["id"] for task in await claim(api, max=10)] == [second["id"]]

    async def test_neither_failures_nor_lapsed_leases_come_before_what_has_waited(self, api: Api) -> None:
        for number in range(3):
            await work_for(api, f"M-{number}")
        order = []
        [lapsing] = await claim(api, max=1, lease_seconds=1)
        [failing] = await claim(api, max=1, lease_seconds=60)
        await fail(api, failing, retry_after=1)
        await advance(api, "PT5S")
        for _ in range(3):
            [task] = await claim(api, max=1, lease_seconds=60)
            order.append(task["id"])
        assert order[0] not in {lapsing["id"], failing["id"]}
        assert set(order[1:]) == {lapsing["id"], failing["id"]}


class TestPaper:
    async def test_staff_claim_fail_and_complete_what_lies_on_paper_and_systems_do_not(self, api: Api) -> None:
        path = await work_for(api, storage="paper")
        assert problem(await api.core.post("/v1/tasks/claims", {"system": "paper"})) == (403, "forbidden")
        for finished in (False, True):
            [task] = (await api.staff.post("/v1/tasks/claims", {"system": "paper"})).json()["items"]
            lease = {"lease": task["lease"]}
            assert problem(await api.core.post(f"/v1/tasks/{task['id']}/completion", lease)) == (404, "not_found")
            if finished:
                assert (await api.staff.post(f"/v1/tasks/{task['id']}/completion", lease)).status_code == 200
            else:
                failed = {**lease, "reason": "the archive is closed today", "retry_after": 0}
                assert (await api.staff.post(f"/v1/tasks/{task['id']}/failure", failed)).status_code == 200
        assert (await api.staff.get(path)).json()["status"] == "completed"

    async def test_completed_before_it_is_answered_as_it_stands_under_any_lease(self, api: Api) -> None:
        await work_for(api)
        [task] = await finish_tasks(api)
        path = f"/v1/tasks/{task['id']}"
        again = await api.core.post(f"{path}/completion", {"lease": "other", "proof": PROOF})
        assert (again.status_code, again.json()["status"]) == (200, "completed")
        assert problem(await api.core.post(f"{path}/failure", {"lease": task["lease"], "reason": "x"})) == (
            409,
            "lease_lost",
        )
