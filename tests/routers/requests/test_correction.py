"""Corrections from submission to completion, over HTTP: what is theirs alone."""

from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.members import push, record, register
from tests.support.requests import correction, decide, finish_tasks, submit

WRONG, RIGHT, PROOF = "12 หมู่ 4", "99/1 หมู่ 7", "ทะเบียนบ้านเล่มใหม่"
MOVED = {"record_ref": "D-1", "field": "address", "current": WRONG, "proposed": RIGHT, "evidence": [PROOF]}
CALLED = {"field": "phone", "proposed": "0898765432"}


async def held(api: Api) -> None:
    await register(api)
    await push(api, "M-1", record("D-1"), record("L-1", system="loans"), record("P-1", storage="paper"))


async def ask(api: Api, *changes: dict[str, Any]) -> str:
    return f"/v1/requests/{(await submit(api, kind='correction', changes=list(changes)))['id']}"


async def under_check(api: Api) -> list[str]:
    rows = (await api.member("M-1").get("/v1/subjects/M-1/records")).json()["items"]
    return [row["record_ref"] for row in rows if row["accuracy_under_check"]]


async def decided(api: Api, path: str, outcome: str, **changes: Any) -> Any:
    return await decide(api, path.rpartition("/")[2], outcome, **changes)


class TestUnderCheck:
    async def test_a_record_is_under_check_from_proof_of_identity_to_the_decision(self, api: Api) -> None:
        await held(api)
        asked = (await api.staff.post("/v1/requests/correction", correction(changes=[MOVED]))).json()
        assert (asked["status"], await under_check(api)) == ("identity_pending", [])
        assert (await api.member("M-1").post("/v1/requests/correction", correction(changes=[MOVED]))).json()[
            "duplicate"
        ]
        assert await under_check(api) == ["D-1"]
        path = f"/v1/requests/{asked['id']}"
        assert (await api.staff.post(f"{path}/information-requests", {"question": "Since when?"})).status_code == 200
        assert await under_check(api) == ["D-1"]
        assert (await decided(api, path, "granted")).json()["status"] == "in_fulfilment"
        assert await under_check(api) == []

    async def test_what_names_no_record_puts_all_of_them_under_check_until_it_is_cancelled(self, api: Api) -> None:
        await held(api)
        path = await ask(api, CALLED)
        assert await under_check(api) == ["D-1", "L-1", "P-1"]
        await api.member("M-1").post(f"{path}/cancellation")
        assert await under_check(api) == []


class TestValues:
    async def test_who_takes_part_reads_before_after_and_evidence_and_that_officers_did_is_recorded(
        self, api: Api, database: Database
    ) -> None:
        await held(api)
        path = f"{await ask(api, MOVED, CALLED)}/changes"
        read = "SELECT actor FROM audit_entry WHERE action = 'request.changes_read'"
        values = {"current": WRONG, "proposed": RIGHT, "evidence": [PROOF]}
        hidden = dict.fromkeys(values)
        for caller, seen, times in (
            (api.member("M-1"), values, 0),
            (api.as_role("auditor"), hidden, 0),
            (api.staff, values, 1),
        ):
            first, second = (await caller.get(path)).json()["items"]
            assert first == {"ref": "0", "record_ref": "D-1", "field": "address", **seen}
            assert (second["ref"], second["record_ref"], second["field"]) == ("1", None, "phone")
            assert len(await database.fetch(read)) == times

    async def test_a_request_of_another_right_asks_for_no_changes(self, api: Api) -> None:
        await held(api)
        request = await submit(api, kind="complaint")
        assert (await api.staff.get(f"/v1/requests/{request['id']}/changes")).json() == {"items": []}

    async def test_nobody_reads_another_s(self, api: Api) -> None:
        await held(api)
        await register(api, "M-2")
        assert problem(await api.member("M-2").get(f"{await ask(api, MOVED)}/changes")) == (404, "not_found")

    async def test_they_lie_nowhere_in_the_clear_and_only_the_claimer_is_told(
        self, api: Api, database: Database
    ) -> None:
        await held(api)
        path = await ask(api, MOVED)
        assert (await decided(api, path, "granted")).status_code == 200
        listed = (await api.staff.get("/v1/tasks")).text
        assert RIGHT not in listed + (await api.staff.get(path)).text
        once = {"Idempotency-Key": "once"}
        claimed = await api.core.post("/v1/tasks/claims", {"system": "core_banking"}, headers=once)
        [task] = claimed.json()["items"]
        change = {"ref": "0", "record_ref": "D-1", "field": "address", "current": WRONG, "proposed": RIGHT}
        assert task["payload"] == {"right": "correction", "changes": [change]}
        assert RIGHT not in (await api.staff.get("/v1/tasks")).text
        for table in (
            "rights_request",
            "request_item",
            "request_event",
            "outgoing_event",
            "audit_entry",
            "task",
            "kept_answer",
        ):
            rows = await database.fetch(f"SELECT {table}::text AS row FROM {table}")
            assert rows
            for said in (WRONG, RIGHT, PROOF):
                assert not any(said in row["row"] or said.encode().hex() in row["row"] for row in rows), table


class TestFulfilment:
    async def test_each_holder_gets_the_changes_of_its_own_records(self, api: Api) -> None:
        await held(api)
        loan = {"record_ref": "L-1", "field": "term", "proposed": "12"}
        path = await ask(api, MOVED, loan, CALLED)
        assert (await decided(api, path, "granted")).json()["status"] == "in_fulfilment"
        found = {system: await finish_tasks(api, system) for system in ("core_banking", "loans", "paper")}
        told = {
            system: (task["kind"], task["record_refs"], [change["ref"] for change in task["payload"]["changes"]])
            for system, [task] in found.items()
        }
        assert told == {
            "core_banking": ("correct", ["D-1"], ["0", "2"]),
            "loans": ("correct", ["L-1"], ["1", "2"]),
            "paper": ("correct", ["P-1"], ["2"]),
        }
        assert (await api.staff.get(path)).json()["status"] == "completed"

    async def test_a_field_that_is_a_category_goes_to_the_holders_of_that_category_alone(self, api: Api) -> None:
        await register(api)
        await push(
            api,
            "M-1",
            record("D-1", categories=["personal_identity"]),
            record("L-1", system="loans", categories=["financial"]),
        )
        path = await ask(api, {"field": "personal_identity", "proposed": RIGHT})
        await decided(api, path, "granted")
        assert await finish_tasks(api, "loans") == []
        [task] = await finish_tasks(api)
        assert task["record_refs"] == ["D-1"]
        assert (await api.staff.get(path)).json()["status"] == "completed"

    async def test_staff_correct_what_no_system_is_known_to_hold(self, api: Api) -> None:
        await register(api)
        path = await ask(api, CALLED)
        assert (await decided(api, path, "granted")).json()["status"] == "in_fulfilment"
        [task] = await finish_tasks(api, "paper")
        assert (task["record_refs"], task["payload"]["changes"][0]["proposed"]) == ([], "0898765432")
        assert (await api.staff.get(path)).json()["status"] == "completed"

    async def test_what_is_refused_is_not_sent_to_anybody(self, api: Api) -> None:
        await held(api)
        path = await ask(api, MOVED, CALLED)
        items = [{"ref": "0", "outcome": "granted"}, {"ref": "1", "outcome": "refused", "ground": "rectify_accurate"}]
        assert (await decided(api, path, "partly_granted", items=items)).status_code == 200
        [task] = await finish_tasks(api)
        assert [change["ref"] for change in task["payload"]["changes"]] == ["0"]
        assert await finish_tasks(api, "loans") == []


class TestAssessment:
    async def test_a_change_of_a_record_that_is_not_held_is_refused(self, api: Api) -> None:
        await held(api)
        path = await ask(api, {**MOVED, "record_ref": "D-9"}, MOVED)
        first, second = (await api.staff.get(f"{path}/assessment")).json()["items"]
        assert (first["proposed"], first["grounds"]) == ("refused", ["no_data_held"])
        assert second["proposed"] == "granted"
        items = [{"ref": ref, "outcome": "granted"} for ref in ("0", "1")]
        assert problem(await decided(api, path, "granted", items=items)) == (422, "decision_unlawful")

    @pytest.mark.parametrize("change", [{**MOVED, "record_ref": "H-1"}, {"field": "religion", "proposed": "-"}])
    async def test_four_eyes_see_what_touches_a_sensitive_category(self, api: Api, change: dict[str, Any]) -> None:
        await held(api)
        await push(api, "M-1", record("H-1", "member_data", categories=["health"]))
        path = await ask(api, change)
        alone = await api.dpo.post(f"{path}/decision", {"outcome": "granted"})
        assert problem(alone) == (409, "four_eyes_required")


class TestInput:
    async def test_another_value_for_the_same_field_is_another_request(self, api: Api) -> None:
        await held(api)
        assert await ask(api, MOVED) != await ask(api, {**MOVED, "proposed": WRONG})

    @pytest.mark.parametrize(
        "changes",
        [
            [],
            [{"field": "phone"}],
            [{"proposed": "1"}],
            [{"field": "my phone 0812345678", "proposed": "1"}],
            [{**CALLED, "proposed": ""}],
            [{**CALLED, "evidence": ["x"] * 21}],
            [{**CALLED, "why": "x"}],
            [CALLED] * 101,
        ],
    )
    async def test_each_change_names_a_field_and_its_right_value(self, api: Api, changes: list[Any]) -> None:
        await register(api)
        answer = await api.member("M-1").post("/v1/requests/correction", correction(changes=changes))
        assert problem(answer)[0] == 422
