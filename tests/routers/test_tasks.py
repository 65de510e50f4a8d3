"""Tasks as their systems and staff see them (API 9)."""

import pytest

from tests.support.api import Api, problem
from tests.support.members import push, record, register
from tests.support.requests import decide, submit

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
