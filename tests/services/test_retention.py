"""How the facts that retention needs are read."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
from sqlalchemy import event

from app.core.work import Actor, Work
from app.main import Process
from app.models.subject import Subject
from app.repositories import records, subjects
from app.services import retention
from app.services.retention import Facts
from tests.support.api import Api
from tests.support.holds import placed, release
from tests.support.members import push, record, register

READER = Actor(sub="test", everyone=True)


@asynccontextmanager
async def work_of(process: Process) -> AsyncIterator[Work]:
    async with process.works.open(READER, "test", keep=False) as work:
        yield work


async def subject(work: Work, subject_ref: str = "M-1") -> Subject:
    found = await subjects.get(work, subject_ref)
    assert found is not None
    return found


async def facts(work: Work) -> Facts:
    rows = await records.page(work, "M-1", None, 1_000, live=True)
    return await retention.facts_of(work, await subject(work), rows)


async def holds_on_each(process: Process) -> dict[str, tuple[str, ...]]:
    async with work_of(process) as work:
        return {ref: circumstances.holds for ref, (_, circumstances) in (await facts(work)).items()}


@contextmanager
def counted_statements(process: Process) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    engine = process.works.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
async def three_records(api: Api) -> None:
    await register(api)
    await push(api, "M-1", record("A"), record("B"), record("C"))


@pytest.mark.usefixtures("three_records")
async def test_a_hold_on_everything_and_holds_on_records_come_together_on_each(api: Api, process: Process) -> None:
    await placed(api, provision="on all")
    await placed(api, record_refs=["A", "B"], provision="on A and B")
    gone = await placed(api, record_refs=["A"], provision="released")
    await placed(api, record_refs=["B"], provision="on B")
    await release(api.dpo, gone["id"])
    assert await holds_on_each(process) == {
        "A": ("on all", "on A and B"),
        "B": ("on all", "on A and B", "on B"),
        "C": ("on all",),
    }


@pytest.mark.usefixtures("three_records")
async def test_a_hold_on_a_record_of_another_subject_with_the_same_reference_is_not_ours(
    api: Api, process: Process
) -> None:
    await register(api, "M-2")
    await push(api, "M-2", record("A"))
    await placed(api, "M-2")
    await placed(api, "M-2", record_refs=["A"])
    assert await holds_on_each(process) == {"A": (), "B": (), "C": ()}


@pytest.mark.usefixtures("three_records")
async def test_the_persons_own_file_is_held_by_holds_on_everything_alone(api: Api, process: Process) -> None:
    await placed(api, record_refs=["A"], provision="on A")
    async with work_of(process) as work:
        assert (await retention.circumstances_of_subject(work, await subject(work))).holds == ()
    await placed(api, provision="on all")
    async with work_of(process) as work:
        assert (await retention.circumstances_of_subject(work, await subject(work))).holds == ("on all",)


async def test_many_records_take_no_more_statements_than_one(api: Api, process: Process) -> None:
    await register(api, related_to=["M-2", "M-3"])
    await placed(api)
    taken = []
    for number in (1, 300):
        await push(api, "M-1", *(record(f"R-{n}") for n in range(number)))
        async with work_of(process) as work:
            with counted_statements(process) as statements:
                assert len(await facts(work)) == number
        taken.append(len(statements))
    assert taken[0] == taken[1]
