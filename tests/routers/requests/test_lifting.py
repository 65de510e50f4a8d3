"""The end of a restriction, over HTTP."""

from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.limits import standing
from tests.support.members import push, record, register
from tests.support.requests import decide, finish_tasks, submit

REASON = {"reason": "the correction is made"}


async def restricted(api: Api, *, finished: bool = True) -> str:
    """A restriction of two records that was granted and carried out."""
    await register(api)
    await push(api, "M-1", record("D-1"), record("P-1", storage="paper"))
    request = await submit(api, kind="restriction", record_refs=["D-1", "P-1"])
    assert (await decide(api, request["id"], "granted")).status_code == 200
    if finished:
        await finish_tasks(api)
        await finish_tasks(api, "paper")
    return f"/v1/requests/{request['id']}"


async def test_a_lifted_restriction_ends_at_once_and_its_holders_are_told(api: Api, database: Database) -> None:
    path = await restricted(api)
    lifted = await api.staff.post(f"{path}/lifting", REASON)
    assert (lifted.status_code, lifted.json()["status"]) == (200, "completed")
    assert await standing(database) == []
    assert [task["kind"] for task in await finish_tasks(api)] == ["lift_restriction"]
    assert [task["record_refs"] for task in await finish_tasks(api, "paper")] == [["P-1"]]
    assert (await api.staff.get(path)).json()["status"] == "completed"


async def test_the_subject_is_told_and_reads_why(api: Api) -> None:
    path = await restricted(api)
    await api.staff.post(f"{path}/lifting", REASON)
    told = (await api.get("/sandbox/outbox", params={"to": "M-1"})).json()["items"]
    assert told[0]["kind"] == "lifting"
    said = (await api.member("M-1").get(f"{path}/messages")).json()["items"]
    assert [(message["direction"], message["text"]) for message in said] == [("lifting", REASON["reason"])]
    timeline = (await api.member("M-1").get(f"{path}/timeline")).json()["items"]
    assert timeline[-1]["event"] == "restriction.lifted"


async def test_the_completion_is_told_once(api: Api) -> None:
    path = await restricted(api)
    await api.staff.post(f"{path}/lifting", REASON)
    await finish_tasks(api)
    await finish_tasks(api, "paper")
    told = (await api.get("/sandbox/outbox", params={"to": "M-1"})).json()["items"]
    assert [message["kind"] for message in told].count("completion") == 1


async def test_lifting_it_again_changes_nothing(api: Api, database: Database) -> None:
    path = await restricted(api)
    first = (await api.staff.post(f"{path}/lifting", REASON)).json()
    again = await api.dpo.post(f"{path}/lifting", {"reason": "to be sure"})
    assert (again.status_code, again.json()) == (200, first)
    tasks = (await api.staff.get("/v1/tasks", params={"status": "open"})).json()["items"]
    assert [task["kind"] for task in tasks] == ["lift_restriction"] * 2


async def test_it_is_carried_out_before_it_is_lifted(api: Api, database: Database) -> None:
    path = await restricted(api, finished=False)
    assert problem(await api.staff.post(f"{path}/lifting", REASON)) == (409, "illegal_transition")
    assert len(await standing(database)) == 1


@pytest.mark.parametrize("kind", ["erasure", "objection"])
async def test_nothing_but_a_restriction_is_lifted(api: Api, kind: str) -> None:
    await register(api)
    request = await submit(api, kind=kind)
    assert (await decide(api, request["id"], "granted")).json()["status"] == "completed"
    answer = await api.staff.post(f"/v1/requests/{request['id']}/lifting", REASON)
    assert problem(answer) == (409, "illegal_transition")


async def test_one_that_is_not_decided_or_was_refused_is_not_lifted(api: Api) -> None:
    await register(api)
    request = await submit(api, kind="restriction")
    path = f"/v1/requests/{request['id']}"
    open_still = await api.staff.post(f"{path}/lifting", REASON)
    assert problem(open_still) == (409, "illegal_transition")
    assert open_still.json()["allowed"] == ["ask", "decide", "cancel"]
    items = [{"ref": "beneficiary_designation", "outcome": "refused", "ground": "restrict_ground_not_met"}]
    assert (await decide(api, request["id"], "refused", items=items)).status_code == 200
    assert problem(await api.staff.post(f"{path}/lifting", REASON)) == (409, "illegal_transition")


async def test_officers_lift_and_none_in_their_own_matter(api: Api) -> None:
    path = await restricted(api)
    callers: list[Any] = [
        api.member("M-1"),
        api.core,
        api.as_role("auditor"),
        api.as_role("member", "staff", subject_ref="M-1", acr="high"),
    ]
    for caller in callers:
        assert problem(await caller.post(f"{path}/lifting", REASON)) == (403, "forbidden")
