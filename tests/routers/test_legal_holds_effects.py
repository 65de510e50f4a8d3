"""What a legal hold does: it beats every rule, every erasure that was asked for, and every task that was made."""

import asyncio
from typing import Any

import pytest

from app.services import tasks
from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.faults import gate
from tests.support.holds import PROVISION, hold, placed, release
from tests.support.members import push, record, register
from tests.support.requests import PROOF, decide, finish_tasks, submit

OLD: dict[str, Any] = {"events": {"deposit_made": "2014-03-02"}}
PAPER: dict[str, Any] = {"storage": "paper", "events": {"withdrawal_made": "2013-01-05"}}


async def three_old_records(api: Api, **particulars: Any) -> None:
    await register(api, **particulars)
    await push(api, "M-1", record("D-1", **OLD), record("D-2", **OLD), record("P-1", "withdrawal", **PAPER))


async def granted(api: Api, subject_ref: str = "M-1") -> str:
    """An erasure of everything, granted and waiting for its tasks; returns the request."""
    request = await submit(api, subject_ref)
    decided = await decide(api, request["id"], "granted")
    assert decided.json()["status"] == "in_fulfilment", decided.text
    return str(request["id"])


async def signed(api: Api) -> str:
    """An erasure of one old record, assessed and signed; returns the path of its decision."""
    await register(api)
    await push(api, "M-1", record("D-1", **OLD))
    request = await submit(api)
    await api.staff.post(f"/v1/requests/{request['id']}/assessment")
    return f"/v1/requests/{request['id']}/decision"


async def one_claimed(api: Api) -> dict[str, Any]:
    """The task to erase one old record, claimed."""
    await register(api)
    await push(api, "M-1", record("D-1", **OLD))
    await granted(api)
    [task] = await claim(api)
    return task


async def claim(api: Api, system: str = "core_banking", **wanted: Any) -> list[dict[str, Any]]:
    worker = api.staff if system == "paper" else api.core
    answer = await worker.post("/v1/tasks/claims", {"system": system, **wanted})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def complete(api: Api, task: dict[str, Any]) -> Any:
    worker = api.staff if task["system"] == "paper" else api.core
    return await worker.post(f"/v1/tasks/{task['id']}/completion", {"lease": task["lease"], "proof": PROOF})


async def states(api: Api) -> dict[str, str]:
    items = (await api.staff.get("/v1/subjects/M-1/records")).json()["items"]
    return {item["record_ref"]: item["state"] for item in items}


async def request_of(api: Api, request_id: str) -> Any:
    return (await api.staff.get(f"/v1/requests/{request_id}")).json()


class TestAssessment:
    async def test_a_held_record_is_refused_and_the_provision_is_told(self, api: Api) -> None:
        await three_old_records(api)
        await placed(api, record_refs=["D-1"])
        request = await submit(api)
        items = (await api.staff.get(f"/v1/requests/{request['id']}/assessment")).json()["items"]
        found = {item["ref"]: item for item in items}
        assert {ref: item["proposed"] for ref, item in found.items()} == {
            "D-1": "refused",
            "D-2": "granted",
            "P-1": "granted",
        }
        assert found["D-1"]["grounds"] == ["erase_legal_claims", "erase_legal_compliance"]
        [reason] = found["D-1"]["because"]
        assert (reason["rule"], reason["law"]) == ("legal_hold", PROVISION)
        assert PROVISION in reason["th"]
        assert PROVISION in reason["en"]

    @pytest.mark.parametrize("ground", ["no_longer_necessary", "consent_withdrawn", "objected", "unlawful"])
    async def test_a_hold_refuses_on_whatever_ground_erasure_is_asked_for(self, api: Api, ground: str) -> None:
        await three_old_records(api)
        await placed(api)
        request = await submit(api, ground=ground)
        assessment = (await api.staff.get(f"/v1/requests/{request['id']}/assessment")).json()
        assert assessment["outcome"] == "refused"
        assert {item["proposed"] for item in assessment["items"]} == {"refused"}

    async def test_granting_a_held_record_is_unlawful(self, api: Api) -> None:
        await three_old_records(api)
        await placed(api, record_refs=["D-1"])
        request = await submit(api, scope={"record_refs": ["D-1"]})
        items = [{"ref": "D-1", "outcome": "granted"}]
        assert problem(await decide(api, request["id"], "granted", items=items)) == (422, "decision_unlawful")

    async def test_a_held_record_is_refused_for_good_and_not_put_off(self, api: Api) -> None:
        await three_old_records(api)
        await placed(api, record_refs=["D-1"])
        request = await submit(api)
        [kept] = [
            item
            for item in (await decide(api, request["id"], "partly_granted")).json()["items"]
            if item["outcome"] == "refused"
        ]
        assert (kept["ref"], kept["until"], kept["waits_for"]) == ("D-1", None, None)
        assert (await states(api))["D-1"] == "held"


class TestDecisions:
    async def test_a_hold_beats_an_assessment_that_was_signed_before_it(self, api: Api) -> None:
        await three_old_records(api)
        request = await submit(api)
        await api.staff.post(f"/v1/requests/{request['id']}/assessment")
        hold_id = (await placed(api, record_refs=["D-2"]))["id"]
        path = f"/v1/requests/{request['id']}/decision"
        assert problem(await api.dpo.post(path, {"outcome": "granted"})) == (409, "assessment_stale")
        assert set((await states(api)).values()) == {"held"}
        await release(api.dpo, hold_id)
        assert (await api.dpo.post(path, {"outcome": "granted"})).status_code == 200

    async def test_a_hold_waits_for_a_decision_in_flight_and_then_keeps_what_it_granted(
        self, api: Api, database: Database
    ) -> None:
        path = await signed(api)
        async with gate(database, "held_record") as held_up:
            deciding = asyncio.create_task(api.dpo.post(path, {"outcome": "granted"}))
            await held_up.waiting(1)
            placing = asyncio.create_task(api.dpo.post("/v1/legal-holds", hold()))
            await held_up.waiting(2)
            await held_up.open()
            assert (await deciding).json()["status"] == "in_fulfilment"
            assert (await placing).status_code == 201
        assert await claim(api) == []
        assert await states(api) == {"D-1": "locked"}

    async def test_a_decision_waits_for_a_hold_in_flight_and_then_heeds_it(self, api: Api, database: Database) -> None:
        path = await signed(api)
        async with gate(database, "legal_hold") as held_up:
            placing = asyncio.create_task(api.dpo.post("/v1/legal-holds", hold()))
            await held_up.waiting(1)
            deciding = asyncio.create_task(api.dpo.post(path, {"outcome": "granted"}))
            await held_up.waiting(2)
            await held_up.open()
            assert (await placing).status_code == 201
            assert problem(await deciding) == (409, "assessment_stale")
        assert await states(api) == {"D-1": "held"}


class TestTasks:
    async def test_what_was_granted_before_the_hold_is_not_erased_under_it(self, api: Api) -> None:
        await three_old_records(api)
        request_id = await granted(api)
        hold_id = (await placed(api))["id"]
        assert await claim(api) == []
        assert await claim(api, "paper") == []
        await release(api.dpo, hold_id)
        assert [task["record_refs"] for task in await finish_tasks(api)] == [["D-1", "D-2"]]
        assert [task["record_refs"] for task in await finish_tasks(api, "paper")] == [["P-1"]]
        assert (await request_of(api, request_id))["status"] == "completed"

    async def test_records_beside_a_held_one_do_not_wait_for_it(self, api: Api, database: Database) -> None:
        await three_old_records(api)
        request_id = await granted(api)
        hold_id = (await placed(api, record_refs=["D-1"]))["id"]
        assert [task["record_refs"] for task in await finish_tasks(api)] == [["D-2"]]
        made = await database.fetch("SELECT id::text FROM task")
        told = await database.fetch("SELECT data->>'task_id' FROM outgoing_event WHERE type = 'task.created'")
        assert {row[0] for row in told} == {row[0] for row in made}, "also of the one that waits for the release"
        assert [task["record_refs"] for task in await finish_tasks(api, "paper")] == [["P-1"]]
        assert await states(api) == {"D-1": "locked", "D-2": "erased", "P-1": "erased"}
        assert (await request_of(api, request_id))["status"] == "in_fulfilment"
        assert await claim(api) == []
        await release(api.dpo, hold_id)
        assert [task["record_refs"] for task in await finish_tasks(api)] == [["D-1"]]
        assert (await request_of(api, request_id))["status"] == "completed"

    async def test_a_task_whose_records_several_holds_cover_does_not_stand_in_the_way_of_others(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("D-1", **OLD), record("D-2", **OLD))
        await granted(api)
        await placed(api, record_refs=["D-1"])
        await placed(api, record_refs=["D-2"])
        await register(api, "M-2")
        await push(api, "M-2", record("D-3", **OLD))
        request = await submit(api, "M-2")
        await decide(api, request["id"], "granted")
        assert [task["record_refs"] for task in await claim(api, max=1)] == [["D-3"]]

    async def test_what_must_be_kept_is_looked_at_in_portions(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tasks, "MOST_LOOKED_AT", 2)
        for number in range(4):
            await register(api, f"M-{number}")
            await push(api, f"M-{number}", record("D-1", **OLD))
            request = await submit(api, f"M-{number}")
            await decide(api, request["id"], "granted")
            if number < 3:
                await placed(api, f"M-{number}")
        assert await claim(api, max=1) == []
        assert [task["subject_ref"] for task in await claim(api, max=1)] == ["M-3"]

    async def test_a_hold_on_one_subject_stops_no_task_of_another(self, api: Api) -> None:
        await three_old_records(api)
        await granted(api)
        await register(api, "M-2")
        await push(api, "M-2", record("D-1", **OLD))
        await granted(api, "M-2")
        await placed(api, "M-2", record_refs=["D-1"])
        await placed(api, "M-2")
        assert [task["record_refs"] for task in await claim(api)] == [["D-1", "D-2"]]

    async def test_a_task_that_was_claimed_before_the_hold_can_not_be_completed_under_it(
        self, api: Api, database: Database
    ) -> None:
        await three_old_records(api)
        request_id = await granted(api)
        [task] = await claim(api)
        hold_id = (await placed(api, record_refs=["D-2"]))["id"]
        assert problem(await complete(api, task)) == (409, "legal_hold")
        assert set((await states(api)).values()) == {"locked"}
        assert await database.fetch("SELECT 1 FROM erasure_ledger") == []
        [attempt] = await database.fetch(
            "SELECT actor, details->'record_refs' AS refs FROM audit_entry WHERE action = 'task.refused_under_legal_hold'"
        )
        assert tuple(attempt) == ("core_banking", '["D-2"]')
        await release(api.dpo, hold_id)
        assert (await complete(api, task)).status_code == 200
        await finish_tasks(api, "paper")
        assert (await request_of(api, request_id))["status"] == "completed"

    async def test_a_task_given_back_under_a_hold_waits_for_the_release(self, api: Api) -> None:
        await three_old_records(api)
        await granted(api)
        [task] = await claim(api)
        hold_id = (await placed(api))["id"]
        body = {"lease": task["lease"], "reason": "told of a hold", "retry_after": "PT0S"}
        given_back = await api.core.post(f"/v1/tasks/{task['id']}/failure", body)
        assert given_back.status_code == 200, given_back.text
        assert await claim(api) == []
        await release(api.dpo, hold_id)
        assert [again["id"] for again in await claim(api)] == [task["id"]]

    async def test_a_hold_waits_for_a_completion_in_flight_and_then_comes_too_late(
        self, api: Api, database: Database
    ) -> None:
        task = await one_claimed(api)
        async with gate(database, "erasure_ledger") as held_up:
            completing = asyncio.create_task(complete(api, task))
            await held_up.waiting(1)
            placing = asyncio.create_task(api.dpo.post("/v1/legal-holds", hold(record_refs=["D-1"])))
            await held_up.waiting(2)
            await held_up.open()
            assert (await completing).status_code == 200
            assert problem(await placing) == (422, "not_allowed")

    async def test_a_completion_waits_for_a_hold_in_flight_and_is_then_refused(
        self, api: Api, database: Database
    ) -> None:
        task = await one_claimed(api)
        async with gate(database, "legal_hold") as held_up:
            placing = asyncio.create_task(api.dpo.post("/v1/legal-holds", hold(record_refs=["D-1"])))
            await held_up.waiting(1)
            completing = asyncio.create_task(complete(api, task))
            await held_up.waiting(2)
            await held_up.open()
            assert (await placing).status_code == 201
            assert problem(await completing) == (409, "legal_hold")
        assert await states(api) == {"D-1": "locked"}

    async def test_the_person_stays_as_long_as_a_hold_covers_everything_about_them(self, api: Api) -> None:
        await three_old_records(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
        await granted(api)
        await placed(api, record_refs=["P-1"])
        await finish_tasks(api)
        assert (await api.dpo.get("/v1/subjects/M-1")).json()["contacts"]["phone"] is not None
        assert (await states(api))["P-1"] == "locked"


class TestLater:
    async def test_what_is_pushed_after_a_hold_on_everything_is_held_too(self, api: Api) -> None:
        await register(api)
        hold_id = (await placed(api))["id"]
        await push(api, "M-1", record("D-new", **OLD))

        async def action() -> str:
            [item] = (await api.staff.get("/v1/subjects/M-1/retention")).json()["items"]
            return str(item["action"])

        assert await action() == "hold"
        await release(api.dpo, hold_id)
        assert await action() == "dispose"

    async def test_two_holds_are_told_together_and_each_holds_alone(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("D-1", **OLD))
        first = (await placed(api, provision="Anti-Corruption Act s.30"))["id"]
        second = (await placed(api, record_refs=["D-1"], provision="Bankruptcy Act s.117"))["id"]

        async def told() -> list[str]:
            [item] = (await api.staff.get("/v1/subjects/M-1/retention")).json()["items"]
            return [reason["law"] for reason in item["because"] if reason["rule"] == "legal_hold"]

        assert await told() == ["Anti-Corruption Act s.30", "Bankruptcy Act s.117"]
        await release(api.dpo, first)
        assert await told() == ["Bankruptcy Act s.117"]
        await release(api.dpo, second)
        assert await told() == []
