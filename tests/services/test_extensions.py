"""The single extension, under a pack that allows one: both shipped packs allow none."""

from collections.abc import AsyncIterator
from dataclasses import replace
from types import MappingProxyType

import pytest

from app.domain.vocabulary import Right
from app.main import Process, create_app
from tests.support.api import Api, problem
from tests.support.clock import noon_of
from tests.support.database import Database
from tests.support.holidays import announced
from tests.support.members import register
from tests.support.policies import under
from tests.support.reminding import reminders_told
from tests.support.requests import decide, submit


@pytest.fixture
async def generous(database: Database, process: Process) -> AsyncIterator[Api]:
    """The service under a pack that allows 30 days more for an erasure."""
    await database.reset()
    pack = process.works.pack
    rule = replace(pack.rights[Right.ERASURE], extension_days=30)
    other = under(process, replace(pack, rights=MappingProxyType({**pack.rights, Right.ERASURE: rule})))
    async with Api.over(create_app(other), other) as api:
        await noon_of(api, "2026-12-01")
        await register(api)
        yield api


async def test_it_goes_on_from_the_old_last_day_and_has_reminders_of_its_own(generous: Api, database: Database) -> None:
    request = await submit(generous)
    path = f"/v1/requests/{request['id']}"
    await noon_of(generous, "2026-12-28")
    extended = await generous.dpo.post(f"{path}/extension", {"reason": "Many records"})
    assert extended.status_code == 200
    sla = extended.json()["sla"]
    assert (sla["decide_by"], sla["complete_by"], sla["extensions"]) == ("2027-02-01", "2027-03-01", 1)
    [told] = (await generous.get("/sandbox/outbox", params={"to": "M-1"})).json()["items"]
    assert (told["kind"], "1 กุมภาพันธ์ 2570" in told["text"]) == ("extension", True)
    assert problem(await generous.dpo.post(f"{path}/extension", {"reason": "More"})) == (409, "extension_not_allowed")
    await noon_of(generous, "2027-02-02")
    assert [(day, mark) for day, _, mark in await reminders_told(database)] == [
        ("2026-12-23", -7),
        ("2026-12-27", -3),
        ("2027-01-22", -7),
        ("2027-01-26", -3),
        ("2027-01-28", -1),
        ("2027-02-01", 0),
        ("2027-02-02", 1),
    ]


async def test_an_announced_holiday_keeps_the_extension(generous: Api) -> None:
    request = await submit(generous)
    path = f"/v1/requests/{request['id']}"
    await generous.dpo.post(f"{path}/extension", {"reason": "Many records"})
    await announced(generous, "2027-02-01")
    sla = (await generous.staff.get(path)).json()["sla"]
    assert (sla["decide_by"], sla["decide_by_internal"]) == ("2027-02-02", "2027-01-29")


async def test_what_is_decided_is_not_extended(generous: Api) -> None:
    request = await submit(generous)
    assert (await decide(generous, request["id"], "granted")).status_code == 200
    answer = await generous.dpo.post(f"/v1/requests/{request['id']}/extension", {"reason": "x"})
    assert problem(answer) == (409, "extension_not_allowed")
