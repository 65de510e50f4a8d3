"""What fails when it falls due is set aside and told of, and all others come about (RELIABILITY.md 5, promises 23 and 33).

Of each kind of what is due one thing is made unsound, in the database as it can happen, and falls due before the others.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.core.database import create_engine
from app.core.notifying import Via
from app.core.work import SYSTEM, Works
from app.domain.errors import Unavailable
from app.main import Process
from app.models.errand import Errand
from app.repositories import set_aside as rows
from app.services import lag, set_aside
from app.services.due import DUE
from app.workers import jobs, loop, messages
from app.workers.loop import Job
from tests.support.api import Api
from tests.support.clock import noon_of
from tests.support.consents import given
from tests.support.database import Database
from tests.support.delivery import delivering
from tests.support.falling_due import EVENT, FALLING, REFS, Falling, events, outgoing_message, reminder
from tests.support.faults import failing, gate
from tests.support.holidays import announced
from tests.support.loops import running
from tests.support.members import register
from tests.support.receiver import Receiver, http
from tests.support.requests import erasure, submit
from tests.support.services import working
from tests.support.unsound import garbled, unwritable
from tests.support.webhooks import PATH, deliveries, drained, registered, sequenced
from tests.support.webhooks import events as read_events

pytestmark = pytest.mark.faults
ASIDE = "SELECT kind, object_id, failures, reason FROM set_aside ORDER BY kind, object_id"
AGAIN = "UPDATE set_aside SET until = now()"
LEASES_OVER = "UPDATE webhook_delivery SET lease_until = now() WHERE lease_until IS NOT NULL"
TABLES = """
SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
WHERE schemaname = 'public' AND tablename <> 'set_aside'
"""
OF_M_1 = """
SELECT id::text FROM rights_request WHERE subject_ref = 'M-1' UNION SELECT id::text FROM consent WHERE subject_ref = 'M-1'
UNION SELECT id::text FROM outgoing_event WHERE data->>'subject_ref' = 'M-1'
UNION SELECT id::text FROM data_package WHERE subject_ref = 'M-1'
UNION SELECT id::text FROM deletion_case WHERE subject_ref = 'M-1'
UNION SELECT id::text FROM webhook_endpoint WHERE url LIKE '%/M-1'
"""


def test_every_kind_of_what_is_due_is_made_unsound_here() -> None:
    errands = {str(table.__tablename__) for table in Errand.__subclasses__() if table.__module__.startswith("app.")}
    assert set(FALLING) == {due.name for due in DUE} | errands | {"outgoing_event"} == set(set_aside.KINDS)


async def written(database: Database, marks: Sequence[str]) -> dict[str, str]:
    """What every table says about somebody or something, as a digest."""
    named = "|".join([*marks, *(row["id"] for row in await database.fetch(OF_M_1)), "M-1[^0-9]"])
    digest = "coalesce(sum(hashtextextended(t::text, 0)), 0)::text AS state"
    each = [
        f"SELECT '{row['name']}' AS name, {digest} FROM {row['name']} t WHERE t::text ~ $1"
        for row in await database.fetch(TABLES)
    ]
    return {row["name"]: row["state"] for row in await database.fetch(" UNION ALL ".join(each), named)}


async def come_about(database: Database, falling: Falling, wanted: Sequence[str], *, aside: bool) -> None:
    """Returns once exactly these have come about, once each, and something is set aside or nothing is to be."""
    done: list[str] = []
    for _ in range(500):
        done = sorted(row["done"] for row in await database.fetch(falling.done))
        if done == sorted(wanted) and (not aside or await database.fetch(ASIDE)):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{done} have come about")


@pytest.fixture
async def works(api: Api, app: Any, database: Database) -> AsyncIterator[Works]:
    """Of a service from which messages leave, besides the sandbox's outbox."""
    async with delivering(app, api, database, Via.EMAIL) as delivery:
        yield delivery.works


def job_named(name: str, process: Process, works: Works) -> Job:
    everything = [*jobs.of(process.settings, process.outbound), *messages.jobs(works.channels)]
    return next(job for job in everything if job.name.startswith(name))


@pytest.mark.parametrize("kind", FALLING)
async def test_what_fails_is_set_aside_and_told_of_and_comes_about_once_it_is_mended(
    kind: str, api: Api, works: Works, database: Database
) -> None:
    falling, process = FALLING[kind], replace(api.process, works=works)
    await falling.prepare(replace(api, process=process), database)
    job = job_named(falling.job or kind, process, works)
    with capture_logs() as logs:
        async with await falling.unsound(api, database):
            before = await written(database, falling.marks)
            async with running(works, job):
                await come_about(database, falling, falling.others, aside=True)
                [aside] = await database.fetch(ASIDE)
                assert (aside["kind"], aside["failures"]) == (kind, 1)
                assert await written(database, falling.marks) == before, "nothing of it is half written"
        await database.execute(AGAIN)
        async with running(works, job):
            await come_about(database, falling, (falling.first, *falling.others), aside=False)
    [told] = [line for line in logs if line["event"] == "due_set_aside"]
    assert (told["kind"], told["reason"], told["count"]) == (kind, aside["reason"], 1)
    assert {line["event"] for line in logs} <= {"due_set_aside", "message_not_taken", "holidays_missing"}
    assert "M-1" not in str(logs)
    async with works.open(SYSTEM, "test") as work:
        assert (await set_aside.by_kind(work))[kind] == 1, "for a while, until it is known that it does not fail again"


MANY = """
INSERT INTO rights_request SELECT (jsonb_populate_record(r, jsonb_build_object(
    'id', gen_random_uuid(), 'reference', 'R-' || n, 'scope_key', n::text))).*
FROM rights_request r, generate_series(1, $1) n WHERE subject_ref = 'M-3'
"""
REMINDED = "SELECT request_id::text AS done FROM request_reminder"


def reminding(process: Process) -> Job:
    return job_named("reminder", process, process.works)


@pytest.mark.parametrize("at_commit", [False, True])
async def test_one_among_many_that_are_done_together_is_found(api: Api, database: Database, at_commit: bool) -> None:
    await reminder(api, database)
    await database.execute(MANY, 37)
    unsound = await request_of(database, "M-2")
    async with unwritable(database, "request_event", "request_id", unsound, at_commit=at_commit):
        with capture_logs():
            while await set_aside.doing(api.process.works, "test", reminding(api.process).run) is not False:
                pass
    unreminded = "SELECT subject_ref FROM rights_request WHERE id NOT IN (SELECT request_id FROM request_reminder)"
    assert [row["subject_ref"] for row in await database.fetch(unreminded)] == ["M-2"]
    done = [row["done"] for row in await database.fetch(REMINDED)]
    assert len(done) == len(set(done)) == 39
    assert [row["failures"] for row in await database.fetch(ASIDE)] == [1]


async def test_a_look_past_what_is_set_aside_reads_no_table_from_end_to_end(api: Api, database: Database) -> None:
    await noon_of(api, "2026-12-01")
    await register(api, "M-3")
    await submit(api, "M-3")
    await database.execute(MANY, 3000)
    await database.execute(
        "INSERT INTO set_aside SELECT kind, id::text, now(), 1, now() + interval '1 minute', 'KeyError' "
        "FROM unnest($1::text[]) kind, (SELECT id FROM rights_request ORDER BY next_reminder_at, id LIMIT 50) first",
        ["reminder", "rescheduling", "identity_lapse"],
    )
    await database.execute("VACUUM ANALYZE rights_request")
    engine = create_engine(database.service, name="tests")  # no plan is left of a time when the tables were empty
    async with replace(api.process.works, engine=engine).open(SYSTEM, "test") as work:
        for due in DUE:
            await due.next_at(work)
            assert not await due.happen(work)
        read = await (await work.driver()).fetchrow(READ)
    await engine.dispose()
    assert read is not None
    assert (read["seq_scan"], read["idx_tup_fetch"] < 200) == (0, True)


READ = "SELECT seq_scan, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'rights_request'"


async def request_of(database: Database, subject_ref: str) -> str:
    [row] = await database.fetch("SELECT id::text FROM rights_request WHERE subject_ref = $1", subject_ref)
    request_id: str = row["id"]
    return request_id


@pytest.mark.parametrize(
    "sqlstate",
    [
        pytest.param("08006", id="the connection is lost"),
        pytest.param("40001", id="it could not be serialized"),
        pytest.param("40P01", id="a deadlock"),
        pytest.param("53100", id="the disk is full"),
        pytest.param("55P03", id="a lock is waited for too long"),
        pytest.param("57014", id="it took too long"),
        pytest.param("57P01", id="the server shuts down"),
    ],
)
async def test_what_the_database_can_not_do_just_now_sets_nothing_aside(
    api: Api, database: Database, sqlstate: str
) -> None:
    await reminder(api, database)
    async with unwritable(
        database, "request_event", "request_id", await request_of(database, "M-1"), sqlstate=sqlstate
    ):
        with pytest.raises(Unavailable):
            await set_aside.doing(api.process.works, "test", reminding(api.process).run)
        assert await database.fetch(ASIDE) == []
    assert await set_aside.doing(api.process.works, "test", reminding(api.process).run)
    assert len(await database.fetch(REMINDED)) == len(REFS)


async def test_what_takes_the_database_too_long_each_time_is_set_aside_after_some_tries(
    api: Api, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "IDLE_SECONDS", 0.01)
    await reminder(api, database)
    unsound = await request_of(database, "M-1")
    async with unwritable(database, "request_event", "request_id", unsound, sqlstate="57014"):
        with capture_logs():
            async with running(api.process.works, reminding(api.process)):
                await come_about(database, FALLING["reminder"], ("M-2", "M-3"), aside=True)
        [aside] = await database.fetch(ASIDE)
        assert (aside["object_id"], aside["reason"]) == (unsound, Unavailable.code)


async def test_the_sandbox_clock_moves_over_it_and_everything_else_comes_about_on_its_day(
    api: Api, database: Database
) -> None:
    await noon_of(api, "2026-12-01")
    for ref in REFS:
        await register(api, ref)
        await given(api, ref, expires_on="2026-12-10")
        await api.staff.post("/v1/requests/erasure", erasure(ref, channel="counter"))
    async with unwritable(database, "audit_entry", "subject_ref", "M-2"):
        with capture_logs() as logs:
            answer = await api.post("/sandbox/clock", {"advance": "P32D"})
        assert (answer.status_code, answer.json()["catching_up"]) == (200, False)
    assert {line["kind"] for line in logs if line["event"] == "due_set_aside"} == {
        "consent_expiry",
        "identity_lapse",
        "reminder",
    }
    told = {ref: [(row["type"], row["occurred_at"]) for row in await database.fetch(TOLD, ref)] for ref in REFS}
    assert told["M-2"] == []
    assert told["M-1"] == told["M-3"]
    assert {at.hour for _, at in told["M-1"]} == {17}, "each at the start of its day in Bangkok"
    assert {kind for kind, _ in told["M-1"]} == {"consent.expired", "request.lapsed", "request.due_soon"}
    await database.execute(AGAIN)
    assert (await api.post("/sandbox/clock", {"advance": "PT1M"})).status_code == 200
    late = [row["type"] for row in await database.fetch(TOLD, "M-2")]
    assert sorted(late) == sorted(kind for kind, _ in told["M-1"]), "mended, it comes about, whole"


TOLD = """
SELECT type, occurred_at FROM outgoing_event WHERE data->>'subject_ref' = $1
    AND type IN ('consent.expired', 'request.lapsed', 'request.due_soon')
ORDER BY id
"""


async def test_a_message_that_was_sent_but_can_not_be_settled_is_not_sent_each_time_its_lease_runs_out(
    api: Api, app: Any, database: Database
) -> None:
    async with delivering(app, api, database, Via.EMAIL) as delivery:
        process = replace(api.process, works=delivery.works)
        await outgoing_message(replace(api, process=process), database)
        job = job_named("messages_by_email", process, delivery.works)
        async with unwritable(database, "audit_entry", "subject_ref", "M-1"):
            with capture_logs():
                while await set_aside.doing(delivery.works, "test", job.run) is not False:
                    await database.execute(
                        "UPDATE outgoing_message SET lease_until = now() WHERE lease_until IS NOT NULL"
                    )
            assert len(delivery.office.received) == len(REFS)
        await database.execute(AGAIN)
        assert await set_aside.doing(delivery.works, "test", job.run)
        assert {row["state"] for row in await delivery.rows()} == {"sent"}
        assert (len(delivery.office.ids), len(set(delivery.office.ids))) == (4, 3), "the same message, once more"


async def test_what_was_sent_together_and_can_not_be_recorded_is_set_aside_together(
    api: Api, database: Database
) -> None:
    async with Receiver.running() as receiver:
        await registered(api.core, receiver.url, event_types=["consent.granted"])
        await events(api, database)
        await sequenced(api.process)
        job = job_named("webhooks_1", api.process, api.process.works)
        async with unwritable(database, "webhook_delivery", "status", "delivered"):
            with capture_logs():
                while await set_aside.doing(api.process.works, "test", job.run) is not False:
                    await database.execute(LEASES_OVER)
            assert len(receiver.got) == len(REFS)
        await database.execute(AGAIN)
        while await set_aside.doing(api.process.works, "test", job.run):
            pass
        states = await database.fetch("SELECT status FROM webhook_delivery")
        assert [row["status"] for row in states] == ["delivered"] * len(REFS)
        assert (len(receiver.ids), len(set(receiver.ids))) == (2 * len(REFS), len(REFS))


async def test_of_what_was_sent_together_the_one_that_can_not_be_recorded_is_found_and_the_others_are(
    api: Api, database: Database
) -> None:
    async with Receiver.running() as receiver:
        await registered(api.core, receiver.url, event_types=["consent.granted"])
        await events(api, database)
        await sequenced(api.process)
        job = job_named("webhooks_1", api.process, api.process.works)
        [unsound] = await database.fetch(EVENT)
        async with unwritable(
            database, "webhook_delivery", "event_id", unsound["value"], operations="UPDATE OF status"
        ):
            with capture_logs():
                for _ in range(3):
                    await database.execute(AGAIN)
                    while await set_aside.doing(api.process.works, "test", job.run) is not False:
                        await database.execute(LEASES_OVER)
        left = await database.fetch("SELECT event_id::text AS id FROM webhook_delivery WHERE status = 'pending'")
        assert [row["id"] for row in left] == [unsound["value"]]


async def test_a_delivery_that_somebody_asks_for_again_is_set_aside_no_longer(api: Api, database: Database) -> None:
    async with Receiver.running() as receiver:
        made = await registered(api.core, receiver.url, event_types=["consent.granted"])
        await events(api, database)
        await sequenced(api.process)
        await database.execute(
            "INSERT INTO set_aside SELECT 'webhook_delivery', id::text, now(), 9, now() + interval '1 hour', 'KeyError' "
            "FROM webhook_delivery"
        )
        await drained(api.process, 1)
        assert receiver.got == []
        [asked] = await deliveries(api.core, made["id"], limit=1)
        answer = await api.core.post(f"{PATH}/{made['id']}/deliveries/{asked['id']}/redelivery")
        assert answer.status_code == 200, answer.text
        await drained(api.process, 1)
        assert receiver.ids == [asked["event_id"]]


async def test_what_was_claimed_often_and_never_recorded_is_not_given_up_when_it_is_refused_once(
    api: Api, database: Database
) -> None:
    async with Receiver.running() as receiver:
        receiver.usual = http(b"", "503 Down")
        await registered(api.core, receiver.url, event_types=["consent.granted"])
        await events(api, database)
        await sequenced(api.process)
        await database.execute("UPDATE webhook_delivery SET attempts = 20")
        await drained(api.process, 1)
        states = await database.fetch("SELECT status, not_before > now() AS later FROM webhook_delivery")
        assert [(row["status"], row["later"]) for row in states] == [("pending", True)] * len(REFS)


async def test_a_package_that_another_has_taken_over_from_a_build_that_fails_is_not_set_aside(
    api: Api, database: Database
) -> None:
    await FALLING["data_package"].prepare(api, database)
    job = job_named("package_building", api.process, api.process.works)
    taken_over = "UPDATE data_package SET fence = fence + 1 WHERE lease_until IS NOT NULL"
    with capture_logs():
        async with failing(database, "package_chunk"), gate(database, "package_chunk") as held:
            building = asyncio.create_task(set_aside.doing(api.process.works, "test", job.run))
            await held.waiting()
            taking_over = asyncio.create_task(database.execute(taken_over))
            await held.waiting(2)
            await held.open()
            await taking_over
            assert await building is True
    assert await database.fetch(ASIDE) == []


async def test_a_transfer_that_is_set_aside_holds_up_no_other_to_the_same_controller(
    api: Api, database: Database
) -> None:
    await FALLING["transfer"].prepare(api, database)
    await database.execute("UPDATE transfer SET controller = 'coop_1'")
    job = job_named("transfers", api.process, api.process.works)
    async with unwritable(database, "audit_entry", "subject_ref", "M-1"):
        with capture_logs():
            assert await set_aside.doing(api.process.works, "test", job.run) is None
        leased = await database.fetch("SELECT subject_ref FROM transfer WHERE lease_until > now()")
        assert [row["subject_ref"] for row in leased] == ["M-1"], "nobody has ended its lease"
        assert await set_aside.doing(api.process.works, "test", job.run) is True
    tried = await database.fetch("SELECT subject_ref FROM transfer WHERE attempts > 0 AND lease_until IS NULL")
    assert [row["subject_ref"] for row in tried] == ["M-2"]


async def test_one_request_holds_up_no_announcement_of_holidays(api: Api, database: Database) -> None:
    await noon_of(api, "2026-12-01")
    for ref in REFS:
        await register(api, ref)
        await submit(api, ref)
    await database.execute("UPDATE rights_request SET decide_by = '2027-01-04', decide_by_internal = '2026-12-30'")
    async with garbled(database, "rights_request", "kind", "subject_ref = 'M-3'", "right_to_be_ignored"):
        assert (await announced(api, "2027-01-04"))["requests_concerned"] == len(REFS)
        assert await database.fetch(FALLING["rescheduling"].done) == [], "what was begun with it is left to the worker"
        with capture_logs():
            job = job_named("rescheduling", api.process, api.process.works)
            while await set_aside.doing(api.process.works, "test", job.run) is not False:
                pass
        assert [row["kind"] for row in await database.fetch(ASIDE)] == ["rescheduling"]
        done = [row["done"] for row in await database.fetch(FALLING["rescheduling"].done)]
        assert sorted(done) == ["M-1", "M-2"]


async def test_a_reader_of_the_feed_finds_an_event_that_was_set_aside_after_all_others(
    api: Api, database: Database
) -> None:
    await events(api, database)
    job = job_named("event_feed", api.process, api.process.works)
    async with await FALLING["outgoing_event"].unsound(api, database):
        with capture_logs():
            while await set_aside.doing(api.process.works, "test", job.run) is not False:
                pass
        found, cursor = await read_events(api.core, type="consent.granted")
    assert [one["data"]["subject_ref"] for one in found] == ["M-2", "M-3"]
    await database.execute(AGAIN)
    found, _ = await read_events(api.core, type="consent.granted", after=cursor)
    assert [one["data"]["subject_ref"] for one in found] == ["M-1"]


async def test_a_reader_of_the_feed_is_answered_while_an_event_that_fails_is_not_set_aside_yet(
    api: Api, database: Database
) -> None:
    await events(api, database)
    job = job_named("event_feed", api.process, api.process.works)
    async with await FALLING["outgoing_event"].unsound(api, database):
        found, _ = await read_events(api.core, type="consent.granted")
        assert found == [], "they have no positions yet"
        with capture_logs():
            while await set_aside.doing(api.process.works, "test", job.run) is not False:
                pass
        found, _ = await read_events(api.core, type="consent.granted")
        assert [one["data"]["subject_ref"] for one in found] == ["M-2", "M-3"]


async def test_the_pauses_grow_up_to_an_hour_and_what_is_well_again_is_forgotten(
    process: Process, api: Api, database: Database
) -> None:
    pauses = (set_aside.FIRST_PAUSE, set_aside.LONGEST_PAUSE)
    async with working(process) as work:
        failures = [await rows.note(work, "reminder", "one", "KeyError", pauses, 1) for _ in range(9)]
        untils = await (await work.driver()).fetchrow("SELECT extract(epoch FROM until - now())::int FROM set_aside")
    assert failures == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert untils is not None
    assert untils[0] == 3600
    minutes = []
    for known in range(1, 9):
        await database.execute("UPDATE set_aside SET failures = $1", known)
        async with working(process) as work:
            await rows.note(work, "reminder", "one", "KeyError", pauses, 1)
            minutes.append(
                await (await work.driver()).fetchval(
                    "SELECT extract(epoch FROM until - now())::int / 60 FROM set_aside"
                )
            )
    assert minutes == [2, 4, 8, 16, 32, 60, 60, 60]
    await database.execute("UPDATE set_aside SET until = now() - interval '11 minutes'")
    async with working(process) as work:
        assert sum((await set_aside.by_kind(work)).values()) == 0
        await lag.beat(work)
    assert await database.fetch(ASIDE) == []


async def test_what_was_set_aside_while_the_database_s_clock_was_ahead_is_not_left_alone_until_then(
    api: Api, database: Database
) -> None:
    pauses = (set_aside.FIRST_PAUSE, set_aside.LONGEST_PAUSE)
    async with working(api.process) as work:
        for key in ("one", "other"):
            await rows.note(work, "reminder", key, "KeyError", pauses, 2)
    await database.execute("UPDATE set_aside SET until = until + interval '1 day' WHERE object_id = 'one'")
    async with working(api.process) as work:
        await lag.beat(work)
    assert [row["object_id"] for row in await database.fetch(ASIDE)] == ["other"]


async def test_where_everything_fails_it_is_not_set_aside_without_end(api: Api, database: Database) -> None:
    await reminder(api, database)
    await database.execute(MANY, 2 * set_aside.MOST_AT_ONCE)
    async with failing(database, "request_event"):
        with capture_logs():
            for _ in range(set_aside.MOST_AT_ONCE):
                assert await set_aside.doing(api.process.works, "test", reminding(api.process).run) is None
            with pytest.raises(Exception, match="injected"):
                await set_aside.doing(api.process.works, "test", reminding(api.process).run)
    assert len(await database.fetch(ASIDE)) == set_aside.MOST_AT_ONCE
    assert await set_aside.doing(api.process.works, "test", reminding(api.process).run), "the others, once it is mended"
    await database.execute(AGAIN)
    while await set_aside.doing(api.process.works, "test", reminding(api.process).run):
        pass
    assert len(await database.fetch(REMINDED)) == 3 + 2 * set_aside.MOST_AT_ONCE
