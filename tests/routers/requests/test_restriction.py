"""Restriction of processing from submission until it is lifted, over HTTP."""

import asyncio
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.limits import Limit, standing
from tests.support.members import push, record, register
from tests.support.requests import code_for, decide, finish_tasks, restriction, submit

PURPOSE, OTHER = "beneficiary_designation", "share_subscription_change"
DEPOSIT = record("D-1", events={"deposit_made": "2024-03-02"})
LOAN = record("L-1", "loan_contract", system="loans")
PAPER = record("P-1", "member_data", storage="paper")
HEALTH = record("H-1", "member_data", categories=["health"])


async def held(api: Api) -> None:
    await register(api)
    await push(api, "M-1", DEPOSIT, LOAN, PAPER)


async def ask(api: Api, **changes: Any) -> dict[str, Any]:
    return await submit(api, kind="restriction", **changes)


async def decide_alone(api: Api, request_id: str, outcome: str, **changes: Any) -> Any:
    return await api.staff.post(f"/v1/requests/{request_id}/decision", {"outcome": outcome, **changes})


async def events(api: Api, request_id: str) -> list[str]:
    timeline = (await api.staff.get(f"/v1/requests/{request_id}/timeline")).json()["items"]
    return [step["event"] for step in timeline]


class TestSubmission:
    async def test_use_is_restricted_from_the_moment_a_token_proves_identity(
        self, api: Api, database: Database
    ) -> None:
        await register(api)
        request = await ask(api, purposes=[OTHER, PURPOSE])
        assert (request["kind"], request["status"]) == ("restriction", "in_review")
        assert request["scope"] == {"purposes": [PURPOSE, OTHER], "ground": "needed_for_claims"}
        assert request["sla"]["decide_by"] == request["sla"]["complete_by"]
        assert await standing(database) == [Limit("restriction", (PURPOSE, OTHER), final=False)]
        assert await events(api, request["id"]) == [
            "request.received",
            "request.identity_verified",
            "restriction.applied",
        ]

    async def test_records_are_restricted_like_purposes(self, api: Api, database: Database) -> None:
        await held(api)
        await ask(api, record_refs=["L-1", "D-1"], ground="accuracy_under_check")
        assert await standing(database) == [Limit("restriction", ("D-1", "L-1"), final=False)]

    async def test_nothing_is_restricted_before_a_code_proves_identity(self, api: Api, database: Database) -> None:
        await register(api)
        request = (await api.staff.post("/v1/requests/restriction", restriction(channel="counter"))).json()
        assert request["status"] == "identity_pending"
        assert await standing(database) == []
        path = f"/v1/requests/{request['id']}/identity"
        sent = (await api.staff.post(f"{path}/challenges", {"via": "sms"})).json()
        proof = {"challenge_id": sent["challenge_id"], "code": await code_for(api)}
        assert (await api.staff.post(f"{path}/verifications", proof)).json()["status"] == "in_review"
        assert await standing(database) == [Limit("restriction", (PURPOSE,), final=False)]

    @pytest.mark.parametrize("changes", [{"purposes": None}, {"record_refs": ["D-1"], "purposes": [PURPOSE]}])
    async def test_exactly_one_of_purposes_and_records_is_named(self, api: Api, changes: dict[str, Any]) -> None:
        await register(api)
        answer = await api.member("M-1").post("/v1/requests/restriction", restriction(**changes))
        assert problem(answer)[0] == 422

    async def test_a_purpose_that_the_policy_does_not_know_is_pointed_at(self, api: Api) -> None:
        await register(api)
        body = restriction(purposes=[PURPOSE, "astrology"])
        answer = await api.member("M-1").post("/v1/requests/restriction", body)
        assert problem(answer) == (422, "not_allowed")
        assert answer.json()["errors"] == [{"pointer": "/purposes/1", "code": "not_allowed"}]

    async def test_the_same_again_leads_to_the_open_one_and_restricts_once(self, api: Api, database: Database) -> None:
        await register(api)
        first = await ask(api, purposes=[PURPOSE, OTHER])
        body = restriction(purposes=[OTHER, PURPOSE, OTHER], ground="unlawful_but_keep")
        again = await api.member("M-1").post("/v1/requests/restriction", body)
        assert (again.status_code, again.json()["id"], again.json()["duplicate"]) == (200, first["id"], True)
        assert len(await standing(database)) == 1
        assert (await ask(api, purposes=[PURPOSE]))["id"] != first["id"]

    async def test_of_the_same_submissions_at_once_one_restricts(self, api: Api, database: Database) -> None:
        await register(api)
        member = api.member("M-1")
        answers = await asyncio.gather(*(member.post("/v1/requests/restriction", restriction()) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
        assert len(await standing(database)) == 1

    async def test_a_member_asks_for_nobody_else_and_sees_nobody_elses(self, api: Api) -> None:
        await register(api)
        await register(api, "M-2")
        other = api.member("M-2")
        assert problem(await other.post("/v1/requests/restriction", restriction())) == (404, "not_found")
        request = await ask(api)
        assert problem(await other.get(f"/v1/requests/{request['id']}")) == (404, "not_found")
        assert (await api.member("M-1").get(f"/v1/requests/{request['id']}")).json()["id"] == request["id"]


class TestAssessment:
    async def test_each_purpose_is_proposed_to_be_restricted_and_may_be_refused(self, api: Api) -> None:
        await register(api)
        request = await ask(api, purposes=[PURPOSE, OTHER])
        found = (await api.staff.get(f"/v1/requests/{request['id']}/assessment")).json()
        assert (found["outcome"], found["profile"]) == ("granted", None)
        assert [item["ref"] for item in found["items"]] == [PURPOSE, OTHER]
        assert all("restrict_ground_not_met" in item["grounds"] for item in found["items"])
        assert found["items"][0]["label"]["en"] == "Name or change beneficiaries"

    async def test_a_record_that_is_not_held_can_only_be_refused(self, api: Api, database: Database) -> None:
        await held(api)
        request = await ask(api, record_refs=["D-1", "D-none"])
        decided = (await decide_alone(api, request["id"], "partly_granted")).json()
        assert {item["ref"]: item["ground"] for item in decided["items"]} == {"D-1": None, "D-none": "no_data_held"}
        assert await standing(database) == [Limit("restriction", ("D-1",), final=True)]

    async def test_who_has_died_since_is_answered_so(self, api: Api, database: Database) -> None:
        await register(api)
        request = await ask(api)
        await register(api, deceased_on="2026-01-05")
        decided = (await decide_alone(api, request["id"], "refused")).json()
        assert [item["ground"] for item in decided["items"]] == ["deceased_subject"]
        assert await standing(database) == []


class TestDecision:
    async def test_what_is_granted_stays_and_every_holder_is_told(self, api: Api, database: Database) -> None:
        await held(api)
        request = await ask(api, record_refs=["D-1", "L-1", "P-1"])
        decided = (await decide_alone(api, request["id"], "granted")).json()
        assert decided["status"] == "in_fulfilment"
        assert await standing(database) == [Limit("restriction", ("D-1", "L-1", "P-1"), final=True)]
        tasks = [task for system in ("core_banking", "loans", "paper") for task in await finish_tasks(api, system)]
        assert [(task["kind"], task["system"], task["record_refs"]) for task in tasks] == [
            ("restrict", "core_banking", ["D-1"]),
            ("restrict", "loans", ["L-1"]),
            ("restrict", "paper", ["P-1"]),
        ]
        done = (await api.member("M-1").get(f"/v1/requests/{request['id']}")).json()
        assert (done["status"], done["outcome"]) == ("completed", "granted")
        assert len(await standing(database)) == 1

    async def test_a_purpose_reaches_the_holders_of_the_records_that_serve_it(self, api: Api) -> None:
        await held(api)
        await push(api, "M-1", record("X-1", "loan_contract", system="mobile", purpose=PURPOSE))
        request = await ask(api)
        await decide_alone(api, request["id"], "granted")
        tasks = (await api.staff.get("/v1/tasks")).json()["items"]
        assert {task["system"]: (task["record_refs"], task["payload"]) for task in tasks} == {
            "paper": (["P-1"], {"right": "restriction", "purposes": [PURPOSE]}),
            "mobile": (["X-1"], {"right": "restriction", "purposes": [PURPOSE]}),
        }

    async def test_what_was_erased_is_nobodys_task(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("D-old", events={"deposit_made": "2014-03-02"}))
        await decide(api, (await submit(api, scope={"record_refs": ["D-old"]}))["id"], "granted")
        await finish_tasks(api)
        request = await ask(api, purposes=["transaction_evidence"])
        assert (await decide_alone(api, request["id"], "granted")).json()["status"] == "completed"

    async def test_what_no_system_holds_is_restricted_all_the_same(self, api: Api, database: Database) -> None:
        await register(api)
        request = await ask(api)
        assert (await decide_alone(api, request["id"], "granted")).json()["status"] == "completed"
        assert await standing(database) == [Limit("restriction", (PURPOSE,), final=True)]

    async def test_what_is_refused_is_free_with_the_decision(self, api: Api, database: Database) -> None:
        await held(api)
        request = await ask(api)
        items = [{"ref": PURPOSE, "outcome": "refused", "ground": "restrict_ground_not_met"}]
        decided = (await decide_alone(api, request["id"], "refused", items=items)).json()
        assert (decided["status"], decided["outcome"]) == ("refused", "refused")
        assert await standing(database) == []
        assert (await events(api, request["id"]))[-2:] == ["restriction.lifted", "request.decided"]
        assert (await api.staff.get("/v1/tasks")).json()["items"] == []

    async def test_of_two_purposes_the_refused_one_is_free_and_the_other_stays(
        self, api: Api, database: Database
    ) -> None:
        await register(api)
        request = await ask(api, purposes=[PURPOSE, OTHER])
        items = [
            {"ref": PURPOSE, "outcome": "granted"},
            {"ref": OTHER, "outcome": "refused", "ground": "restrict_ground_not_met"},
        ]
        assert (await decide_alone(api, request["id"], "partly_granted", items=items)).status_code == 200
        assert await standing(database) == [Limit("restriction", (PURPOSE,), final=True)]
        rows = await database.fetch("SELECT since, lifted_at FROM processing_limit ORDER BY lifted_at NULLS LAST")
        assert [row["lifted_at"] is None for row in rows] == [False, True]
        assert rows[0]["since"] == rows[1]["since"] < rows[0]["lifted_at"]

    @pytest.mark.parametrize("ground", ["restrict_ground_not_met", "insufficient_detail", "out_of_scope_credit_bureau"])
    async def test_a_ground_of_this_right_refuses(self, api: Api, ground: str) -> None:
        await register(api)
        request = await ask(api)
        items = [{"ref": PURPOSE, "outcome": "refused", "ground": ground}]
        assert (await decide_alone(api, request["id"], "refused", items=items)).status_code == 200

    @pytest.mark.parametrize(
        ("ground", "code"),
        [
            (None, "ground_not_valid"),
            ("object_compelling", "ground_not_valid"),
            ("id_not_proven", "ground_not_valid"),
            ("no_data_held", "decision_unlawful"),
            ("deceased_subject", "decision_unlawful"),
        ],
    )
    async def test_no_other_ground_does(self, api: Api, database: Database, ground: str | None, code: str) -> None:
        await register(api)
        request = await ask(api)
        items = [{"ref": PURPOSE, "outcome": "refused", **({"ground": ground} if ground else {})}]
        assert problem(await decide_alone(api, request["id"], "refused", items=items)) == (422, code)
        assert await standing(database) == [Limit("restriction", (PURPOSE,), final=False)]

    async def test_what_is_not_held_is_not_granted(self, api: Api) -> None:
        await register(api)
        request = await ask(api, record_refs=["D-none"])
        items = [{"ref": "D-none", "outcome": "granted"}]
        assert problem(await decide_alone(api, request["id"], "granted", items=items)) == (422, "decision_unlawful")


class TestFourEyes:
    @pytest.mark.parametrize("scope", [{"purposes": ["membership_vetting_and_approval"]}, {"record_refs": ["H-1"]}])
    async def test_see_whatever_touches_a_sensitive_category(self, api: Api, scope: dict[str, Any]) -> None:
        await register(api)
        await push(api, "M-1", HEALTH)
        request = await ask(api, **scope)
        assert problem(await decide_alone(api, request["id"], "granted")) == (403, "forbidden")
        alone = await api.dpo.post(f"/v1/requests/{request['id']}/decision", {"outcome": "granted"})
        assert problem(alone) == (409, "four_eyes_required")
        assert (await decide(api, request["id"], "granted")).status_code == 200

    async def test_nobody_decides_in_their_own_matter(self, api: Api) -> None:
        await register(api)
        request = await ask(api)
        officer = api.as_role("member", "staff", subject_ref="M-1", acr="substantial")
        assert problem(await decide_alone_as(officer, request["id"])) == (403, "forbidden")


async def decide_alone_as(caller: Api, request_id: str) -> Any:
    return await caller.post(f"/v1/requests/{request_id}/decision", {"outcome": "granted"})


async def test_a_cancelled_request_restricts_nothing_any_more(api: Api, database: Database) -> None:
    await register(api)
    request = await ask(api)
    cancelled = await api.member("M-1").post(f"/v1/requests/{request['id']}/cancellation")
    assert cancelled.json()["status"] == "cancelled"
    assert await standing(database) == []
    assert (await events(api, request["id"]))[-2:] == ["restriction.lifted", "request.cancelled"]


async def test_one_that_lapsed_has_restricted_nothing(api: Api, database: Database) -> None:
    await register(api)
    request = (await api.staff.post("/v1/requests/restriction", restriction())).json()
    await api.post("/sandbox/clock", {"advance": "P31D"})
    assert (await api.staff.get(f"/v1/requests/{request['id']}")).json()["status"] == "lapsed"
    assert (await database.fetch("SELECT * FROM processing_limit")) == []


async def test_a_question_and_its_answer_leave_it_restricted(api: Api, database: Database) -> None:
    await register(api)
    path = f"/v1/requests/{(await ask(api))['id']}"
    assert (await api.staff.post(f"{path}/information-requests", {"question": "Since when?"})).status_code == 200
    assert (await api.member("M-1").post(f"{path}/information", {"answer": "May"})).status_code == 200
    assert await standing(database) == [Limit("restriction", (PURPOSE,), final=False)]
