"""The steps that registers, recipients and escalated tasks add: each fails whole, and can be repeated."""

import pytest

from tests.faults import test_request_steps as steps
from tests.faults.test_request_steps import Prepared, Step, named, tables_of
from tests.support.api import Api
from tests.support.database import Database
from tests.support.disclosures import disclosed, disclosure
from tests.support.faults import watching
from tests.support.members import push, record, register
from tests.support.packs import CHANTHABURI
from tests.support.requests import decide, submit

pytestmark = pytest.mark.faults

MOVED = {"record_ref": "D-1", "field": "address", "proposed": "99/1"}
ANNOUNCED = ("outgoing_event", "request_event")


async def telling_of_a_disclosure(api: Api) -> Step:
    await register(api)
    return Step(api.core, "POST", "/v1/disclosures", disclosure(CHANTHABURI), 201)


async def last_correction(api: Api) -> Step:
    """After which who was told the wrong value is to be told the right one."""
    await register(api)
    await push(api, "M-1", record("D-1", categories=["personal_identity"]))
    await disclosed(api, CHANTHABURI)
    request = await submit(api, kind="correction", changes=[MOVED])
    assert (await decide(api, request["id"], "granted")).status_code == 200
    [task] = (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"]
    return Step(api.core, "POST", f"/v1/tasks/{task['id']}/completion", {"lease": task["lease"]})


async def requeueing(api: Api) -> Step:
    path, _ = await steps._claimed(api)
    return Step(api.staff, "POST", f"{path}/requeue")


async def fifth_failure(api: Api) -> Step:
    path, lease = await steps._claimed(api)
    for _ in range(4):
        assert (await api.core.post(f"{path}/failure", {"lease": lease, "reason": "offline"})).status_code == 200
        assert (await api.staff.post(f"{path}/requeue")).status_code == 200
        [task] = (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"]
        lease = task["lease"]
    return Step(api.core, "POST", f"{path}/failure", {"lease": lease, "reason": "archive offline"})


WRITES: dict[Prepared, set[str]] = {
    telling_of_a_disclosure: {"disclosure"},
    last_correction: {"task", "outgoing_event"},
    requeueing: {"task"},
    fifth_failure: {"task", "outgoing_message", "keys.subject_key", *ANNOUNCED},
}
"""As `test_request_steps.WRITES`."""


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "WRITES", {**steps.WRITES, **WRITES})


@pytest.mark.parametrize("prepare", WRITES, ids=named)
async def test_a_step_writes_what_is_written_here_and_fails_whole(
    prepare: Prepared, api: Api, database: Database
) -> None:
    step = await prepare(api)
    wanted = tables_of(prepare, step.method, step.succeeds)
    async with watching(database) as watch:
        for table in sorted(wanted):
            await steps._fails_whole(watch, step, database, table)
        await steps._fails_whole(watch, step, database, "audit_entry", at_commit=True)
        answer = await step.take()
        assert answer.status_code == step.succeeds, answer.text
        assert await watch.changes() == wanted
