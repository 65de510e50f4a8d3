"""Submitting rights requests, and submitting them again, over HTTP."""

import pytest

from tests.support.api import Api, problem
from tests.support.consents import PURPOSE, given, read
from tests.support.members import push, record, register
from tests.support.requests import decide, erasure, submit

COVER = record("CLI-1", "member_data", categories=["health"], lawful_basis="explicit_consent", purpose=PURPOSE)


class TestDuplicates:
    @pytest.mark.parametrize("ground", ["consent_withdrawn", "unlawful"])
    async def test_another_ground_that_is_assessed_otherwise_is_another_request(self, api: Api, ground: str) -> None:
        await register(api)
        first = await submit(api)
        other = await submit(api, ground=ground)
        assert other["id"] != first["id"]
        again = await api.member("M-1").post("/v1/requests/erasure", erasure(ground=ground))
        assert (again.status_code, again.json()["id"], again.json()["duplicate"]) == (200, other["id"], True)

    async def test_a_withdrawal_of_consent_is_not_lost_to_an_open_request_of_the_same_scope(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", COVER)
        consent = await given(api)
        await submit(api)
        await submit(api, ground="consent_withdrawn")
        assert (await read(api, consent["id"]))["status"] == "withdrawn"

    async def test_the_person_s_own_token_proves_the_identity_that_the_open_one_lacks(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", COVER)
        consent = await given(api)
        body = erasure(ground="consent_withdrawn")
        first = (await api.staff.post("/v1/requests/erasure", body)).json()
        again = await api.member("M-1").post("/v1/requests/erasure", body)
        assert (again.status_code, again.json()["id"], again.json()["duplicate"]) == (200, first["id"], True)
        assert again.json()["status"] == "in_review"
        assert again.json()["identity"] == {"required": "substantial", "reached": "substantial", "state": "proven"}
        assert again.headers["etag"] != f'"{first["version"]}"'
        assert (await read(api, consent["id"]))["status"] == "withdrawn"
        timeline = (await api.staff.get(f"/v1/requests/{first['id']}/timeline")).json()["items"]
        assert [step["event"] for step in timeline] == ["request.received", "request.identity_verified"]
        assert timeline[1]["detail"] == {"method": "token"}

    async def test_nobody_else_s_token_and_no_weak_one_does(self, api: Api) -> None:
        await register(api)
        await api.staff.post("/v1/requests/erasure", erasure())
        for caller in (api.staff, api.dpo, api.member("M-1", "low")):
            again = await caller.post("/v1/requests/erasure", erasure())
            assert (again.json()["duplicate"], again.json()["status"]) == (True, "identity_pending")

    async def test_an_open_one_whose_identity_is_proven_stays_as_it_is(self, api: Api) -> None:
        await register(api)
        first = await submit(api)
        again = await api.member("M-1").post("/v1/requests/erasure", erasure())
        assert again.json() == {**first, "duplicate": True}


class TestCases:
    async def test_several_requests_of_one_person_stand_under_one_case(self, api: Api) -> None:
        await register(api)
        await register(api, "M-2")
        first = await submit(api)
        second = await submit(api, ground="unlawful")
        assert second["case_id"] == first["case_id"]
        assert (await submit(api, "M-2"))["case_id"] != first["case_id"]

    async def test_what_is_asked_after_all_was_closed_is_a_new_case(self, api: Api) -> None:
        await register(api)
        first = await submit(api)
        await decide(api, first["id"], "granted")
        assert (await submit(api))["case_id"] != first["case_id"]


async def test_a_category_that_the_policy_does_not_know_is_pointed_at(api: Api) -> None:
    await register(api)
    body = erasure(scope={"categories": ["health", "zodiac", "financial", "astral"]})
    answer = await api.member("M-1").post("/v1/requests/erasure", body)
    assert problem(answer) == (422, "not_allowed")
    assert answer.json()["errors"] == [
        {"pointer": "/scope/categories/1", "code": "not_allowed"},
        {"pointer": "/scope/categories/3", "code": "not_allowed"},
    ]
    assert (await submit(api, scope={"categories": ["health", "financial"]}))["scope"]["scope"] == {
        "categories": ["financial", "health"]
    }


@pytest.mark.parametrize(
    ("scope", "errors"),
    [
        ({"record_refs": ["D-1"], "state": "erased"}, [{"pointer": "/scope/state", "code": "unknown_field"}]),
        ({}, [{"pointer": "/scope", "code": "not_allowed"}]),
        ("some", [{"pointer": "/scope", "code": "not_allowed"}]),
    ],
)
async def test_of_a_scope_only_what_is_wrong_with_it_is_told(api: Api, scope: object, errors: object) -> None:
    await register(api)
    answer = await api.member("M-1").post("/v1/requests/erasure", erasure(scope=scope))
    assert (answer.status_code, answer.json()["errors"]) == (422, errors)
