"""Erasure from submission to completion, over HTTP."""

from tests.support.api import Api, problem
from tests.support.members import push, record, register
from tests.support.requests import PROOF, decide, erasure, finish_tasks, submit

OLD_DEPOSIT = record("D-old", "deposit", events={"deposit_made": "2014-03-02"})
NEW_DEPOSIT = record("D-new", "deposit", events={"deposit_made": "2024-03-02"})
OLD_PAPER = record("P-old", "withdrawal", storage="paper", events={"withdrawal_made": "2013-01-05"})


async def held(api: Api, *records: dict[str, object]) -> None:
    await register(api)
    await push(api, "M-1", *(records or (OLD_DEPOSIT, NEW_DEPOSIT, OLD_PAPER)))


async def test_a_request_runs_from_submission_to_completion(api: Api) -> None:
    await held(api)
    request = await submit(api)
    assert request["status"] == "in_review"
    assert request["identity"] == {"required": "substantial", "reached": "substantial", "state": "proven"}

    decided = (await decide(api, request["id"], "partly_granted")).json()
    assert decided["status"] == "in_fulfilment"
    assert {item["ref"]: item["outcome"] for item in decided["items"]} == {
        "D-new": "refused",
        "D-old": "granted",
        "P-old": "granted",
    }

    assert [task["kind"] for task in await finish_tasks(api)] == ["erase"]
    assert [task["kind"] for task in await finish_tasks(api, "paper")] == ["destroy_paper"]
    done = (await api.member("M-1").get(f"/v1/requests/{request['id']}")).json()
    assert (done["status"], done["outcome"], done["sla"]["state"]) == ("completed", "partly_granted", "met")


async def test_what_is_kept_is_told_with_ground_clause_law_and_date_in_both_languages(api: Api) -> None:
    await held(api)
    request = await submit(api)
    decided = (await decide(api, request["id"], "partly_granted")).json()
    kept = next(item for item in decided["items"] if item["ref"] == "D-new")
    assert kept["ground"] == "erase_legal_compliance"
    assert kept["until"] == "2034-03-02"
    assert all(reason["th"] and reason["en"] and reason["clause"] == "9.1(1)" for reason in kept["because"])
    assert {"AMLA s.22(2)"} <= {reason["law"] for reason in kept["because"]}


async def test_granted_records_are_locked_at_once_and_erased_with_proof(api: Api) -> None:
    await held(api)
    request = await submit(api)
    await decide(api, request["id"], "partly_granted")
    states = {r["record_ref"]: r["state"] for r in (await api.staff.get("/v1/subjects/M-1/records")).json()["items"]}
    assert states == {"D-old": "locked", "P-old": "locked", "D-new": "storage_only"}
    await finish_tasks(api)
    states = {r["record_ref"]: r["state"] for r in (await api.staff.get("/v1/subjects/M-1/records")).json()["items"]}
    assert states == {"D-old": "erased", "P-old": "locked", "D-new": "storage_only"}


async def test_what_was_erased_is_not_resurrected_by_the_next_push(api: Api) -> None:
    await held(api, OLD_DEPOSIT)
    request = await submit(api)
    await decide(api, request["id"], "granted")
    await finish_tasks(api)
    pushed = await api.core.put("/v1/subjects/M-1/records", {"records": [OLD_DEPOSIT]})
    assert pushed.json() == {"accepted": 0, "rejected": [{"record_ref": "D-old", "code": "record_erased"}]}


async def test_a_request_that_leaves_nothing_to_do_is_completed_by_its_decision(api: Api) -> None:
    await register(api)
    request = await submit(api)
    decided = (await decide(api, request["id"], "granted")).json()
    assert decided["status"] == "completed"
    assert decided["items"] == []


async def test_nothing_is_granted_against_a_running_period(api: Api) -> None:
    await held(api, NEW_DEPOSIT)
    request = await submit(api)
    items = [{"ref": "D-new", "outcome": "granted"}]
    answer = await decide(api, request["id"], "granted", items=items)
    assert problem(answer) == (422, "decision_unlawful")


async def test_a_refusal_needs_a_ground_that_holds_for_the_item(api: Api) -> None:
    await held(api, OLD_DEPOSIT, NEW_DEPOSIT)
    request = await submit(api)
    granted = {"ref": "D-old", "outcome": "granted"}

    async def refuse(ground: str | None) -> tuple[int, str]:
        items = [granted, {"ref": "D-new", "outcome": "refused", **({"ground": ground} if ground else {})}]
        return problem(await decide(api, request["id"], "partly_granted", items=items))

    assert await refuse(None) == (422, "ground_not_valid")
    assert await refuse("access_law_court_and_others") == (422, "ground_not_valid")
    assert await refuse("erase_expression") == (422, "decision_unlawful")


async def test_each_item_is_decided_once_and_the_outcome_is_their_sum(api: Api) -> None:
    await held(api, OLD_DEPOSIT, NEW_DEPOSIT)
    request = await submit(api)
    granted = {"ref": "D-old", "outcome": "granted"}
    refused = {"ref": "D-new", "outcome": "refused", "ground": "erase_legal_compliance"}
    assert problem(await decide(api, request["id"], "granted", items=[granted])) == (422, "items_incomplete")
    twice = [granted, granted, refused]
    assert problem(await decide(api, request["id"], "partly_granted", items=twice)) == (422, "items_incomplete")
    both = [granted, refused]
    assert problem(await decide(api, request["id"], "granted", items=both)) == (422, "outcome_mismatch")
    assert (await decide(api, request["id"], "partly_granted", items=both)).status_code == 200


async def test_four_eyes_see_every_erasure(api: Api) -> None:
    await held(api, OLD_DEPOSIT)
    request = await submit(api)
    path = f"/v1/requests/{request['id']}"
    assert problem(await api.dpo.post(f"{path}/decision", {"outcome": "granted"})) == (409, "four_eyes_required")
    await api.dpo.post(f"{path}/assessment")
    assert problem(await api.dpo.post(f"{path}/decision", {"outcome": "granted"})) == (409, "four_eyes_required")
    assert problem(await api.staff.post(f"{path}/decision", {"outcome": "granted"})) == (403, "forbidden")
    await api.staff.post(f"{path}/assessment")
    assert (await api.dpo.post(f"{path}/decision", {"outcome": "granted"})).status_code == 200


async def test_a_signed_assessment_that_is_no_longer_true_decides_nothing(api: Api) -> None:
    await held(api, OLD_DEPOSIT)
    request = await submit(api)
    path = f"/v1/requests/{request['id']}"
    await api.staff.post(f"{path}/assessment")
    await push(api, "M-1", NEW_DEPOSIT)
    answer = await api.dpo.post(f"{path}/decision", {"outcome": "granted"})
    assert problem(answer) == (409, "assessment_stale")


async def test_identity_comes_before_the_decision(api: Api) -> None:
    await held(api, OLD_DEPOSIT)
    request = (await api.staff.post("/v1/requests/erasure", erasure(channel="counter"))).json()
    assert request["status"] == "identity_pending"
    answer = await api.dpo.post(f"/v1/requests/{request['id']}/decision", {"outcome": "granted"})
    assert problem(answer) == (409, "illegal_transition")
    assert answer.json()["allowed"] == ["verify", "cancel"]


async def test_the_same_request_again_leads_to_the_open_one(api: Api) -> None:
    await held(api)
    first = await submit(api)
    again = await api.member("M-1").post("/v1/requests/erasure", erasure())
    assert again.status_code == 200
    assert (again.json()["id"], again.json()["duplicate"]) == (first["id"], True)
    assert again.json()["sla"] == first["sla"]
    other = await api.member("M-1").post("/v1/requests/erasure", erasure(scope={"record_refs": ["D-old"]}))
    assert other.status_code == 201


async def test_a_record_that_is_not_held_can_only_be_refused(api: Api) -> None:
    await held(api, OLD_DEPOSIT)
    request = await submit(api, scope={"record_refs": ["D-old", "D-unknown"]})
    decided = (await decide(api, request["id"], "partly_granted")).json()
    assert {item["ref"]: item["ground"] for item in decided["items"]} == {"D-old": None, "D-unknown": "no_data_held"}


async def test_erasing_wants_proof_and_a_live_lease(api: Api) -> None:
    await held(api, OLD_DEPOSIT)
    request = await submit(api)
    await decide(api, request["id"], "granted")
    [task] = (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"]
    path = f"/v1/tasks/{task['id']}/completion"
    assert problem(await api.core.post(path, {"lease": task["lease"]})) == (422, "proof_required")
    stale = {"lease": "0198c5f0-0000-7000-8000-000000000000", "proof": PROOF}
    assert problem(await api.core.post(path, stale)) == (409, "lease_lost")
    done = {"lease": task["lease"], "proof": PROOF}
    assert (await api.core.post(path, done)).status_code == 200
    assert (await api.core.post(path, done)).json()["status"] == "completed"


async def test_a_system_works_on_its_own_tasks_only(api: Api) -> None:
    await held(api, OLD_DEPOSIT)
    request = await submit(api)
    await decide(api, request["id"], "granted")
    other = api.as_role("core_banking", system="loans")
    assert problem(await other.post("/v1/tasks/claims", {"system": "core_banking"})) == (403, "forbidden")
    [task] = (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"]
    answer = await other.post(f"/v1/tasks/{task['id']}/completion", {"lease": task["lease"], "proof": PROOF})
    assert problem(answer) == (404, "not_found")


async def test_when_nothing_is_left_the_subject_goes_too(api: Api) -> None:
    await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
    await push(api, "M-1", OLD_DEPOSIT)
    request = await submit(api)
    await decide(api, request["id"], "granted")
    await finish_tasks(api)
    subject = (await api.staff.get("/v1/subjects/M-1")).json()
    assert subject["contacts"] == {"phone": None, "email": None}
    again = await api.core.put("/v1/subjects/M-1", {"kind": "visitor"})
    assert problem(again) == (409, "subject_erased")


async def test_what_turns_out_to_be_kept_after_the_decision_is_not_handed_out(api: Api) -> None:
    await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
    await push(api, "M-1", record("F-1", "member_data"), OLD_DEPOSIT)
    request = await submit(api)
    await decide(api, request["id"], "granted")
    await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2025-01-01"})
    [task] = (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"]
    assert task["record_refs"] == ["D-old"]
    done = await api.core.post(f"/v1/tasks/{task['id']}/completion", {"lease": task["lease"], "proof": PROOF})
    assert done.status_code == 200
    assert (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"] == []
    assert (await api.staff.get(f"/v1/requests/{request['id']}")).json()["status"] == "in_fulfilment"
    states = {r["record_ref"]: r["state"] for r in (await api.staff.get("/v1/subjects/M-1/records")).json()["items"]}
    assert states == {"D-old": "erased", "F-1": "locked"}


async def test_a_later_request_leaves_what_was_granted_before_alone(api: Api) -> None:
    await held(api, OLD_DEPOSIT)
    first = await submit(api)
    await decide(api, first["id"], "granted")
    later = await submit(api, scope={"record_refs": ["D-old"]})
    decided = (await decide(api, later["id"], "refused")).json()
    assert [item["ground"] for item in decided["items"]] == ["no_data_held"]
    assert [task["record_refs"] for task in await finish_tasks(api)] == [["D-old"]]


async def test_the_assessment_tells_how_long_the_particulars_are_kept(api: Api) -> None:
    await register(api)
    request = await submit(api)
    kept = (await api.staff.get(f"/v1/requests/{request['id']}/assessment")).json()["profile"]
    assert (kept["action"], kept["waits_for"]) == ("keep", "membership_terminated")
    assert kept["because"][0]["law"]


async def test_a_visitor_without_any_membership_is_erased_whole(api: Api) -> None:
    await register(api, "V-1", kind="visitor", membership=None)
    request = await submit(api, "V-1")
    await decide(api, request["id"], "granted")
    assert problem(await api.core.put("/v1/subjects/V-1", {"kind": "visitor"})) == (409, "subject_erased")


async def test_a_member_whose_membership_is_unknown_stays(api: Api) -> None:
    await register(api, membership=None)
    request = await submit(api)
    await decide(api, request["id"], "granted")
    assert (await api.core.put("/v1/subjects/M-1", {"kind": "member", "born_on": "1970"})).status_code == 200


async def test_the_completion_is_told_although_nothing_else_is_left(api: Api) -> None:
    await register(api, "V-1", kind="visitor", membership=None)
    request = await submit(api, "V-1")
    await decide(api, request["id"], "granted")
    told = (await api.get("/sandbox/outbox", params={"to": "V-1"})).json()["items"]
    assert [message["kind"] for message in told] == ["completion", "decision"]


async def test_nobody_decides_in_their_own_matter(api: Api) -> None:
    await held(api, OLD_DEPOSIT)
    request = await submit(api)
    await api.staff.post(f"/v1/requests/{request['id']}/assessment")
    officer = api.as_role("member", "dpo", subject_ref="M-1", acr="substantial")
    answer = await officer.post(f"/v1/requests/{request['id']}/decision", {"outcome": "granted"})
    assert problem(answer) == (403, "forbidden")


async def test_nobody_is_one_of_the_two_in_their_own_matter(api: Api) -> None:
    await held(api, OLD_DEPOSIT)
    path = f"/v1/requests/{(await submit(api))['id']}"
    clerk = api.as_role("member", "staff", subject_ref="M-1", acr="substantial")
    assert problem(await clerk.post(f"{path}/assessment")) == (403, "forbidden")
    assert problem(await api.dpo.post(f"{path}/decision", {"outcome": "granted"})) == (409, "four_eyes_required")


async def test_unlawfully_processed_data_is_never_anonymised(api: Api) -> None:
    await held(api, OLD_DEPOSIT)
    request = await submit(api, ground="unlawful", method="anonymise")
    await decide(api, request["id"], "granted")
    assert [task["kind"] for task in await finish_tasks(api)] == ["erase"]
