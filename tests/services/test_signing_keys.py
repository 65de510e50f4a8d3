"""One key signs at a time, whoever makes it first; none can be read from the database."""

import asyncio
from dataclasses import replace

import pytest

from app.core.sealing import SealBroken
from app.main import Process
from app.services import signing_keys
from tests.support.api import Api
from tests.support.database import Database
from tests.support.services import working


async def kid_of_current(process: Process) -> str:
    async with working(process) as work:
        return (await signing_keys.current(work)).kid


async def test_many_that_need_the_first_key_at_once_get_the_same(
    api: Api, process: Process, database: Database
) -> None:
    assert len(set(await asyncio.gather(*(kid_of_current(process) for _ in range(8))))) == 1
    assert (await database.counts())["keys.signing_key"] == 1


async def test_a_key_stays_the_one_that_signs_until_another_is_made(api: Api, process: Process) -> None:
    first = await kid_of_current(process)
    assert await kid_of_current(process) == first
    async with working(process) as work:
        second = await signing_keys.rotate(work)
    assert await kid_of_current(process) == second != first


async def test_the_newest_signs_even_where_the_clock_was_put_back(api: Api, process: Process) -> None:
    async with working(process) as work:
        await signing_keys.rotate(work)
        second = await signing_keys.rotate(replace(work, real_now=work.real_now.replace(year=2000)))
    assert await kid_of_current(process) == second


async def test_rotations_at_once_each_make_a_key_and_one_of_them_signs(
    api: Api, process: Process, database: Database
) -> None:
    async def rotated() -> str:
        async with working(process) as work:
            return await signing_keys.rotate(work)

    made = await asyncio.gather(*(rotated() for _ in range(4)))
    assert len(set(made)) == 4
    assert await kid_of_current(process) in made
    times = await database.fetch("SELECT DISTINCT created_at FROM keys.signing_key")
    assert len(times) == 4


async def test_making_a_key_is_recorded_by_its_name(api: Api, process: Process, database: Database) -> None:
    kid = await kid_of_current(process)
    entries = await database.fetch("SELECT action, object_id, actor FROM audit_entry")
    assert [tuple(entry) for entry in entries] == [("signing_key.made", kid, "test")]


async def test_the_private_key_is_wrapped_and_opens_in_its_own_place_only(
    api: Api, process: Process, database: Database
) -> None:
    for _ in range(2):
        async with working(process) as work:
            await signing_keys.rotate(work)
    rows = await database.fetch("SELECT wrapped FROM keys.signing_key ORDER BY created_at")
    assert all(b"PRIVATE KEY" not in row["wrapped"] for row in rows)
    older = rows[0]["wrapped"]
    await database.execute("UPDATE keys.signing_key SET wrapped = $1", older)
    with pytest.raises(SealBroken):
        await kid_of_current(process)
