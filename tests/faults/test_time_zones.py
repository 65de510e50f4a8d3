"""Dates are those of Bangkok, in whatever time zone the process, the database and its sessions are (promise 24).

RELIABILITY.md 5: one story over HTTP around midnights in Bangkok, when it is 17:00 in UTC: at the end of a year and of a
month, and about 29 February. It is told in each zone under a server whose own zone is another one still, with sessions in
UTC as the service asks for, and in that zone as if it did not. Dates are compared with a count of their own.
"""

import os
import re
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from app.core import database as connections
from app.core.clock import Clock
from app.core.database import Lane, create_engine
from app.core.embedded import start_embedded
from app.core.settings import Mode, Settings
from app.core.work import SYSTEM
from app.domain.policy import PolicyPack
from app.main import Process, create_app, prepare
from app.startup import process
from tests.embedded_processes import fresh_data_dir
from tests.faults.test_deadlines_oracle import oracle, paused_oracle
from tests.policies.editing import PackCopy
from tests.support.api import Api
from tests.support.clock import noon_of, set_to
from tests.support.consents import given, read
from tests.support.database import Database
from tests.support.members import register
from tests.support.reminding import reminders_told
from tests.support.requests import decide, submit

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
ZONES = ["UTC", "Asia/Bangkok", "America/Los_Angeles", "Pacific/Kiritimati"]
RUNS = [(zone, asked) for zone in ZONES for asked in (True, False)]
SMALL = [("America/Los_Angeles", True), ("Pacific/Kiritimati", False)]
SERVER_ZONES = {"timezone": "Pacific/Chatham", "log_timezone": "Asia/Kathmandu"}
BEFORE, AFTER = "16:59:30Z", "17:00:30Z"
"""Half a minute before midnight in Bangkok, and after it: then it is the next day there."""
DAY = timedelta(days=1)
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


@dataclass(frozen=True)
class Rig:
    """A migrated database, and a service over it that is never spoken to."""

    database: Database
    prepared: Process


@pytest.fixture(scope="module")
async def rig() -> AsyncIterator[Rig]:
    with (
        fresh_data_dir(place=tempfile.gettempdir()) as data_dir,
        start_embedded(data_dir, settings=SERVER_ZONES) as server,
    ):
        settings = Settings(mode=Mode.SANDBOX, data_dir=data_dir, public_url="http://sitthi.test")
        async with process(settings, lambda _: nullcontext()) as prepared:
            yield Rig(Database(server.dsn_owner, server.dsn_service), prepared)


@pytest.fixture(scope="module")
def patient_pack(tmp_path_factory: pytest.TempPathFactory) -> PolicyPack:
    """A pack that stops the clock of erasures for a question, and allows them 30 days more."""
    copy = PackCopy(tmp_path_factory.mktemp("packs") / "patient")
    copy.edit(
        "common/rights.yaml", "extension_days: 0", "extension_days: 30\n    pause_for_information: true", "erasure"
    )
    return copy.load()


@pytest.fixture(
    params=RUNS if ROUNDS else SMALL, ids=lambda run: f"{run[0]}, {'as asked for' if run[1] else 'not asked for'}"
)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A zone that this process is in; and the sessions too, unless the service asks for UTC."""
    name, asked = request.param
    monkeypatch.setenv("TZ", name)
    time.tzset()
    if not asked:
        bounds = connections._bounds
        monkeypatch.setattr(connections, "_bounds", lambda of: {k: v for k, v in bounds(of).items() if k != "timezone"})
    yield name
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
async def there(rig: Rig, zone: str, patient_pack: PolicyPack) -> AsyncIterator[Api]:
    """The service in that zone, empty, over a database and a role whose sessions begin there."""
    await _alter(rig.database.owner, f"ALTER DATABASE sitthi SET timezone TO '{zone}'")
    await _alter(rig.database.service, f"ALTER ROLE sitthi_service SET timezone TO '{zone}'")
    await rig.database.execute("SELECT sandbox_reset()")
    engine = create_engine(rig.database.service, name="tests")
    lane = Lane(rig.database.service, name="tests")
    made = rig.prepared
    mine = await prepare(made.settings, engine, lane, Clock(), patient_pack, made.works.ring)
    async with Api.over(create_app(mine), mine) as api:
        yield api
    lane.close()
    await engine.dispose()


async def _alter(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def in_utc(found: Any) -> bool:
    """Whether every instant in an answer is told in UTC."""
    if isinstance(found, dict):
        return all(map(in_utc, found.values()))
    if isinstance(found, list):
        return all(map(in_utc, found))
    return not (isinstance(found, str) and INSTANT.match(found)) or found.endswith(("Z", "+00:00"))


def of(clock: dict[str, Any]) -> tuple[date, date, date]:
    """When it came, and by when it is to be decided: by law, and internally."""
    return tuple(date.fromisoformat(clock[name]) for name in ("received_at", "decide_by", "decide_by_internal"))


async def moved(caller: Api, request: dict[str, Any], move: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await caller.post(f"/v1/requests/{request['id']}/{move}", body)
    assert answer.status_code == 200, answer.text
    assert in_utc(answer.json())
    clock: dict[str, Any] = answer.json()["sla"]
    return clock


async def sessions(api: Api) -> set[str]:
    """The zones of the sessions that the service has, of either kind."""
    async with api.process.works.open_direct(SYSTEM, "test") as work:
        lane = await (await work.driver()).fetchval("SHOW timezone")
    async with api.process.works.open(SYSTEM, "test") as work:
        return {lane, await (await work.driver()).fetchval("SHOW timezone")}


async def test_a_day_ends_at_midnight_in_bangkok(there: Api, rig: Rig, zone: str) -> None:
    """A year's last day, with what was received, asked, answered, extended, decided, expired and reminded of about it."""
    assert await sessions(there) == {"UTC" if "timezone" in connections._bounds("tests") else zone}
    await noon_of(there, "2026-12-01")
    for ref in ("M-1", "M-2"):
        await register(there, ref)
    consent = await given(there, "M-1", expires_on="2026-12-31")

    await set_to(there, f"2026-12-31T{BEFORE}")
    old_year = [await submit(there, scope={"record_refs": [ref]}) for ref in "ABC"]
    assert (await read(there, consent["id"]))["status"] == "active"
    await set_to(there, f"2026-12-31T{AFTER}")
    new_year = await submit(there, "M-2")
    assert (await read(there, consent["id"]))["status"] == "expired"
    old, new = date(2026, 12, 31), date(2027, 1, 1)
    assert {of(one["sla"]) for one in old_year} == {(old, *oracle(old, 30, set(), set()))}
    assert of(new_year["sla"]) == (new, *oracle(new, 30, set(), set()))
    legal = oracle(old, 30, set(), set())[0]

    await set_to(there, f"2027-01-05T{BEFORE}")
    assert (await moved(there.staff, new_year, "information-requests", {"question": "Which?"}))["paused"]
    extended = await moved(there.dpo, old_year[0], "extension", {"reason": "Many records"})
    assert of(extended) == (old, *oracle(old, 60, set(), set()))
    await set_to(there, f"2027-01-10T{AFTER}")
    resumed = await moved(there.member("M-2"), new_year, "information", {"answer": "The old one"})
    wait = (date(2027, 1, 5), date(2027, 1, 11))
    assert of(resumed)[1] == paused_oracle(new, 30, [wait], set()) == oracle(new, 36, set(), set())[0]

    await set_to(there, f"{legal}T{BEFORE}")
    assert (await decide(there, old_year[1]["id"], "refused")).status_code == 200
    await set_to(there, f"{legal}T{AFTER}")
    assert (await decide(there, old_year[2]["id"], "refused")).status_code == 200
    await check_register(there)
    await check_reminders(rig, old_year, new_year, resumed)


async def check_register(there: Api) -> None:
    """By month of receipt; the one decided at the last moment was in time, the other not."""
    items = (await there.dpo.get("/v1/registers/sla", params={"from": "2026-12-31", "until": "2027-01-01"})).json()[
        "items"
    ]
    december = [one for one in items if one["month"] == "2026-12-01"]
    assert sum(one["received"] for one in december) == 3
    assert [one["received"] for one in items if one["month"] == "2027-01-01"] == [1]
    [refused] = [one for one in december if one["outcome"] == "refused"]
    assert (refused["decided_in_time"], refused["decided_late"]) == (1, 1)
    assert refused["max_days_to_decide"] - refused["median_days_to_decide"] == 1
    only = await there.dpo.get("/v1/registers/sla", params={"from": "2027-01-01", "until": "2027-01-01"})
    assert [one["month"] for one in only.json()["items"]] == ["2027-01-01"]


async def check_reminders(
    rig: Rig, old_year: list[dict[str, Any]], new_year: dict[str, Any], resumed: dict[str, Any]
) -> None:
    """Each on its day, as it begins in Bangkok."""
    for request, clock, until in ((old_year[1], old_year[1]["sla"], 0), (old_year[2], old_year[2]["sla"], 1)):
        _, legal, internal = of(clock)
        days = [(internal - days * DAY, -days) for days in (7, 3, 1)] + [
            (legal + days * DAY, days) for days in range(until + 1)
        ]
        told = await reminders_told(rig.database, request["id"])
        assert [(day, mark) for day, _, mark in told] == [(str(day), mark) for day, mark in days]
    _, _, internal = of(resumed)
    told = await reminders_told(rig.database, new_year["id"])
    reached = date(2027, 2, 2)
    assert [day for day, _, _ in told] == [str(internal - n * DAY) for n in (7, 3, 1) if internal - n * DAY <= reached]
    begun = await rig.database.fetch(
        "SELECT DISTINCT to_char(occurred_at AT TIME ZONE 'UTC', 'HH24:MI:SS') AS at FROM outgoing_event "
        "WHERE type ~ '^request.(due_soon|overdue)$' OR type = 'consent.expired'"
    )
    assert [row["at"] for row in begun] == ["17:00:00"]


async def test_a_month_ends_at_midnight_in_bangkok(there: Api) -> None:
    await noon_of(there, "2027-01-04")
    for day in (date(2027, 2, 28), date(2027, 3, 31), date(2028, 2, 28), date(2028, 2, 29)):
        found, days = [], (day, day + DAY)
        for time_of_day in (BEFORE, AFTER):
            await set_to(there, f"{day}T{time_of_day}")
            ref = await register(there, f"M-{day}-{len(found)}")
            found.append(of((await submit(there, ref))["sla"]))
        assert found == [(one, *oracle(one, 30, set(), set())) for one in days]
        within = {"from": str(days[0]), "until": str(days[1])}
        items = (await there.dpo.get("/v1/registers/sla", params=within)).json()["items"]
        assert [one["month"] for one in items] == sorted({str(one.replace(day=1)) for one in days})
