"""Access from submission to what the systems delivered, over HTTP: what is its alone."""

from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.members import push, record, register
from tests.support.requests import PROOF, access, decide, finish_tasks, submit

SALARY = "32450 บาท"
DEPOSIT = record("D-1", events={"deposit_made": "2024-03-02"}, source="data_subject", provided_by_subject=True)
LOAN = record(
    "L-1",
    "loan_contract",
    system="loans",
    categories=["contract_documents", "third_party"],
    purpose="life_insurance_assessment",
    source="legal_partner",
)
PAPER = record("P-1", "member_data", storage="paper", categories=["photo", "financial"])


async def held(api: Api) -> None:
    await register(api)
    await push(api, "M-1", DEPOSIT, LOAN, PAPER)


async def ask(api: Api, **changes: Any) -> str:
    return f"/v1/requests/{(await submit(api, kind='access', **changes))['id']}"


async def decided(api: Api, path: str, outcome: str, **changes: Any) -> Any:
    return await decide(api, path.rpartition("/")[2], outcome, **changes)


async def assessed(api: Api, path: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.staff.get(f"{path}/assessment")).json()
    return found


class TestAssessment:
    async def test_all_that_is_held_is_asked_for_where_nothing_is_named(self, api: Api) -> None:
        await held(api)
        found = await assessed(api, await ask(api))
        refs = [(item["ref"], item["proposed"]) for item in found["items"]]
        held_categories = ["contract_documents", "financial", "photo", "third_party"]
        assert refs == [(code, "granted") for code in held_categories]
        assert found["items"][1]["label"]["en"] == "Financial and credit data"

    async def test_a_category_that_is_not_held_is_refused_on_that(self, api: Api) -> None:
        await held(api)
        path = await ask(api, categories=["photo", "employment"])
        first, second = (await assessed(api, path))["items"]
        assert (first["ref"], first["proposed"], first["grounds"]) == ("employment", "refused", ["no_data_held"])
        assert (second["ref"], second["proposed"]) == ("photo", "granted")
        assert (await decided(api, path, "partly_granted")).json()["status"] == "in_fulfilment"

    async def test_each_record_is_told_with_source_purposes_recipients_and_retention(self, api: Api) -> None:
        await held(api)
        deposit, loan, paper = (await assessed(api, await ask(api)))["holdings"]
        assert (deposit["record_ref"], deposit["kind"], deposit["categories"]) == ("D-1", "deposit", ["financial"])
        assert (deposit["source"], deposit["provided_by_subject"]) == ("data_subject", True)
        assert (deposit["retention"]["action"], deposit["retention"]["until"]) == ("keep", "2034-03-02")
        assert deposit["purposes"] == ["transaction_evidence"]
        assert (loan["purposes"], loan["recipients"]) == (["life_insurance_assessment"], ["insurer"])
        assert [holding["third_persons"] for holding in (deposit, loan, paper)] == [False, True, False]

    async def test_sources_are_told_unless_they_are_not_asked_for(self, api: Api) -> None:
        await held(api)
        found = await assessed(api, await ask(api, include_sources=False))
        assert {holding["source"] for holding in found["holdings"]} == {None}

    async def test_records_of_nothing_that_is_asked_for_are_left_out(self, api: Api) -> None:
        await held(api)
        found = await assessed(api, await ask(api, categories=["photo"]))
        assert [holding["record_ref"] for holding in found["holdings"]] == ["P-1"]

    async def test_the_request_itself_keeps_no_record(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("D-0", events={"deposit_made": "2014-03-02"}))
        [holding] = (await assessed(api, await ask(api)))["holdings"]
        assert holding["retention"]["action"] == "dispose"

    async def test_another_right_tells_of_no_records(self, api: Api) -> None:
        await held(api)
        request = await submit(api, kind="complaint")
        assert (await assessed(api, f"/v1/requests/{request['id']}"))["holdings"] is None

    async def test_four_eyes_see_what_touches_a_sensitive_category(self, api: Api) -> None:
        await held(api)
        await push(api, "M-1", record("H-1", "member_data", categories=["health"]))
        path = await ask(api)
        alone = await api.dpo.post(f"{path}/decision", {"outcome": "granted"})
        assert problem(alone) == (409, "four_eyes_required")
        assert (await decided(api, path, "granted")).status_code == 200


class TestFulfilment:
    async def test_each_holder_is_asked_for_what_was_granted_and_nothing_else(self, api: Api) -> None:
        await held(api)
        path = await ask(api, format="pdf")
        ground = "access_law_court_and_others"
        items = [{"ref": ref, "outcome": "granted"} for ref in ("contract_documents", "financial")] + [
            {"ref": ref, "outcome": "refused", "ground": ground} for ref in ("photo", "third_party")
        ]
        assert (await decided(api, path, "partly_granted", items=items)).json()["status"] == "in_fulfilment"
        found = {system: await finish_tasks(api, system) for system in ("core_banking", "loans", "paper")}
        wanted = {"right": "access", "include_sources": True, "format": "pdf"}
        assert {system: (task["record_refs"], task["payload"]) for system, [task] in found.items()} == {
            "core_banking": (["D-1"], {**wanted, "categories": ["financial"], "redact_third_persons": []}),
            "loans": (["L-1"], {**wanted, "categories": ["contract_documents"], "redact_third_persons": ["L-1"]}),
            "paper": (["P-1"], {**wanted, "categories": ["financial"], "redact_third_persons": []}),
        }
        assert (await api.staff.get(path)).json()["status"] == "completed"


class TestDelivery:
    async def claimed(self, api: Api) -> tuple[str, str]:
        await register(api)
        await push(api, "M-1", DEPOSIT, {**DEPOSIT, "record_ref": "D-2"})
        assert (await decided(api, await ask(api), "granted")).status_code == 200
        [task] = (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"]
        return f"/v1/tasks/{task['id']}/completion", task["lease"]

    async def test_what_is_delivered_lies_sealed(self, api: Api, database: Database) -> None:
        path, lease = await self.claimed(api)
        records = [{"record_ref": "D-1", "fields": {"salary": SALARY, "history": [{"at": None, "amount": 1.5}]}}]
        answer = await api.core.post(path, {"lease": lease, "result": {"records": records}})
        assert (answer.status_code, answer.json()["status"]) == (200, "completed")
        assert SALARY not in answer.text
        [row] = await database.fetch("SELECT result, task::text AS row FROM task")
        assert row["result"]
        assert SALARY not in row["row"]
        assert SALARY.encode().hex() not in row["row"]
        again = await api.core.post(path, {"lease": lease, "result": {"records": []}})
        assert again.json() == answer.json()

    @pytest.mark.parametrize(
        ("records", "pointer", "code"),
        [
            ([{"record_ref": "X-9", "fields": {}}], "/result/records/0/record_ref", "not_allowed"),
            ([{"record_ref": "D-1", "fields": {}}] * 2, "/result/records/1/record_ref", "not_allowed"),
            ([{"record_ref": "D-1"}], "/result/records/0/fields", "missing"),
            ([{"record_ref": "D-1", "fields": []}], "/result/records/0/fields", "wrong_type"),
            ([{"record_ref": "D-1", "fields": {"a": [{"b": "\0"}]}}], "/result/records/0/fields/a", "unsafe_text"),
            ([{"record_ref": "D-1", "fields": {"a": {"\0": 1}}}], "/result/records/0/fields/a", "unsafe_text"),
            ([{"record_ref": "D-1", "fields": {}, "x": 1}], "/result/records/0/x", "unknown_field"),
        ],
    )
    async def test_only_records_that_were_asked_for_are_taken_once_each(
        self, api: Api, records: list[Any], pointer: str, code: str
    ) -> None:
        path, lease = await self.claimed(api)
        answer = await api.core.post(path, {"lease": lease, "result": {"records": records}})
        assert problem(answer) == (422, code)
        assert answer.json()["errors"] == [{"pointer": pointer, "code": code}]
        assert (await api.core.post(path, {"lease": lease, "result": {"records": []}})).status_code == 200

    async def test_without_a_result_nothing_was_collected(self, api: Api) -> None:
        path, lease = await self.claimed(api)
        answer = await api.core.post(path, {"lease": lease})
        assert problem(answer) == (422, "missing")
        assert answer.json()["errors"] == [{"pointer": "/result", "code": "missing"}]

    async def test_no_other_task_has_a_result(self, api: Api) -> None:
        await held(api)
        request = await submit(api, kind="restriction", record_refs=["D-1"])
        assert (await decide(api, request["id"], "granted")).status_code == 200
        [task] = (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"]
        body = {"lease": task["lease"], "proof": PROOF, "result": {"records": []}}
        answer = await api.core.post(f"/v1/tasks/{task['id']}/completion", body)
        assert problem(answer) == (422, "not_allowed")


@pytest.mark.parametrize("changes", [{"categories": []}, {"categories": ["astrology"]}, {"format": "docx"}])
async def test_categories_are_the_policy_s_and_formats_those_that_are_made(api: Api, changes: dict[str, Any]) -> None:
    await register(api)
    assert problem(await api.member("M-1").post("/v1/requests/access", access(**changes)))[0] == 422


async def test_while_it_is_open_nothing_that_is_asked_about_is_erased(api: Api) -> None:
    await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
    await push(api, "M-1", record("D-0", events={"deposit_made": "2014-03-02"}))
    path = await ask(api)
    erasure = await submit(api)
    [item] = (await api.staff.get(f"/v1/requests/{erasure['id']}/assessment")).json()["items"]
    assert (item["proposed"], item["waits_for"]) == ("refused", "open_dsr")
    await api.member("M-1").post(f"{path}/cancellation")
    [item] = (await api.staff.get(f"/v1/requests/{erasure['id']}/assessment")).json()["items"]
    assert item["proposed"] == "granted"
