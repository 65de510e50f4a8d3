"""Who was told the wrong value is told the right one, once the holders have it, and nobody else is."""

from typing import Any

from tests.support.api import Api
from tests.support.database import Database
from tests.support.disclosures import disclosed
from tests.support.members import push, record, register
from tests.support.packs import ShippedPack
from tests.support.requests import decide, finish_tasks, submit

RIGHT = "99/1 หมู่ 7"
MOVED = {"record_ref": "D-1", "field": "address", "current": "12 หมู่ 4", "proposed": RIGHT}


async def ask(api: Api, *changes: dict[str, Any]) -> str:
    return f"/v1/requests/{(await submit(api, kind='correction', changes=list(changes)))['id']}"


async def decided(api: Api, path: str, outcome: str = "granted", **changes: Any) -> dict[str, Any]:
    answer = await decide(api, path.rpartition("/")[2], outcome, **changes)
    assert answer.status_code == 200, answer.text
    request: dict[str, Any] = answer.json()
    return request


async def world(api: Api, pack: ShippedPack) -> None:
    """Two records; the insurer was told of the first, by hearsay of its category, the banks of the second by name."""
    await register(api)
    identity = {"categories": ["personal_identity"]}
    await push(api, "M-1", record("D-1", **identity), record("L-1", system="loans"))
    await disclosed(api, pack, system="insurance", **identity)
    banks = {"recipient": "banks", "purpose": "online_banking_disbursement"}
    await disclosed(api, pack, **banks, categories=["personal_identity", "financial"], record_refs=["L-1"])
    courts = {"recipient": "courts_and_counsel", "purpose": "payment_claim_evidence"}
    await disclosed(api, pack, **courts, categories=["financial"])


async def open_tasks(api: Api) -> list[tuple[str, str]]:
    tasks = (await api.staff.get("/v1/tasks", params={"status": "open"})).json()["items"]
    return [(task["kind"], task["system"]) for task in tasks]


async def test_the_recipient_is_told_through_the_system_that_told_of_the_disclosure(
    api: Api, pack: ShippedPack
) -> None:
    await world(api, pack)
    path = await ask(api, MOVED)
    assert (await decided(api, path))["status"] == "in_fulfilment"
    assert await open_tasks(api) == [("correct", "core_banking")]
    await finish_tasks(api)
    assert (await api.staff.get(path)).json()["status"] == "in_fulfilment"
    assert await open_tasks(api) == [("notify_recipient", "insurance")]
    [task] = await finish_tasks(api, "insurance")
    assert (task["kind"], task["record_refs"]) == ("notify_recipient", ["D-1"])
    assert task["payload"] == {
        "right": "correction",
        "recipient": "insurer",
        "purposes": [pack.consent],
        "categories": ["personal_identity"],
        "changes": [{"ref": "0", **MOVED}],
    }
    assert (await api.staff.get(path)).json()["status"] == "completed"
    assert await open_tasks(api) == []


async def test_the_value_is_told_to_the_claimer_and_lies_nowhere_in_the_clear(
    api: Api, pack: ShippedPack, database: Database
) -> None:
    await world(api, pack)
    await decided(api, await ask(api, MOVED))
    await finish_tasks(api)
    assert RIGHT not in (await api.staff.get("/v1/tasks")).text
    await finish_tasks(api, "insurance")
    rows = await database.fetch("SELECT task::text AS row FROM task")
    assert len(rows) == 2
    assert not any(RIGHT in row["row"] or RIGHT.encode().hex() in row["row"] for row in rows)


async def test_recipients_wait_for_the_last_holder_and_hear_of_granted_changes_only(
    api: Api, pack: ShippedPack
) -> None:
    await world(api, pack)
    loan = {"record_ref": "L-1", "field": "term", "proposed": "12"}
    dropped = {**MOVED, "field": "phone", "proposed": "0"}
    items = [
        *({"ref": ref, "outcome": "granted"} for ref in ("0", "1")),
        {"ref": "2", "outcome": "refused", "ground": "rectify_accurate"},
    ]
    path = await ask(api, MOVED, loan, dropped)
    await decided(api, path, "partly_granted", items=items)
    await finish_tasks(api)
    assert await open_tasks(api) == [("correct", "loans")]
    await finish_tasks(api, "loans")
    assert sorted(await open_tasks(api)) == [
        ("notify_recipient", "core_banking"),
        ("notify_recipient", "core_banking"),
        ("notify_recipient", "insurance"),
    ]
    told = {
        task["payload"]["recipient"]: [change["ref"] for change in task["payload"]["changes"]]
        for system in ("core_banking", "insurance")
        for task in await finish_tasks(api, system)
    }
    assert told == {"insurer": ["0"], "banks": ["1"], "courts_and_counsel": ["1"]}
    assert (await api.staff.get(path)).json()["status"] == "completed"


async def test_of_what_no_system_told_staff_tell_the_recipient(api: Api, pack: ShippedPack) -> None:
    await register(api)
    await push(api, "M-1", record("D-1", categories=["personal_identity"]))
    nameless = api.as_role("core_banking", system=None, sub="nameless")
    body = {"subject_ref": "M-1", "recipient": pack.recipient, "purpose": pack.consent}
    told = {**body, "categories": ["personal_identity"], "disclosed_at": "2026-05-01T03:00:00Z"}
    assert (await nameless.post("/v1/disclosures", told)).status_code == 201
    path = await ask(api, MOVED)
    await decided(api, path)
    await finish_tasks(api)
    [task] = await finish_tasks(api, "paper")
    assert (task["kind"], task["payload"]["changes"][0]["proposed"]) == ("notify_recipient", RIGHT)
    assert (await api.staff.get(path)).json()["status"] == "completed"


async def test_the_assessment_says_who_may_have_got_the_wrong_value(api: Api, pack: ShippedPack) -> None:
    await world(api, pack)
    path = await ask(api, MOVED, {"field": "financial", "proposed": "0"})
    found = (await api.staff.get(f"{path}/assessment")).json()["told_wrong"]
    assert [(told["ref"], told["recipient"], told["times"]) for told in found] == [
        ("0", "insurer", 1),
        ("1", "banks", 1),
        ("1", "courts_and_counsel", 1),
    ]
    other = f"/v1/requests/{(await submit(api, kind='complaint'))['id']}"
    assert (await api.staff.get(f"{other}/assessment")).json()["told_wrong"] is None
