"""Clocks that are wrong do no harm: the database's is the only authority (RELIABILITY.md 5, promise 25).

Real processes under Debian's `faketime`: a worker whose machine is 400 days ahead or behind, a service that is an hour off,
and a database whose clock jumps by 31 days, which then is the time that counts. Each may jump while it runs. With
`SITTHI_FAULT_ROUNDS` set everybody looks at the database's clock as often as in production, and more of it is waited for.
"""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from app import main
from app.core.clock import BANGKOK
from app.core.embedded import Running, start_embedded
from app.core.sandbox_issuer import SandboxIssuer
from app.core.settings import Mode, Settings
from app.domain.reminders import reminders
from app.main import create_app
from app.startup import process
from tests.cli.running import Serving, sandbox, serving
from tests.embedded_processes import fresh_data_dir, until
from tests.support.api import Api
from tests.support.consents import given
from tests.support.faketime import WrongClock, needs_faketime, postgres_with
from tests.support.members import register
from tests.support.receiver import Receiver
from tests.support.requests import access, submit
from tests.support.webhooks import registered
from tests.support.wire import token
from tests.support.workers import Fleet

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
PUBLIC_URL = "http://sitthi.test"
YEAR, HOUR = timedelta(days=400), timedelta(hours=1)
MONTH = timedelta(days=31)
MINUTE = timedelta(minutes=1)
TYPES = ["consent.expired", "request.due_soon", "request.overdue"]
EXPIRED = "SELECT subject_ref FROM consent WHERE ended_at IS NOT NULL ORDER BY 1"
GIVEN = "SELECT mark, due_on FROM request_reminder WHERE request_id = $1 ORDER BY mark"
EVENTS = """
SELECT id, type, data->>'subject_ref' AS subject_ref, occurred_at, clock_timestamp() AS now FROM outgoing_event
WHERE type = ANY($1) ORDER BY occurred_at
"""
PER_TIMER = """
SELECT max(n) FROM (
    SELECT count(*) AS n FROM outgoing_event WHERE type = ANY($1) GROUP BY type, data->>'subject_ref', data->>'mark'
) each
"""

pytestmark = [pytest.mark.faults, needs_faketime, pytest.mark.timeout(180 if ROUNDS else 90)]


@dataclass
class Rig:
    """A service over a database whose clock can be set; `api` runs in this process, whose own clock is right."""

    data_dir: Path
    server: Running
    clock: WrongClock
    database: "asyncpg.Connection[asyncpg.Record]"
    api: Api
    numbers: Any = field(default_factory=count)

    def variables(self, clock: WrongClock) -> dict[str, str]:
        """Settings of a further process, whose machine has this clock."""
        url = {"SITTHI_DATABASE_URL": self.server.dsn_service, "SITTHI_MIGRATION_DATABASE_URL": self.server.dsn_owner}
        return {**sandbox(self.data_dir, SITTHI_PUBLIC_URL=PUBLIC_URL, **url), **clock.variables}

    async def now(self) -> datetime:
        """What the time is."""
        now: datetime = await self.database.fetchval("SELECT clock_timestamp()")
        return now

    async def today(self) -> date:
        return (await self.now()).astimezone(BANGKOK).date()

    async def consent(self, days: int) -> str:
        """A consent of somebody new whose last day is so many days ahead; says whose."""
        ref = f"M-{next(self.numbers)}"
        await register(self.api, ref)
        await given(self.api, ref)
        last = await self.today() + timedelta(days=days)
        await self.database.execute("UPDATE consent SET expires_on = $2 WHERE subject_ref = $1", ref, last)
        return ref

    async def expired(self) -> list[str]:
        return [row["subject_ref"] for row in await self.database.fetch(EXPIRED)]


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[Rig]:
    with fresh_data_dir(place=tempfile.gettempdir()) as data_dir:
        clock = WrongClock.at(data_dir / "clock")
        with start_embedded(data_dir, binaries=postgres_with(clock, data_dir)) as server:
            settings = Settings(
                mode=Mode.SANDBOX,
                data_dir=data_dir,
                public_url=PUBLIC_URL,
                database_url=SecretStr(server.dsn_service),
                migration_database_url=SecretStr(server.dsn_owner),
            )
            async with (
                process(settings, lambda _: nullcontext()) as prepared,
                Api.over(create_app(prepared), prepared) as api,
            ):
                database = await asyncpg.connect(server.dsn_owner)
                yield Rig(data_dir, server, clock, database, api)
                await database.close()


@pytest.fixture
async def rig(service: Rig) -> Rig:
    """The same, empty, and the database's clock is right."""
    await service.database.execute("SELECT sandbox_reset()")
    service.clock.set(timedelta(0))
    await main.synchronise(service.api.process.works.engine, service.api.process.works.clock)
    return service


async def comes(holds: Callable[[], Awaitable[bool]], seconds: float = 40.0) -> bool:
    """Whether it comes to hold within so many seconds."""
    end = time.monotonic() + seconds
    while not await holds():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.05)
    return True


def told(service: Serving) -> tuple[str, int]:
    """What the log of a process that has ended says of its clock first, with how far it was off."""
    lines = [json.loads(line) for line in service.err.splitlines()]
    return next((line["event"], line["seconds"]) for line in lines if line["event"].startswith("clock_"))


def is_about(seconds: float, off: timedelta) -> bool:
    """A busy machine takes a while to read a clock."""
    return abs(seconds - abs(off).total_seconds()) < 5


async def found_wrong(url: str, off: timedelta) -> None:
    """The process lives, is not to be given work, and its metric says why."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        assert (await http.get("/healthz")).status_code == 200
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["clock"]) == (503, "failed")
        figures = (await http.get("/metrics")).text.splitlines()
    [skew] = [float(line.split()[1]) for line in figures if line.startswith("sitthi_clock_skew_seconds ")]
    assert is_about(skew, off)


@pytest.mark.parametrize("first", [YEAR, -YEAR] if ROUNDS else [YEAR], ids=lambda off: f"{off.days:+}")
async def test_a_worker_that_is_400_days_off_does_nothing_early_and_misses_nothing(rig: Rig, first: timedelta) -> None:
    """It begins so, and while it runs its clock jumps as far to the other side."""
    clock = WrongClock.at(rig.data_dir / "worker", first)
    async with Receiver.running() as receiver:
        webhook = Webhook((await registered(rig.api.core, receiver.url, event_types=TYPES))["secret"])
        not_yet = [await rig.consent(days=1), await rig.consent(days=390)]
        open_request = await submit(rig.api, not_yet[0])
        due: list[str] = []
        with serving("worker", SITTHI_WORKER_PORT="0", **rig.variables(clock)) as worker:
            url = (await asyncio.to_thread(worker.until, "ready")).split()[-1]
            for off in (first, -first):
                clock.set(off)
                due.append(await rig.consent(days=-2))
                assert await comes(lambda: holding(rig.expired, due)), f"{off}: missed"
                assert await comes(lambda: holding(lambda: verified(receiver, webhook), due)), f"{off}: not told"
                await found_wrong(url, off)
            await asyncio.sleep(1.2)
            assert await rig.expired() == sorted(due), "and nothing early"
            assert await rig.database.fetch(GIVEN, open_request["id"]) == []
            if ROUNDS:
                clock.set(timedelta(0))
                assert await asyncio.to_thread(until, lambda: "clock_right_again" in worker.err)
            assert (await asyncio.to_thread(worker.end)).code == 0
    word, seconds = told(worker)
    assert word == "clock_skewed"
    assert is_about(seconds, YEAR)
    for event in await rig.database.fetch(EVENTS, TYPES):
        assert abs(event["now"] - event["occurred_at"]) < MINUTE, "told at an instant of the database's"


async def holding(ask: Callable[[], Awaitable[list[str]]], wanted: list[str]) -> bool:
    return sorted(wanted) == sorted(await ask())


async def verified(receiver: Receiver, webhook: Webhook) -> list[str]:
    """Whom the calls were about, each with a timestamp that a receiver with a right clock takes."""
    for one in receiver.got:
        webhook.verify(one.body, one.headers)
    return [json.loads(one.body)["data"]["subject_ref"] for one in receiver.got]


async def test_a_service_that_is_an_hour_off_takes_tokens_and_sets_dates_by_the_database(rig: Rig) -> None:
    clock = WrongClock.at(rig.data_dir / "service", HOUR)
    pem = str(await rig.database.fetchval("SELECT signing_key FROM sandbox")).encode()
    with serving("serve", **rig.variables(clock)) as service:
        url = await asyncio.to_thread(service.ready)
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            for off in (HOUR, -HOUR):
                clock.set(off)
                await check_tokens(rig, http, pem)
                await check_instants(rig, http)
                await found_wrong(url, off)
            clock.set(timedelta(seconds=3))
            assert (await http.get("/readyz")).json()["checks"]["clock"] == "ok", "so little is nobody's fault"
        if ROUNDS:
            assert await asyncio.to_thread(until, lambda: "clock_right_again" in service.err)
        assert (await asyncio.to_thread(service.end)).code == 0
    word, seconds = told(service)
    assert word == "clock_skewed"
    assert is_about(seconds, HOUR)


async def check_tokens(rig: Rig, http: httpx.AsyncClient, pem: bytes) -> None:
    """It takes and refuses whatever a process with a right clock does, and makes tokens that such a one takes."""
    ages = {0: 200, 3_500: 200, 3_590: 200, 3_630: 401, 7_000: 401, -5: 200, -40: 401, -3_600: 401}
    for age, status in ages.items():
        now = (await rig.now()).timestamp()
        issuer = SandboxIssuer(pem, issuer=f"{PUBLIC_URL}/sandbox", audience="sitthi", clock=partial(float, now - age))
        made = {"Authorization": f"Bearer {issuer.issue('sub-1', ['dpo'])}"}
        for caller in (http, rig.api.http):
            answer = await caller.get("/v1/purposes", headers=made)
            assert answer.status_code == status, f"issued {age} s ago: {answer.text}"
    fresh = {"Authorization": f"Bearer {await token(http, 'dpo')}"}
    assert (await rig.api.http.get("/v1/purposes", headers=fresh)).status_code == 200


async def check_instants(rig: Rig, http: httpx.AsyncClient) -> None:
    """What it writes down, and every date that comes of it, is as if its clock were right."""
    ref = await rig.consent(days=30)
    assert rig.api.process.issuer
    member = {"Authorization": f"Bearer {rig.api.member(ref).token}"}
    made = await http.post("/v1/requests/access", json=access(ref), headers=member)
    assert made.status_code == 201, made.text
    right = await submit(rig.api, await rig.consent(days=30), kind="access")
    assert made.json()["sla"]["received_at"] == str(await rig.today())
    assert made.json()["sla"] == right["sla"]
    kept = await rig.database.fetchrow("SELECT * FROM rights_request WHERE id = $1", made.json()["id"])
    assert kept
    instants = [value for value in kept.values() if isinstance(value, datetime) and value.tzinfo is not None]
    now = await rig.now()
    near = [one for one in instants if abs(one - now) < MINUTE]
    assert near, "it says when"
    assert all(one in near or one > now + timedelta(days=1) for one in instants), instants


def often() -> None:
    """A worker looks at the database's clock every half second."""
    main.CLOCK_SECONDS = 0.5


@pytest.fixture
async def fleet(rig: Rig, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Workers whose own clock is right."""
    made = Fleet(rig.data_dir, rig.server.dsn_owner, tmp_path, *([] if ROUNDS else [often]))
    yield made
    await made.kill()


async def test_when_the_database_jumps_ahead_31_days_all_that_is_due_by_then_happens_once(
    rig: Rig, fleet: Fleet
) -> None:
    """And nothing more; nor anything again when it jumps back, or ahead once more."""
    soon, later = [await rig.consent(days=10), await rig.consent(days=29)], await rig.consent(days=33)
    request = await submit(rig.api, later)
    caller = rig.api.core
    await fleet.start(2)
    assert await rig.expired() == []
    rig.clock.set(MONTH)
    assert await comes(lambda: holding(rig.expired, soon)), "missed"
    expected = await marks(rig, request)
    assert len(expected) >= 3
    assert await comes(lambda: gave(rig, request, expected)), "missed"
    for off in (timedelta(0), MONTH) if ROUNDS else ():
        rig.clock.set(off)
        await asyncio.sleep(main.CLOCK_SECONDS + 2)
    await asyncio.sleep(1.2)
    assert await rig.expired() == sorted(soon)
    assert await gave(rig, request, expected), "none early, none twice"
    assert await rig.database.fetchval(PER_TIMER, TYPES) == 1
    for event in await rig.database.fetch(EVENTS, TYPES):
        assert abs(event["now"] - event["occurred_at"]) < 3 * MINUTE, "told at an instant of the database's"
    await fleet.drain()
    for worker in fleet.workers:
        lines = [json.loads(line) for line in worker.err.read_text().splitlines()]
        [first, *_] = [line["seconds"] for line in lines if line["event"] == "clock_skewed"]
        assert is_about(first, MONTH)
    await main.synchronise(rig.api.process.works.engine, rig.api.process.works.clock)
    assert (await caller.get("/v1/purposes")).status_code == 401, "its token is a month old"
    assert (await rig.api.core.get("/v1/purposes")).status_code == 200


async def marks(rig: Rig, request: dict[str, Any]) -> list[int]:
    """Of the reminders of a request, those whose day has come."""
    dates = [date.fromisoformat(request["sla"][name]) for name in ("decide_by_internal", "decide_by")]
    today = await rig.today()
    return [one.mark for one in reminders(*dates) if one.on <= today]


async def gave(rig: Rig, request: dict[str, Any], expected: list[int]) -> bool:
    return [row["mark"] for row in await rig.database.fetch(GIVEN, request["id"])] == expected
