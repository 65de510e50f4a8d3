"""Tasks as their systems and staff see them (API 9)."""

from datetime import datetime, timedelta

import pytest

from tests.support.api import Api, problem
from tests.support.members import push, record, register
from tests.support.requests import PROOF, decide, submit

OLD = {"kind": "deposit", "events": {"deposit_made": "2010-03-02"}}


async def two_tasks(api: Api) -> None:
    """One for the core banking system and one for the archive of another system."""
    await register(api)
    await push(api, "M-1", record("D-1", **OLD), record("D-2", system="archive", **OLD))
    await decide(api, (await submit(api))["id"], "granted")


async def systems(caller: Api) -> set[str]:
    return {task["system"] for task in (await caller.get("/v1/tasks")).json()["items"]}


class TestVisibility:
    @pytest.mark.parametrize("others", [(), ("partner",), ("member",), ("admin",)])
    async def test_a_system_sees_its_own_tasks_whatever_other_roles_its_token_has(
        self, api: Api, others: tuple[str, ...]
    ) -> None:
        await two_tasks(api)
        core = api.as_role("core_banking", *others)
        assert await systems(core) == {"core_banking"}
        assert problem(await core.get("/v1/tasks?system=archive")) == (403, "forbidden")

    async def test_a_system_without_a_name_sees_none(self, api: Api) -> None:
        await two_tasks(api)
        nameless = api.as_role("core_banking", system=None, sub="nameless")
        assert (await nameless.get("/v1/tasks")).json() == {"items": [], "next_cursor": None}
        assert problem(await nameless.get("/v1/tasks?system=archive")) == (403, "forbidden")

    @pytest.mark.parametrize("role", ["staff", "dpo", "auditor"])
    async def test_whom_the_role_lets_see_all_sees_all(self, api: Api, role: str) -> None:
        await two_tasks(api)
        assert await systems(api.as_role(role)) == {"core_banking", "archive"}
        assert await systems(api.as_role(role, "core_banking")) == {"core_banking", "archive"}


async def claimed(api: Api) -> tuple[str, str]:
    """The path of a task that the core banking system has claimed, and its lease."""
    await two_tasks(api)
    [task] = (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"]
    return f"/v1/tasks/{task['id']}", task["lease"]


class TestProof:
    @pytest.mark.parametrize(("days", "status"), [(-5000, 200), (0, 200), (0.9, 200), (1.1, 422)])
    async def test_what_was_done_was_done_by_now(self, api: Api, days: float, status: int) -> None:
        path, lease = await claimed(api)
        now = datetime.fromisoformat((await api.get("/sandbox/clock")).json()["now"])
        proof = {**PROOF, "performed_at": (now + timedelta(days=days)).isoformat()}
        answer = await api.core.post(f"{path}/completion", {"lease": lease, "proof": proof})
        assert answer.status_code == status
        if status == 422:
            assert answer.json()["errors"] == [{"pointer": "/proof/performed_at", "code": "out_of_range"}]


class TestFailure:
    @pytest.mark.parametrize(
        ("asked", "too_soon", "soon_enough"),
        [("PT2H", "PT1H59M", "PT2M"), (7200, "PT1H59M", "PT2M"), ("P99999D", "PT5H59M", "PT2M")],
    )
    async def test_a_task_given_back_comes_again_when_asked_and_within_six_hours(
        self, api: Api, asked: str | int, too_soon: str, soon_enough: str
    ) -> None:
        path, lease = await claimed(api)
        failure = {"lease": lease, "reason": "Nightly batch is running", "retry_after": asked}
        assert (await api.core.post(f"{path}/failure", failure)).json()["status"] == "open"
        again = []
        for move in (too_soon, soon_enough):
            await api.post("/sandbox/clock", {"advance": move})
            claim = await api.as_role("core_banking", sub=move).post("/v1/tasks/claims", {"system": "core_banking"})
            again.append(len(claim.json()["items"]))
        assert again == [0, 1]


async def test_what_is_no_lease_of_ours_is_a_lost_one(api: Api) -> None:
    path, lease = await claimed(api)
    assert problem(await api.core.post(f"{path}/completion", {"lease": "nope", "proof": PROOF})) == (409, "lease_lost")
    assert (await api.core.post(f"{path}/completion", {"lease": lease, "proof": PROOF})).status_code == 200
    assert (await api.core.post(f"{path}/completion", {"lease": "nope"})).json()["status"] == "completed"
