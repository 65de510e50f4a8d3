"""Objections from submission to completion, over HTTP."""

from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.limits import Limit, standing
from tests.support.members import push, record, register
from tests.support.requests import decide, finish_tasks, objection, submit

INTEREST, CONTRACT = "beneficiary_designation", "share_subscription_change"


async def ask(api: Api, **changes: Any) -> dict[str, Any]:
    return await submit(api, kind="objection", **changes)


async def decide_alone(api: Api, request_id: str, outcome: str, **changes: Any) -> Any:
    return await api.staff.post(f"/v1/requests/{request_id}/decision", {"outcome": outcome, **changes})


async def events(api: Api, request_id: str) -> list[str]:
    timeline = (await api.staff.get(f"/v1/requests/{request_id}/timeline")).json()["items"]
    return [step["event"] for step in timeline]


class TestSubmission:
    async def test_what_can_be_objected_to_is_set_apart_at_once_and_the_rest_goes_on(
        self, api: Api, database: Database
    ) -> None:
        await register(api)
        request = await ask(api, purposes=[CONTRACT, INTEREST])
        assert (request["status"], request["identity"]["required"]) == ("in_review", "substantial")
        assert await standing(database) == [Limit("objection", (INTEREST,), final=False)]
        assert (await events(api, request["id"]))[-1] == "objection.applied"

    async def test_one_to_what_cannot_be_objected_to_is_received_and_stops_nothing(
        self, api: Api, database: Database
    ) -> None:
        await register(api)
        request = await ask(api, purposes=[CONTRACT])
        assert await standing(database) == []
        assert (await events(api, request["id"]))[-1] == "request.identity_verified"

    async def test_a_weak_token_proves_nothing_and_stops_nothing(self, api: Api, database: Database) -> None:
        await register(api)
        answer = await api.member("M-1", "low").post("/v1/requests/objection", objection(ground="direct_marketing"))
        assert (answer.status_code, answer.json()["status"]) == (201, "identity_pending")
        assert await standing(database) == []

    async def test_the_reason_is_read_by_officers_and_by_nobody_else(self, api: Api) -> None:
        await register(api)
        request = await ask(api, reason="my brother works there")
        path = f"/v1/requests/{request['id']}/messages"
        said = (await api.staff.get(path)).json()["items"]
        assert [(message["direction"], message["text"]) for message in said] == [("reason", "my brother works there")]
        assert [message["text"] for message in (await api.as_role("auditor").get(path)).json()["items"]] == [None]
        assert "brother" not in str(request)

    async def test_a_purpose_that_the_policy_does_not_know_is_pointed_at(self, api: Api) -> None:
        await register(api)
        answer = await api.member("M-1").post("/v1/requests/objection", objection(purposes=["astrology", INTEREST]))
        assert problem(answer) == (422, "not_allowed")
        assert answer.json()["errors"] == [{"pointer": "/purposes/0", "code": "not_allowed"}]

    @pytest.mark.parametrize("changes", [{"purposes": []}, {"ground": "boredom"}])
    async def test_purposes_and_a_ground_of_the_law_are_named(self, api: Api, changes: dict[str, Any]) -> None:
        await register(api)
        assert problem(await api.member("M-1").post("/v1/requests/objection", objection(**changes)))[0] == 422

    async def test_the_same_again_leads_to_the_open_one_and_one_to_research_is_another(self, api: Api) -> None:
        await register(api)
        first = await ask(api)
        again = await api.member("M-1").post("/v1/requests/objection", objection(ground="direct_marketing"))
        assert (again.status_code, again.json()["id"], again.json()["duplicate"]) == (200, first["id"], True)
        assert (await ask(api, ground="research"))["id"] != first["id"]


class TestDecision:
    async def test_what_is_granted_stops_for_good_and_every_holder_is_told(self, api: Api, database: Database) -> None:
        await register(api)
        await push(api, "M-1", record("F-1", "member_data"), record("P-1", "member_data", storage="paper"))
        request = await ask(api)
        assert (await decide_alone(api, request["id"], "granted")).json()["status"] == "in_fulfilment"
        assert await standing(database) == [Limit("objection", (INTEREST,), final=True)]
        [task], [paper] = await finish_tasks(api), await finish_tasks(api, "paper")
        assert (task["kind"], task["record_refs"]) == ("stop_processing", ["F-1"])
        assert task["payload"] == {"right": "objection", "purposes": [INTEREST]}
        assert (paper["kind"], paper["record_refs"]) == ("stop_processing", ["P-1"])
        assert (await api.staff.get(f"/v1/requests/{request['id']}")).json()["status"] == "completed"
        assert len(await standing(database)) == 1

    async def test_what_cannot_be_objected_to_is_refused_as_it_stands(self, api: Api, database: Database) -> None:
        await register(api)
        request = await ask(api, purposes=[CONTRACT, INTEREST])
        decided = (await decide_alone(api, request["id"], "partly_granted")).json()
        assert {item["ref"]: (item["outcome"], item["ground"]) for item in decided["items"]} == {
            INTEREST: ("granted", None),
            CONTRACT: ("refused", "object_not_objectable"),
        }
        assert await standing(database) == [Limit("objection", (INTEREST,), final=True)]

    async def test_what_cannot_be_objected_to_is_not_granted(self, api: Api) -> None:
        await register(api)
        request = await ask(api, purposes=[CONTRACT])
        items = [{"ref": CONTRACT, "outcome": "granted"}]
        assert problem(await decide_alone(api, request["id"], "granted", items=items)) == (422, "decision_unlawful")

    @pytest.mark.parametrize(
        ("asked", "ground"),
        [
            ("public_task_or_legitimate_interest", "object_compelling"),
            ("public_task_or_legitimate_interest", "object_legal_claims"),
            ("direct_marketing", "object_compelling"),
            ("research", "object_public_research"),
            ("research", "insufficient_detail"),
        ],
    )
    async def test_what_is_refused_goes_on_with_the_decision(
        self, api: Api, database: Database, asked: str, ground: str
    ) -> None:
        await register(api)
        request = await ask(api, ground=asked)
        items = [{"ref": INTEREST, "outcome": "refused", "ground": ground}]
        assert (await decide_alone(api, request["id"], "refused", items=items)).json()["status"] == "refused"
        assert await standing(database) == []
        assert (await events(api, request["id"]))[-2:] == ["objection.lifted", "request.decided"]

    @pytest.mark.parametrize(
        ("asked", "ground", "code"),
        [
            ("research", "object_compelling", "decision_unlawful"),
            ("public_task_or_legitimate_interest", "object_public_research", "decision_unlawful"),
            ("public_task_or_legitimate_interest", "object_not_objectable", "decision_unlawful"),
            ("public_task_or_legitimate_interest", "restrict_ground_not_met", "ground_not_valid"),
        ],
    )
    async def test_no_ground_of_another_case_or_right_refuses(
        self, api: Api, database: Database, asked: str, ground: str, code: str
    ) -> None:
        await register(api)
        request = await ask(api, ground=asked)
        items = [{"ref": INTEREST, "outcome": "refused", "ground": ground}]
        assert problem(await decide_alone(api, request["id"], "refused", items=items)) == (422, code)
        assert await standing(database) == [Limit("objection", (INTEREST,), final=False)]

    async def test_four_eyes_see_what_touches_a_sensitive_category(self, api: Api) -> None:
        await register(api)
        request = await ask(api, purposes=["loan_application_assessment"])
        assert problem(await decide_alone(api, request["id"], "granted")) == (403, "forbidden")
        alone = await api.dpo.post(f"/v1/requests/{request['id']}/decision", {"outcome": "granted"})
        assert problem(alone) == (409, "four_eyes_required")
        assert (await decide(api, request["id"], "granted")).status_code == 200


async def test_a_cancelled_objection_stops_nothing_any_more(api: Api, database: Database) -> None:
    await register(api)
    request = await ask(api)
    assert (await api.member("M-1").post(f"/v1/requests/{request['id']}/cancellation")).status_code == 200
    assert await standing(database) == []
    assert (await events(api, request["id"]))[-2:] == ["objection.lifted", "request.cancelled"]
