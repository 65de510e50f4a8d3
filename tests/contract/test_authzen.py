"""The cases of the AuthZEN certification scenario (OpenID, Authorization API 1.0), transcribed onto our own data.

Its `alice` may: data that a contract carries. Its `bob` may not: data that nobody has consented to. Properties decide as
its fixture wants it: the categories of the resource. Search is not offered, so its cases are not here.
"""

from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.evaluations import ASKING, INSURANCE, MANY, ONE, about, codes, question, told
from tests.support.members import register

YES, NO = question(), question(purpose=INSURANCE)
WITHOUT = {
    name: {key: value for key, value in YES.items() if key != name} for name in ("subject", "action", "resource")
}


@pytest.fixture
async def core(api: Api) -> Api:
    """The core banking system, which knows one member."""
    await register(api)
    return api.core


@pytest.mark.parametrize(
    ("body", "decision"),
    [
        pytest.param(YES, True, id="permit"),
        pytest.param(NO, False, id="deny"),
        pytest.param(
            {**YES, "context": {**YES["context"], "time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"}},
            True,
            id="further context",
        ),
        pytest.param(question(categories=["financial"]), True, id="permit by properties of the resource"),
        pytest.param(question(categories=["health"]), False, id="deny by properties of the resource"),
        pytest.param(
            {
                **YES,
                "subject": {**ASKING, "properties": {"department": "Sales", "role": "manager"}},
                "action": {"name": "use", "properties": {"method": "GET"}},
                "resource": about(owner="bob", status="active"),
            },
            True,
            id="properties that mean nothing here",
        ),
        pytest.param({**YES, "foo": "bar", "futureField": {"nested": True}}, True, id="unknown members"),
        pytest.param({**YES, "subject": {"type": "spaceship", "id": "1"}}, True, id="whoever asks"),
        pytest.param({**YES, "context": None}, False, id="null for a context that is left out"),
        pytest.param(
            {**YES, "resource": {**YES["resource"], "properties": None}, "action": {"name": "use", "properties": None}},
            True,
            id="null for properties that are left out",
        ),
    ],
)
async def test_a_well_formed_question_is_answered(core: Api, body: dict[str, Any], decision: bool) -> None:
    answer = await core.post(ONE, body)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["decision"] is decision
    assert isinstance(answer.json()["context"], dict)
    assert (await core.post(MANY, body)).json() == answer.json(), "a batch without evaluations is one question"
    assert (await core.post(MANY, {**body, "evaluations": []})).json() == answer.json()


MALFORMED = [
    pytest.param(WITHOUT["subject"], "/subject", "missing", id="no subject"),
    pytest.param(WITHOUT["action"], "/action", "missing", id="no action"),
    pytest.param(WITHOUT["resource"], "/resource", "missing", id="no resource"),
    pytest.param({**YES, "subject": {"id": "x"}}, "/subject/type", "missing", id="no type of subject"),
    pytest.param({**YES, "subject": {"type": "x"}}, "/subject/id", "missing", id="no id of subject"),
    pytest.param({**YES, "action": {}}, "/action/name", "missing", id="no name of action"),
    pytest.param({**YES, "resource": {"id": "M-1"}}, "/resource/type", "missing", id="no type of resource"),
    pytest.param({**YES, "resource": {"type": "personal_data"}}, "/resource/id", "missing", id="no id of resource"),
    pytest.param({**YES, "subject": "alice"}, "/subject", "wrong_type", id="subject is text"),
    pytest.param({**YES, "action": None}, "/action", "wrong_type", id="action is null"),
    pytest.param({**YES, "resource": ["M-1"]}, "/resource", "wrong_type", id="resource is a list"),
    pytest.param({**YES, "action": {"name": 123}}, "/action/name", "wrong_type", id="name is a number"),
    pytest.param({**YES, "subject": {"type": "x", "id": 1}}, "/subject/id", "wrong_type", id="id is a number"),
    pytest.param({**YES, "resource": {"type": None, "id": "M-1"}}, "/resource/type", "wrong_type", id="type is null"),
    pytest.param({**YES, "resource": about("")}, "/resource/id", "too_short", id="id is empty"),
    pytest.param({**YES, "context": "x"}, "/context", "wrong_type", id="context is text"),
    pytest.param(
        {**YES, "subject": {**ASKING, "properties": []}},
        "/subject/properties",
        "wrong_type",
        id="properties are a list",
    ),
    pytest.param(
        {**YES, "resource": {**about(), "properties": 1}},
        "/resource/properties",
        "wrong_type",
        id="properties a number",
    ),
    pytest.param([YES], "", "wrong_type", id="a list at the top"),
    pytest.param("text", "", "wrong_type", id="text at the top"),
]


@pytest.mark.parametrize("path", [ONE, MANY])
@pytest.mark.parametrize(("body", "pointer", "fault"), MALFORMED)
async def test_a_malformed_question_is_refused_with_400(
    core: Api, path: str, body: object, pointer: str, fault: str
) -> None:
    answer = await core.post(path, body)
    assert problem(answer) == (400, "malformed_request")
    assert answer.json()["errors"] == [{"pointer": pointer, "code": fault}]


@pytest.mark.parametrize("path", [ONE, MANY])
@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        pytest.param(b"", "application/json", "malformed_request", id="empty body"),
        pytest.param(b"{", "application/json", "malformed_json", id="not JSON"),
        pytest.param(b'{"subject":1,"subject":2}', "application/json", "malformed_json", id="a key twice"),
        pytest.param(b"{}", "text/plain", "malformed_request", id="another content type"),
        pytest.param(b"{}", "application/x-www-form-urlencoded", "malformed_request", id="a form"),
        pytest.param(b"{}", "application/json; charset=latin-1", "malformed_request", id="another charset"),
    ],
)
async def test_what_is_no_json_object_of_that_type_is_refused_with_400(
    core: Api, path: str, content: bytes, media_type: str, code: str
) -> None:
    answer = await core.call("POST", path, content=content, headers={"Content-Type": media_type})
    assert problem(answer) == (400, code)


async def test_a_body_without_a_content_type_is_refused(core: Api) -> None:
    assert problem(await core.call("POST", ONE, content=b"{}")) == (400, "malformed_request")


async def test_the_request_id_comes_back(core: Api) -> None:
    named = await core.post(ONE, YES, headers={"X-Request-ID": "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"})
    assert named.headers["x-request-id"] == "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"
    refused = await core.post(ONE, [], headers={"X-Request-ID": "pep-7"})
    assert (refused.status_code, refused.headers["x-request-id"]) == (400, "pep-7")
    assert (await core.post(ONE, YES)).status_code == 200


async def test_the_same_question_is_answered_the_same(core: Api) -> None:
    assert {(await core.post(ONE, YES)).content for _ in range(5)} == {(await core.post(ONE, YES)).content}


async def test_the_metadata_lead_to_the_endpoints(api: Api) -> None:
    answer = await api.get("/.well-known/authzen-configuration")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {
        "policy_decision_point": "http://sitthi.test",
        "access_evaluation_endpoint": "http://sitthi.test/access/v1/evaluation",
        "access_evaluations_endpoint": "http://sitthi.test/access/v1/evaluations",
    }


@pytest.mark.parametrize("path", [ONE, MANY])
async def test_who_may_not_ask_is_told_so_before_the_body_is_looked_at(api: Api, path: str) -> None:
    anonymous = await api.call("POST", path, content=b"{")
    assert problem(anonymous) == (401, "invalid_token")
    assert anonymous.headers["www-authenticate"].startswith("Bearer")
    for role in ("member", "representative", "staff", "dpo", "committee", "auditor", "admin"):
        assert problem(await api.as_role(role).call("POST", path, content=b"{")) == (403, "forbidden"), role
    assert problem(await api.as_role("partner").call("POST", path, content=b"{")) == (400, "malformed_request")


async def test_query_parameters_and_idempotency_keys_mean_nothing_here(core: Api) -> None:
    headers = {"Idempotency-Key": "one"}
    assert told(await core.post(f"{ONE}?trace=1", YES, headers=headers))[0] is True
    assert told(await core.post(ONE, NO, headers=headers))[0] is False


async def test_every_reason_comes_in_both_languages_with_the_policy(core: Api) -> None:
    found = (await core.post(ONE, question("disclose", INSURANCE))).json()
    assert codes(found) == (False, ["recipient_not_registered", "consent_missing"])
    assert all(reason["th"] != reason["en"] for reason in found["context"]["reasons"])
    policy = (await core.get("/v1/policy")).json()["sha256"]
    assert found["context"]["policy"] == policy
