"""Each step of a package fails whole: wherever a write fails, no trace of the step is left, and it can be repeated."""

from collections.abc import Awaitable, Callable

import pytest

from tests.faults.test_request_steps import Step
from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.faults import failing, watching
from tests.support.members import push, record, register
from tests.support.packages import Claimed, asked, built, claimed, link, row

pytestmark = pytest.mark.faults

Prepared = Callable[[Api], Awaitable[Step]]
RECORDS = [row("D-1", amount="1")]


async def _claimed(api: Api) -> Claimed:
    await register(api)
    await push(api, "M-1", record("D-1"))
    return await claimed(api, await asked(api))


async def part(api: Api) -> Step:
    task = await _claimed(api)
    return Step(api.core, "PUT", f"/v1/tasks/{task.id}/parts/a", RECORDS)  # type: ignore[arg-type]  # an array


async def replaced_part(api: Api) -> Step:
    task = await _claimed(api)
    assert (await task.put("a", RECORDS)).status_code == 200
    return Step(api.core, "PUT", f"/v1/tasks/{task.id}/parts/a", [])  # type: ignore[arg-type]  # an array


async def last_delivery(api: Api) -> Step:
    task = await _claimed(api)
    for name in ("a", "dropped"):
        assert (await task.put(name, RECORDS if name == "a" else [])).status_code == 200
    body = {"lease": task.lease, "result": {"parts": ["a"]}}
    return Step(api.core, "POST", f"/v1/tasks/{task.id}/completion", body)


async def _ready(api: Api) -> str:
    task = await _claimed(api)
    assert (await task.complete(records=RECORDS)).status_code == 200
    assert await built(api)
    return task.request


async def link_to_it(api: Api) -> Step:
    return Step(api.member("M-1"), "POST", f"{await _ready(api)}/package/links", succeeds=201)


async def download(api: Api) -> Step:
    return Step(api.member("M-1"), "GET", await link(api.member("M-1"), await _ready(api)))


WRITES: dict[Prepared, set[str]] = {
    part: {"task_part", "task_part_chunk"},
    replaced_part: {"task_part", "task_part_chunk"},
    last_delivery: {
        *("task", "task_part", "task_part_chunk", "data_package", "rights_request", "request_event"),
        *("outgoing_event", "outgoing_message", "letter", "kept_answer"),
    },
    link_to_it: {"package_link", "kept_answer"},
    download: {"package_link", "request_event"},
}
"""What each step writes besides its audit entry."""


@pytest.mark.parametrize("prepare", WRITES, ids=lambda step: step.__name__)
async def test_a_step_writes_what_is_written_here_or_nothing(prepare: Prepared, api: Api, database: Database) -> None:
    step = await prepare(api)
    tables = {f"public.{name}" for name in WRITES[prepare] | {"audit_entry"}}
    async with watching(database) as watch:
        for table in sorted(tables):
            async with failing(database, table):
                assert problem(await step.take()) == (500, "internal_error"), table
            assert await watch.changes() == set(), table
        async with failing(database, "audit_entry", at_commit=True, sqlstate="40P01"):
            assert problem(await step.take()) == (503, "unavailable")
        assert await watch.changes() == set()
        answer = await step.take()
        assert answer.status_code == step.succeeds, answer.text
        assert await watch.changes() == tables


@pytest.mark.parametrize(
    "table", ["package_chunk", "data_package", "outgoing_message", "request_event", "task", "audit_entry"]
)
async def test_a_build_whose_write_fails_is_begun_anew(api: Api, database: Database, table: str) -> None:
    task = await _claimed(api)
    assert (await task.complete(records=RECORDS)).status_code == 200
    try:
        async with failing(database, table):
            await built(api)
    except Exception as error:
        assert "injected" in str(error), table  # noqa: PT017  (whether it raises depends on the table)
    found = (await api.staff.get(f"{task.request}/package")).json()
    assert found["state"] == "building"
    later = "UPDATE data_package SET lease_until = NULL, not_before = now() - interval '1 hour'"
    await database.execute(later)
    assert await built(api)
    assert (await api.staff.get(f"{task.request}/package")).json()["state"] == "ready"
    chunks = await database.fetch("SELECT fence, count(*) FROM package_chunk GROUP BY fence")
    assert len(chunks) == 1
