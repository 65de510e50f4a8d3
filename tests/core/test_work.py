"""The unit of work: kept whole or not at all, and unavailable rather than wrong when the database is away."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.core.clock import Clock
from app.core.database import create_engine
from app.core.ids import new_id
from app.core.work import ANONYMOUS, Actor, Work, Works
from app.domain.errors import CodeWrong, NotFound, NotVisible, RecordedRefusal, Unavailable
from app.domain.vocabulary import Permission, Role
from app.main import Process
from app.models.outbox import OutgoingEvent
from tests.support.api import Api
from tests.support.database import Database

pytestmark = pytest.mark.usefixtures("api")
Act = Callable[[Work], Awaitable[None]]


async def write(work: Work) -> None:
    """One row, written at once."""
    work.session.add(OutgoingEvent(id=new_id(work.now), type="a test", occurred_at=work.now, data={}))
    await work.session.flush()


async def in_work(works: Works, act: Act, *, keep: bool = True) -> None:
    """An act in a unit of work of its own."""
    async with works.open(ANONYMOUS, "r", keep=keep) as work:
        await act(work)


def writing_and_raising(error: BaseException) -> Act:
    async def act(work: Work) -> None:
        await write(work)
        raise error

    return act


async def written(database: Database) -> int:
    return (await database.counts())["public.outgoing_event"]


async def test_what_ends_well_is_kept(process: Process, database: Database) -> None:
    async with process.works.open(ANONYMOUS, "r") as work:
        await write(work)
        assert await written(database) == 0, "not before the end"
    assert await written(database) == 1


async def test_what_is_not_meant_to_be_kept_is_not(process: Process, database: Database) -> None:
    await in_work(process.works, write, keep=False)
    assert await written(database) == 0


@pytest.mark.parametrize("error", [NotFound(), ValueError(), KeyboardInterrupt()])
async def test_an_error_leaves_nothing(process: Process, database: Database, error: BaseException) -> None:
    with pytest.raises(type(error)):
        await in_work(process.works, writing_and_raising(error))
    assert await written(database) == 0


@pytest.mark.parametrize("refusal", [NotVisible(), CodeWrong(3)])
async def test_a_recorded_refusal_is_recorded(process: Process, database: Database, refusal: RecordedRefusal) -> None:
    with pytest.raises(type(refusal)):
        await in_work(process.works, writing_and_raising(refusal))
    assert await written(database) == 1


async def test_statements_over_many_rows_share_its_transaction(process: Process, database: Database) -> None:
    async def act(work: Work) -> None:
        await write(work)
        driver = await work.driver()
        assert await driver.fetchval("SELECT count(*) FROM outgoing_event") == 1
        await driver.execute("UPDATE outgoing_event SET type = 'another'")
        assert await written(database) == 0
        raise NotFound

    with pytest.raises(NotFound):
        await in_work(process.works, act)
    assert await written(database) == 0


async def test_its_day_is_the_day_in_bangkok(process: Process) -> None:
    async with process.works.open(ANONYMOUS, "r") as work:
        for at, day in (("2026-11-21T16:59:59Z", 21), ("2026-11-21T17:00:00Z", 22)):
            assert replace(work, now=datetime.fromisoformat(at)).today.day == day


async def test_the_sandbox_moves_its_time_and_not_the_real_one(process: Process, api: Api) -> None:
    await api.post("/sandbox/clock", {"advance": "P30D"})
    async with process.works.open(ANONYMOUS, "r") as work:
        assert work.now - work.real_now == timedelta(days=30)


def works_of(process: Process, dsn: str, pool_size: int) -> Works:
    return replace(process.works, engine=create_engine(dsn, name="tests of work", pool_size=pool_size))


async def test_without_a_database_it_is_unavailable(process: Process) -> None:
    works = works_of(process, "postgresql://nobody@127.0.0.1:1/nothing", 1)
    with pytest.raises(Unavailable):
        await in_work(works, write)


async def test_without_a_free_connection_it_is_unavailable(process: Process, database: Database) -> None:
    works = works_of(process, database.service, 1)
    async with works.open(ANONYMOUS, "r") as first:
        await write(first)
        with pytest.raises(Unavailable):
            await in_work(works, write)
    await in_work(works, write)
    await works.engine.dispose()
    assert await written(database) == 2


async def test_a_connection_that_is_cut_makes_it_unavailable_once(process: Process, database: Database) -> None:
    works = works_of(process, database.service, 1)

    async def cut(work: Work) -> None:
        await write(work)
        pid = await (await work.driver()).fetchval("SELECT pg_backend_pid()")
        await Database(owner=database.service, service="").execute("SELECT pg_terminate_backend($1)", pid)
        await write(work)

    with pytest.raises(Unavailable):
        await in_work(works, cut)
    await in_work(works, write)
    await works.engine.dispose()
    assert await written(database) == 1


async def test_every_connection_is_bounded_and_named(process: Process) -> None:
    async with process.works.open(ANONYMOUS, "r") as work:
        driver = await work.driver()
        names = (
            "statement_timeout",
            "lock_timeout",
            "idle_in_transaction_session_timeout",
            "TimeZone",
            "application_name",
        )
        set_to = [await driver.fetchval("SELECT current_setting($1)", name) for name in names]
    assert set_to == ["30s", "5s", "30s", "UTC", "tests"]


def test_the_clock_goes_on_from_what_the_database_said() -> None:
    clock, then = Clock(), datetime(2030, 1, 1, tzinfo=UTC)
    clock.synchronise(then)
    assert clock.now() - then < timedelta(minutes=1)
    assert clock.skew() > timedelta(days=365)


def test_an_actor_may_what_its_roles_permit_and_is_who_its_token_says() -> None:
    actor = Actor("s", frozenset({Role.MEMBER}), frozenset({Permission.SUBJECT_READ}), subject_ref="M-1")
    assert actor.may(Permission.SUBJECT_READ)
    assert not actor.may(Permission.SUBJECT_WRITE)
    assert actor.is_subject("M-1")
    assert not actor.is_subject("M-2")
    assert not replace(actor, roles=frozenset({Role.REPRESENTATIVE})).is_subject("M-1")
    assert not any(ANONYMOUS.may(permission) for permission in Permission)
