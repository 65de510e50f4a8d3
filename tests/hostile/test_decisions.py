"""Decisions that are asked to cost more than they may: much from little, or memory for ever."""

import json
from typing import Any

import httpx
import pytest

from app.services import evaluations
from tests.support.api import Api, problem
from tests.support.evaluations import ASKING, INSURANCE, MANY, ONE, about, codes, question, told
from tests.support.members import push, record, register

LONG = [f"c{number}" for number in range(50_000)]


async def ask(api: Api, url: str, body: Any) -> httpx.Response:
    """Longer than the contract's check has time for."""
    headers = {"Authorization": f"Bearer {api.core.token}", "Content-Type": "application/json"}
    return await api.http.post(url, content=json.dumps(body), headers=headers)


def batch(number: int, **properties: Any) -> dict[str, Any]:
    """Different questions about the same."""
    each = [{"context": {"purpose": INSURANCE, "recipient": f"r{at}"}} for at in range(number)]
    return {"subject": ASKING, "action": {"name": "use"}, "resource": about(**properties), "evaluations": each}


async def test_more_categories_than_there_are_are_a_no_and_not_told_back(api: Api) -> None:
    await register(api)
    answer = await ask(api, ONE, question("use", INSURANCE, categories=LONG))
    decision, reasons = told(answer)
    assert (decision, reasons[0]) == (False, "category_not_in_purpose")
    assert len(answer.content) < 4_000


async def test_a_long_list_at_the_top_is_not_multiplied(api: Api) -> None:
    await register(api)
    answer = await ask(api, MANY, batch(1_000, categories=LONG))
    assert answer.status_code == 200
    assert all(codes(one)[0] is False for one in answer.json()["evaluations"])
    assert len(answer.content) < 4_000_000


async def test_every_category_of_the_policy_may_be_asked_at_once(api: Api) -> None:
    await register(api)
    known = sorted(api.process.works.pack.categories)
    _, reasons = told(await ask(api, ONE, question("use", INSURANCE, categories=known)))
    foreign = set(known) - set(api.process.works.pack.purposes[INSURANCE].categories)
    assert {f"category_not_in_purpose:{code}" for code in foreign} <= set(reasons)


async def test_a_call_names_as_many_records_as_a_subject_has_and_no_more(api: Api) -> None:
    await register(api)
    await push(api, "M-1", record("R-1"))
    refs = ["R-1", *(f"X-{number}" for number in range(evaluations.MOST_RECORDS - 1))]
    most, too_many = question(record_refs=refs), question(record_refs=[*refs, "X"])
    assert told(await ask(api, ONE, most))[0] is True
    assert told(await ask(api, ONE, too_many)) == (False, ["resource_unknown"])


@pytest.mark.parametrize(("number", "status"), [(2, 200), (3, 400)])
async def test_records_named_at_the_top_count_for_each_evaluation(api: Api, number: int, status: int) -> None:
    await register(api)
    half = [f"X-{number}" for number in range(evaluations.MOST_RECORDS // 2)]
    answer = await ask(api, MANY, batch(number, record_refs=half))
    assert answer.status_code == status
    if status == 400:
        assert problem(answer) == (400, "malformed_request")
        assert answer.json()["errors"] == [{"pointer": "/evaluations", "code": "too_long"}]


async def test_what_a_caller_made_up_is_not_remembered(api: Api) -> None:
    await register(api)
    told(await ask(api, ONE, question("use", INSURANCE)))
    before = evaluations._known_answer.cache_info().currsize
    for number in range(5):
        told(await ask(api, ONE, question("use", INSURANCE, categories=[f"made_up_{number}"])))
    assert evaluations._known_answer.cache_info().currsize == before


async def test_questions_that_need_the_same_records_are_answered_as_each_alone(api: Api) -> None:
    await register(api)
    over = [record(f"R-{number:03}", events={"deposit_made": "2001-01-05"}) for number in range(70)]
    await push(api, "M-1", *over, record("A-000", events={"deposit_made": "2026-03-02"}))
    asked = [
        question(action, "transaction_evidence", **properties)
        for action in ("use", "store", "collect")
        for properties in ({}, {"recipient": "revenue_department"}, {"record_refs": ["R-001"]})
    ]
    together = (await ask(api, MANY, {"evaluations": asked * 2})).json()["evaluations"]
    alone = [(await ask(api, ONE, one)).json() for one in asked]
    assert together == alone * 2
    assert {one["decision"] for one in alone} == {True, False}
