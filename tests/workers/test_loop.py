"""The loop: lanes that hold up no other, words that wake, and an end that finishes what is in hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.core.database import Lane, create_engine
from app.core.notifying import Outage
from app.core.wakeups import listen
from app.core.work import Works
from app.domain.errors import NotFound
from app.main import Process
from app.workers import loop
from app.workers.loop import Job, Loop
from tests.embedded_processes import ask, until
from tests.support.api import Api
from tests.support.consents import given, withdraw
from tests.support.database import Database
from tests.support.errands import TABLES, Book, job
from tests.support.evaluations import ONE, question
from tests.support.loops import running
from tests.support.members import register
from tests.support.requests import submit
from tests.support.services import working

NEVER = 3600.0
NOBODY_THERE = "postgresql://nobody@/sitthi?host=/nonexistent&port=5432"


@pytest.fixture
def resting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who rests does so for an hour, unless woken."""
    monkeypatch.setattr(loop, "IDLE_SECONDS", NEVER)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are short."""
    monkeypatch.setattr(loop, "IDLE_SECONDS", 0.01)


@dataclass
class Told:
    """A job that counts its runs; `act` is what each of them does."""

    name: str = "toy"
    act: Callable[[int], Awaitable[bool]] | None = None
    runs: int = 0
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def job(self) -> Job:
        async def run(_: Works) -> bool:
            async with self.came:
                self.runs += 1
                self.came.notify_all()
            return self.act is not None and await self.act(self.runs)

        return Job(self.name, run)

    async def until(self, runs: int) -> None:
        """Returns once it has run so often."""
        async with asyncio.timeout(20), self.came:
            await self.came.wait_for(lambda: self.runs >= runs)


async def fail(_: int) -> bool:
    raise RuntimeError("canary")


async def refuse(_: int) -> bool:
    raise NotFound


async def hang(_: int) -> bool:
    await asyncio.Event().wait()
    return True


async def test_a_job_that_fails_or_hangs_holds_up_no_other(process: Process, quick: None) -> None:
    broken, stuck, sound = Told("broken", fail), Told("stuck", hang), Told("sound")
    with capture_logs():
        async with running(process.works, broken.job, stuck.job, sound.job) as made:
            await sound.until(20)
            await stuck.until(1)
            await broken.until(2)
            made.stop(at_once=True)


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_run_that_takes_long_is_overtaken_and_at_the_end_finished_or_broken_off(
    process: Process, quick: None, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    monkeypatch.setattr(loop, "OVERTAKEN_SECONDS", 0.01)
    over, sound, ended = asyncio.Event(), Told("sound"), list[bool]()

    async def last(_: int) -> bool:
        try:
            return await over.wait()
        finally:
            ended.append(over.is_set())

    long = Told("long", last)
    async with running(process.works, replace(long.job, at_once=3), sound.job) as made:
        await long.until(3)
        await sound.until(sound.runs + 20)
        assert long.runs == 3, "no more than may"
        made.stop(at_once=at_once)
        await asyncio.sleep(0.01)
        if not at_once:
            over.set()
    assert ended == [not at_once] * 3
    assert long.runs == 3, "nothing new is begun"


async def test_one_that_may_go_on_beside_itself_goes_on_when_one_of_its_runs_ends(
    process: Process, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "OVERTAKEN_SECONDS", 0.01)
    over = asyncio.Event()

    async def hang_but_once(run: int) -> bool:
        await (over.wait() if run == 2 else hang(run))
        return True

    most = Told("most", hang_but_once)
    async with running(process.works, replace(most.job, at_once=3)) as made:
        await most.until(3)
        over.set()
        await most.until(4)
        made.stop(at_once=True)


@pytest.mark.parametrize(("act", "event"), [(fail, "job_failed"), (refuse, "job_refused")])
async def test_a_kind_of_failure_is_told_once_and_so_is_its_end(
    process: Process, quick: None, act: Callable[[int], Awaitable[bool]], event: str
) -> None:
    async def four_times(run: int) -> bool:
        return await act(run) if run <= 4 else False

    flaky = Told("flaky", four_times)
    with capture_logs() as logs:
        async with running(process.works, flaky.job):
            await flaky.until(6)
    assert [(line["event"], line["job"]) for line in logs] == [(event, "flaky"), ("job_recovered", "flaky")]
    assert logs[1]["count"] == 4
    assert "canary" not in str(logs)


async def test_an_outage_is_over_when_something_was_taken_and_not_when_there_was_nothing_to_do(
    process: Process, quick: None
) -> None:
    async def out_twice(run: int) -> bool:
        if run in {1, 4}:
            raise Outage("unreachable")
        return run == 6

    flaky = Told("flaky", out_twice)
    with capture_logs() as logs:
        async with running(process.works, flaky.job):
            await flaky.until(8)
    told = [(line["event"], line["reason"]) for line in logs]
    assert told == [("job_refused", "unreachable"), ("job_recovered", "unreachable")]
    assert logs[1]["count"] == 2


async def test_in_an_outage_word_wakes_only_who_has_rested(process: Process, resting: None) -> None:
    async def out(_: int) -> bool:
        raise Outage("unreachable")

    out_of_reach, sound = Told("out", out), Told("sound")
    with capture_logs():
        async with running(process.works, out_of_reach.job, sound.job) as made:
            await sound.until(2)
            for runs in range(3, 6):
                made.wake()
                await sound.until(runs)
    assert out_of_reach.runs == 1


def test_the_pause_grows_with_each_failure_up_to_a_minute() -> None:
    lane = loop._Lane(Told().job)
    pauses = []
    for lane.failures in range(10):
        pauses.append(lane.pause())
    assert pauses == [1, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    lane.failing = "unavailable"
    assert lane.pause() == loop.DATABASE_PAUSE_SECONDS, "a database that is back is used again soon"


async def test_a_lost_database_is_told_in_one_line_for_all_jobs(process: Process, quick: None) -> None:
    engine = create_engine(NOBODY_THERE, name="tests")
    lost = replace(process.works, engine=engine, lane=Lane(NOBODY_THERE, name="tests"))
    tries = [0]

    async def look(_: Any) -> bool:
        raise AssertionError("there is nothing to look at")

    def counted(name: str) -> Job:
        made = loop.in_one_unit(name, look)

        async def run(works: Works) -> bool:
            tries[0] += 1
            return await made.run(works)

        return Job(name, run)

    with capture_logs() as logs:
        async with running(lost, *(counted(name) for name in ("one", "two", "three"))):
            assert await asyncio.to_thread(until, lambda: tries[0] >= 20)
    await engine.dispose()
    assert [(line["event"], line["reason"]) for line in logs] == [("job_refused", "unavailable")]


async def test_word_from_anywhere_wakes_at_the_commit_and_not_before(process: Process, resting: None) -> None:
    woken = Told()
    async with running(process.works, woken.job):
        await woken.until(2)  # at the start, and once it listens
        async with working(process) as work:
            work.wake()
            work.wake()
        await woken.until(3)
        with suppress(NotFound):
            async with working(process) as work:
                work.wake()
                raise NotFound
        async with working(process) as work:
            work.wake()
        await woken.until(4)
    assert woken.runs == 4, "what was rolled back woke nobody"


async def test_a_package_that_somebody_waits_for_wakes_and_the_hot_paths_do_not(api: Api) -> None:
    await register(api)
    request = await submit(api, kind="access")
    words: list[None] = []
    listening = asyncio.create_task(listen(api.process.works.lane, lambda: words.append(None)))
    assert await asyncio.to_thread(until, lambda: len(words) == 1), "it listens"
    record = await given(api)
    await withdraw(api.member("M-1"), record["id"])
    await api.core.post(ONE, question())
    due = await api.staff.post(f"/v1/requests/{request['id']}/decision", {"outcome": "granted"})
    assert due.json()["status"] == "completed", due.text
    assert await asyncio.to_thread(until, lambda: len(words) > 1)
    assert len(words) == 2, "words come in the order of the commits: an earlier one would have been heard before"
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_who_lost_its_connection_listens_again(process: Process, database: Database, resting: None) -> None:
    woken = Told()
    lane = Lane(database.service, name="listening")
    async with running(replace(process.works, lane=lane), woken.job):
        await woken.until(2)
        await ask(
            database.service,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listening'",
        )
        await woken.until(3)
        async with working(process) as work:
            work.wake()
        await woken.until(4)


async def test_word_that_comes_while_a_job_is_at_work_is_not_lost(process: Process, resting: None) -> None:
    gate = asyncio.Event()

    async def wait(run: int) -> bool:
        await gate.wait()
        return False

    busy = Told(act=wait)
    async with running(process.works, busy.job) as made:
        await busy.until(1)
        made.wake()
        gate.set()
        await busy.until(2)


async def test_the_end_finishes_what_is_in_hand_and_begins_nothing(process: Process, resting: None) -> None:
    gate, finished = asyncio.Event(), []

    async def work(run: int) -> bool:
        await gate.wait()
        finished.append(run)
        return True

    busy, made = Told(act=work), None
    made = Loop(process.works, [busy.job])
    task = asyncio.create_task(made.run())
    await busy.until(1)
    made.stop()
    await asyncio.sleep(0)
    assert not task.done()
    gate.set()
    await task
    assert finished == [1]
    assert busy.runs == 1


@pytest.fixture
def little_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "GRACE_SECONDS", 0.1)


async def test_who_does_not_come_to_an_end_is_cancelled(process: Process, little_grace: None) -> None:
    stuck = Told("stuck", hang)
    with capture_logs() as logs:
        async with asyncio.timeout(10), running(process.works, stuck.job):
            await stuck.until(1)
    assert [(line["event"], line["count"]) for line in logs] == [("jobs_cancelled", 1)]


async def test_an_end_at_once_waits_for_nobody(process: Process) -> None:
    stuck = Told("stuck", hang)
    async with asyncio.timeout(10), running(process.works, stuck.job) as made:
        await stuck.until(1)
        made.stop()
        made.stop(at_once=True)


@pytest.fixture
async def book(database: Database, tmp_path: Path) -> AsyncIterator[Book]:
    """Errands of the tests."""
    for statement in filter(str.strip, TABLES.split(";")):
        await database.execute(statement)
    yield Book(tmp_path / "book")
    await database.execute("DROP TABLE toy, toy_settled")


async def test_errands_are_done_once_each_by_any_number_of_loops(
    process: Process, database: Database, book: Book, quick: None
) -> None:
    await database.execute("INSERT INTO toy (id) SELECT generate_series(1, 40)")
    async with running(process.works, job(book)), running(process.works, job(book)), running(process.works, job(book)):
        assert await asyncio.to_thread(until, lambda: len(book.lines("acted")) >= 40)
    settled = await database.fetch("SELECT id, fence FROM toy_settled ORDER BY id")
    assert [tuple(row) for row in settled] == [(number, 1) for number in range(1, 41)]
    assert sorted(line.id for line in book.lines("acted")) == list(range(1, 41))


async def test_no_connection_is_held_while_an_errand_is_outside(
    process: Process, database: Database, book: Book, quick: None
) -> None:
    engine = create_engine(database.service, name="single", pool_size=1)
    await database.execute("INSERT INTO toy (id, seconds) VALUES (1, 0.5)")
    others = Told("other")

    async def look(_: Any) -> bool:
        async with others.came:
            others.runs += 1
            others.came.notify_all()
        return False

    works = replace(process.works, engine=engine)
    async with running(works, job(book), loop.in_one_unit("other", look)):
        assert await asyncio.to_thread(until, lambda: bool(book.lines("began")))
        await others.until(others.runs + 3)
        assert not book.lines("acted"), "it is outside all the while"
    await engine.dispose()
    assert book.lines("acted"), "and was finished at the end"
