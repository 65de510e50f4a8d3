"""The cases of the AuthZEN certification scenario for batches, transcribed onto our own data."""

from typing import Any

import httpx
import pytest

from tests.support.api import Api, problem
from tests.support.evaluations import ASKING, INSURANCE, MANY, about, question
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


async def test_a_batch_of_ill_formed_evaluations_alone_is_answered_all_the_same(core: Api) -> None:
    answer = await raw(core, {"evaluations": [{}, 7]})
    assert answer.status_code == 200
    assert [each["decision"] for each in answer.json()["evaluations"]] == [False, False]


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
