"""The cases of the AuthZEN certification scenario (OpenID, Authorization API 1.0), transcribed onto our own data.

Its `alice` may: data that a contract carries. Its `bob` may not: data that nobody has consented to. Properties decide as
its fixture wants it: the categories of the resource. Search is not offered, so its cases are not here.
"""

from typing import Any

import httpx
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


async def decisions(core: Api, body: dict[str, Any]) -> list[bool]:
    answer = await core.post(MANY, body)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"evaluations"}
    return [each["decision"] for each in answer.json()["evaluations"]]


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


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            {"subject": ASKING, "action": {"name": "use"}, "context": YES["context"],
             "evaluations": [{"resource": about()}, {"resource": about("M-2")}]},
            [True, False], id="defaults for subject, action and context",
        ),
        pytest.param(
            {"subject": ASKING, "resource": about(), "context": YES["context"],
             "evaluations": [{"action": {"name": "use"}}, {"action": {"name": "disclose"}}]},
            [True, False], id="defaults for subject, resource and context",
        ),
        pytest.param(
            {"subject": ASKING, "action": {"name": "use"}, "context": YES["context"],
             "evaluations": [{"resource": about(categories=["financial"])}, {"resource": about(categories=["health"])}]},
            [True, False], id="properties of each resource",
        ),
        pytest.param(
            {"action": {"name": "use"}, "resource": about(), "context": YES["context"],
             "evaluations": [{"subject": ASKING}, {"subject": {"type": "user", "id": "bob"}}]},
            [True, True], id="defaults for action, resource and context",
        ),
        pytest.param({"evaluations": [YES, NO]}, [True, False], id="no defaults"),
        pytest.param(
            {**WITHOUT["resource"], "evaluations": [
                {"resource": about()}, {"resource": about(), "context": {"purpose": INSURANCE, "source": "override"}}]},
            [True, False], id="an own context replaces the one at the top",
        ),
        pytest.param(
            {**YES, "resource": about(categories=["financial"]),
             "evaluations": [{}, {"resource": about(categories=["health"])}]},
            [True, False], id="nothing of its own, and a resource of its own",
        ),
        pytest.param(
            {**YES, "resource": about(categories=["health"]), "evaluations": [{"resource": about()}]},
            [True], id="an own resource replaces the whole, its properties too",
        ),
    ],
)  # fmt: skip
async def test_a_batch_is_answered_in_its_order(core: Api, body: dict[str, Any], expected: list[bool]) -> None:
    assert await decisions(core, body) == expected


async def raw(core: Api, body: dict[str, Any]) -> httpx.Response:
    """Past the contract's check of what is sent: these evaluations are ill-formed on purpose."""
    return await core.http.post(MANY, json=body, headers={"Authorization": f"Bearer {core.token}"})


@pytest.mark.parametrize(
    ("item", "pointer", "fault"),
    [
        ({}, "/evaluations/1/resource", "missing"),
        ({"resource": "M-1"}, "/evaluations/1/resource", "wrong_type"),
        ({"resource": {"type": "personal_data"}}, "/evaluations/1/resource/id", "missing"),
        ({"resource": about(), "subject": None}, "/evaluations/1/subject", "wrong_type"),
        ({"resource": about(), "context": []}, "/evaluations/1/context", "wrong_type"),
        (7, "/evaluations/1", "wrong_type"),
    ],
)
async def test_an_evaluation_that_is_ill_formed_is_a_no_of_its_own(
    core: Api, item: object, pointer: str, fault: str
) -> None:
    body = {**WITHOUT["resource"], "evaluations": [{"resource": about()}, item, {"resource": about()}]}
    answer = await raw(core, {**body, "options": {"evaluations_semantic": "execute_all"}})
    assert answer.status_code == 200
    good, bad, last = answer.json()["evaluations"]
    assert (good["decision"], bad["decision"], last["decision"]) == (True, False, True)
    error = {"status": 400, "code": "malformed_request", "pointer": pointer, "fault": fault}
    assert bad["context"]["error"] == error
    stopped = await raw(core, {**body, "options": {"evaluations_semantic": "deny_on_first_deny"}})
    assert len(stopped.json()["evaluations"]) == 2


@pytest.mark.parametrize(
    ("semantic", "asked", "expected"),
    [
        (None, [YES, NO, YES], [True, False, True]),
        ("execute_all", [YES, NO, YES], [True, False, True]),
        ("deny_on_first_deny", [YES, NO, YES], [True, False]),
        ("deny_on_first_deny", [YES, YES], [True, True]),
        ("permit_on_first_permit", [YES, NO, YES], [True]),
        ("permit_on_first_permit", [NO, YES, NO], [False, True]),
        ("permit_on_first_permit", [NO, NO], [False, False]),
    ],
)
async def test_a_batch_stops_where_its_semantic_says(
    core: Api, semantic: str | None, asked: list[dict[str, Any]], expected: list[bool]
) -> None:
    options = {"options": {"evaluations_semantic": semantic, "another": 1}} if semantic else {"options": {}}
    assert await decisions(core, {"evaluations": asked, **options}) == expected


@pytest.mark.parametrize(
    ("body", "pointer", "fault"),
    [
        ({"evaluations": {}}, "/evaluations", "wrong_type"),
        ({"evaluations": None}, "/evaluations", "wrong_type"),
        ({"evaluations": [YES] * 1_001}, "/evaluations", "too_long"),
        ({"evaluations": [YES], "options": []}, "/options", "wrong_type"),
        ({"evaluations": [YES], "options": {"evaluations_semantic": 1}}, "/options/evaluations_semantic", "wrong_type"),
        ({"evaluations": [YES], "options": {"evaluations_semantic": "any"}}, "/options/evaluations_semantic", "not_allowed"),
        ({"evaluations": [YES], "subject": "x"}, "/subject", "wrong_type"),
        ({"evaluations": [YES], "action": {}}, "/action/name", "missing"),
        ({"evaluations": [YES], "context": 1}, "/context", "wrong_type"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_whole_batch_is_refused_with_400(
    core: Api, body: dict[str, Any], pointer: str, fault: str
) -> None:
    answer = await core.post(MANY, body)
    assert problem(answer) == (400, "malformed_request")
    assert answer.json()["errors"] == [{"pointer": pointer, "code": fault}]


async def test_a_thousand_questions_fit_into_one_call(core: Api) -> None:
    asked = [question(of=f"M-{number % 3}") for number in range(1_000)]
    assert await decisions(core, {"evaluations": asked}) == [number % 3 == 1 for number in range(1_000)]


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
