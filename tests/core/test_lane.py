"""The lane of the hot paths: its connections are used again, whatever is answered over them, and none is lost."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.core.database import Lane
from app.core.work import Lent
from app.domain.errors import Unavailable
from app.main import Process
from tests.support.api import Api, problem
from tests.support.consents import consent, given, withdraw
from tests.support.database import Database
from tests.support.evaluations import MANY, question
from tests.support.faults import gate
from tests.support.members import push, record, register

SIZE = 2


@pytest.fixture
async def lane(database: Database) -> AsyncIterator[Lane]:
    """Two places."""
    lane = Lane(database.service, name="lane", size=SIZE)
    yield lane
    lane.close()


async def backend(lane: Lane) -> int:
    """Which connection is lent."""
    async with Lent(lane) as connection:
        pid: int = await connection.fetchval("SELECT pg_backend_pid()")
        return pid


async def all_places(lane: Lane) -> None:
    """That as many can be lent at once as there are places."""
    async with Lent(lane) as one, Lent(lane) as other:
        assert one is not other


async def test_what_is_wrong_with_a_body_costs_no_connection(api: Api, process: Process) -> None:
    await register(api)
    await given(api)
    before = await backend(process.works.lane)
    for body in ({}, {**consent(), "purpose": "none"}, {**consent(), "channel": "pigeon"}):
        assert problem(await api.member("M-1").post("/v1/consents", body))[0] == 422
        assert await backend(process.works.lane) == before


@pytest.mark.parametrize("error", [ValueError(), Unavailable(), asyncio.CancelledError()])
async def test_a_place_is_given_back_however_a_block_ends(lane: Lane, error: BaseException) -> None:
    for _ in range(SIZE + 1):
        with pytest.raises(type(error)):
            async with Lent(lane):
                raise error
    await all_places(lane)


async def test_what_was_lost_or_broken_off_is_not_used_again(lane: Lane) -> None:
    before = await backend(lane)
    with pytest.raises(asyncio.CancelledError):
        async with Lent(lane):
            raise asyncio.CancelledError
    assert await backend(lane) != before


async def test_a_connection_that_was_left_in_a_transaction_is_not_used_again(lane: Lane) -> None:
    before = await backend(lane)
    async with Lent(lane) as connection:
        await connection.execute("BEGIN")
    assert await backend(lane) != before


async def test_after_a_restart_nobody_gets_a_dead_connection(lane: Lane, database: Database) -> None:
    await all_places(lane)
    other = await asyncpg.connect(database.service)
    try:
        await other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lane'")
    finally:
        await other.close()
    for _ in range(20):
        await asyncio.sleep(0.01)  # until the ends are noticed
    await all_places(lane)


async def test_calls_broken_off_at_any_moment_leave_every_place_free(
    api: Api, process: Process, database: Database
) -> None:
    await register(api)
    for moment in (0.0, 0.002, 0.005, 0.01, 0.02, 0.05):
        async with gate(database, "consent"):
            calls = [asyncio.create_task(api.member("M-1").post("/v1/consents", consent())) for _ in range(8)]
            await asyncio.sleep(moment)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        taken = [await process.works.lane.take() for _ in range(10)]
        for connection in taken:
            process.works.lane.give_back(connection, sound=True)
    open_ones = await database.fetch(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'tests' AND state LIKE 'idle in transaction%'"
    )
    assert not open_ones
    await given(api)


async def test_a_connection_that_was_let_go_of_early_is_given_back_once(lane: Lane) -> None:
    lent = Lent(lane)
    async with lent as connection:
        lent.let_go()
        async with Lent(lane) as next_one:
            assert next_one is connection, "others have it already"
    taken = [await lane.take() for _ in range(SIZE)]
    assert lane._places.locked(), "no place was freed twice"
    for one in taken:
        lane.give_back(one, sound=True)


async def test_decisions_over_many_records_keep_nobody_from_withdrawing(api: Api, process: Process) -> None:
    await register(api)
    await register(api, "M-2")
    granted = await given(api, "M-2")
    over = [record(f"R-{number}", events={"deposit_made": "2001-01-05"}) for number in range(200)]
    await push(api, "M-1", *over)
    asked = [question("use", "transaction_evidence", recipient=f"r{at}") for at in range(60)]
    batches = [asyncio.create_task(api.core.post(MANY, {"evaluations": asked})) for _ in range(10)]
    while not process.works.lane._places.locked():  # noqa: ASYNC110  (a lane tells nobody that it is full)
        await asyncio.sleep(0)
    assert (await withdraw(api.member("M-2"), granted["id"])).status_code == 200
    assert not all(batch.done() for batch in batches), "they were still being decided"
    assert {answer.status_code for answer in await asyncio.gather(*batches)} == {200}
