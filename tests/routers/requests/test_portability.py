"""Portability from submission to what the systems delivered, over HTTP: what is its alone."""

from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.members import push, record, register
from tests.support.requests import decide, finish_tasks, portability, submit

GIVEN = {"provided_by_subject": True, "lawful_basis": "contract"}
OWN = record("D-1", **GIVEN)
LOAN = record("L-1", "loan_contract", system="loans", categories=["contract_documents"], **GIVEN)
LAW = record("A-1", "accounting_entry", provided_by_subject=True, lawful_basis="legal_obligation")
THEIRS = record("B-1", lawful_basis="contract")
UNSAID = record("U-1", provided_by_subject=True)


async def ask(api: Api, *records: dict[str, Any], **changes: Any) -> str:
    await register(api)
    await push(api, "M-1", *records)
    return f"/v1/requests/{(await submit(api, kind='portability', **changes))['id']}"


async def decided(api: Api, path: str, outcome: str, **changes: Any) -> Any:
    return await decide(api, path.rpartition("/")[2], outcome, **changes)


async def test_what_is_not_portable_is_listed_with_the_reason(api: Api) -> None:
    path = await ask(api, OWN, LOAN, LAW, THEIRS)
    request = (await decided(api, path, "partly_granted")).json()
    assert {item["ref"]: (item["outcome"], item["ground"]) for item in request["items"]} == {
        "A-1": ("refused", "port_public_task_or_law"),
        "B-1": ("refused", "port_not_eligible"),
        "D-1": ("granted", None),
        "L-1": ("granted", None),
    }


async def test_the_holders_of_what_is_granted_deliver_it(api: Api) -> None:
    path = await ask(api, OWN, LOAN, LAW, format="csv")
    assert (await decided(api, path, "partly_granted")).json()["status"] == "in_fulfilment"
    [task], [loan] = await finish_tasks(api), await finish_tasks(api, "loans")
    wanted = {"right": "portability", "format": "csv", "redact_third_persons": []}
    assert (task["record_refs"], task["payload"]) == (["D-1"], {**wanted, "categories": ["financial"]})
    assert (loan["record_refs"], loan["payload"]) == (["L-1"], {**wanted, "categories": ["contract_documents"]})
    assert (await api.staff.get(path)).json()["status"] == "completed"


@pytest.mark.parametrize("held", [LAW, THEIRS])
async def test_what_is_not_portable_is_not_granted(api: Api, held: dict[str, Any]) -> None:
    path = await ask(api, held)
    items = [{"ref": held["record_ref"], "outcome": "granted"}]
    assert problem(await decided(api, path, "granted", items=items)) == (422, "decision_unlawful")
    assert (await decided(api, path, "refused")).json()["status"] == "refused"


async def test_where_the_basis_was_not_said_an_officer_may_grant_it(api: Api) -> None:
    path = await ask(api, UNSAID)
    [item] = (await api.staff.get(f"{path}/assessment")).json()["items"]
    assert (item["proposed"], item["grounds"][0]) == ("refused", "port_not_eligible")
    items = [{"ref": "U-1", "outcome": "granted"}]
    assert (await decided(api, path, "granted", items=items)).json()["status"] == "in_fulfilment"


async def test_four_eyes_see_what_touches_a_sensitive_category(api: Api) -> None:
    path = await ask(api, OWN, record("H-1", "member_data", categories=["health"], **GIVEN))
    alone = await api.dpo.post(f"{path}/decision", {"outcome": "granted"})
    assert problem(alone) == (409, "four_eyes_required")


async def test_another_format_is_another_request(api: Api) -> None:
    path = await ask(api, OWN)
    other = await api.member("M-1").post("/v1/requests/portability", portability(format="csv"))
    assert other.status_code == 201
    assert other.json()["id"] != path.rpartition("/")[2]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"format": "pdf"}, "not_allowed"), ({"transfer_to": {"url": "https://x.example"}}, "validation_failed")],
)
async def test_it_goes_to_the_subject_as_json_or_csv(api: Api, changes: dict[str, Any], code: str) -> None:
    await register(api)
    answer = await api.member("M-1").post("/v1/requests/portability", portability(**changes))
    assert problem(answer) == (422, code)
