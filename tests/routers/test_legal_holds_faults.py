"""Every write of a legal hold's life fails once: nothing of the step is left, and it can be repeated."""

import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.faults import failing, watching
from tests.support.holds import hold, placed, release
from tests.support.members import push, record, register
from tests.support.requests import PROOF, decide, submit

KEY = {"Idempotency-Key": "only-once"}
OLD = {"deposit_made": "2014-03-02"}


@pytest.fixture
async def two_records(api: Api) -> None:
    await register(api)
    await push(api, "M-1", record("D-1", events=OLD), record("D-2", events=OLD))


@pytest.mark.usefixtures("two_records")
@pytest.mark.parametrize("table", ["keys.subject_key", "legal_hold", "outgoing_event", "audit_entry", "kept_answer"])
async def test_a_placement_that_fails_at_any_write_leaves_nothing(api: Api, database: Database, table: str) -> None:
    async with watching(database) as watch:
        async with failing(database, table):
            answer = await api.dpo.post("/v1/legal-holds", hold(), headers=KEY)
        assert problem(answer) == (500, "internal_error")
        assert await watch.changes() == set()
    assert (await api.dpo.post("/v1/legal-holds", hold(), headers=KEY)).status_code == 201


@pytest.mark.usefixtures("two_records")
@pytest.mark.parametrize("table", ["legal_hold", "outgoing_event", "audit_entry", "kept_answer"])
async def test_a_release_that_fails_at_any_write_leaves_the_hold_in_force(
    api: Api, database: Database, table: str
) -> None:
    hold_id = (await placed(api))["id"]
    async with watching(database) as watch:
        async with failing(database, table):
            assert problem(await release(api.dpo, hold_id, headers=KEY)) == (500, "internal_error")
        assert await watch.changes() == set()
    assert (await release(api.dpo, hold_id, headers=KEY)).json()["version"] == 2


@pytest.mark.usefixtures("two_records")
@pytest.mark.parametrize("table", ["task", "audit_entry"])
async def test_a_claim_that_fails_while_it_sets_held_records_aside_claims_nothing(
    api: Api, database: Database, table: str
) -> None:
    request = await submit(api)
    await decide(api, request["id"], "granted")
    await placed(api, record_refs=["D-1"])
    body = {"system": "core_banking"}
    async with watching(database) as watch:
        async with failing(database, table):
            assert problem(await api.core.post("/v1/tasks/claims", body)) == (500, "internal_error")
        assert await watch.changes() == set()
    claimed = (await api.core.post("/v1/tasks/claims", body)).json()["items"]
    assert [task["record_refs"] for task in claimed] == [["D-2"]]


@pytest.mark.usefixtures("two_records")
async def test_a_refused_completion_whose_record_fails_changes_nothing_either(api: Api, database: Database) -> None:
    request = await submit(api)
    await decide(api, request["id"], "granted")
    [task] = (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"]
    await placed(api)
    path, body = f"/v1/tasks/{task['id']}/completion", {"lease": task["lease"], "proof": PROOF}
    async with watching(database) as watch:
        async with failing(database, "audit_entry"):
            assert problem(await api.core.post(path, body)) == (500, "internal_error")
        assert await watch.changes() == set()
    assert problem(await api.core.post(path, body)) == (409, "legal_hold")
