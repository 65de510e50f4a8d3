"""What is erased stays erased in packages too: one that is ready goes, one that is not built yet is built without it."""

import json

import pytest

from app.services.package_claims import Claim, Overtaken, claim_next
from app.workers.loop import SYSTEM
from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.members import push, record, register
from tests.support.packages import asked, built, claimed, fetched, link, row
from tests.support.requests import decide, finish_tasks, submit

OLD = record("D-old", events={"deposit_made": "2014-03-02"})
NEW = record("D-new", events={"deposit_made": "2024-03-02"})


async def delivered(api: Api, *, in_part: bool) -> str:
    """A request for access to two records, one of which may be erased, delivered together."""
    await register(api)
    await push(api, "M-1", OLD, NEW)
    path = await asked(api, format="html")
    to_do = await claimed(api, path)
    rows = [row("D-old", name="gone"), row("D-new", name="kept")]
    if in_part:
        assert (await to_do.put("a", rows)).status_code == 200
    result = {"parts": ["a"]} if in_part else {"records": rows}
    assert (await to_do.complete(**result)).status_code == 200
    return path


async def erased(api: Api, ref: str = "D-old") -> None:
    request = await submit(api, scope={"record_refs": [ref]})
    assert (await decide(api, request["id"], "granted")).status_code == 200
    assert [task["kind"] for task in await finish_tasks(api)] == ["erase"]


async def test_a_package_that_holds_what_was_erased_is_removed(api: Api, database: Database) -> None:
    path = await delivered(api, in_part=True)
    assert await built(api)
    at = await link(api.member("M-1"), path)
    await erased(api)
    assert (await api.staff.get(f"{path}/package")).json()["state"] == "removed"
    assert problem(await api.member("M-1").get(at)) == (410, "package_removed")
    assert await database.fetch("SELECT 1 FROM package_chunk") == []


async def test_one_that_holds_other_records_stays(api: Api) -> None:
    await register(api)
    await push(api, "M-1", OLD, {**NEW, "categories": ["photo"]})
    path = await asked(api, categories=["photo"])
    await finish_tasks(api)
    assert await built(api)
    await erased(api)
    assert (await api.staff.get(f"{path}/package")).json()["state"] == "ready"


@pytest.mark.parametrize("in_part", [True, False])
async def test_one_that_is_not_built_yet_is_built_without_it(api: Api, in_part: bool) -> None:
    path = await delivered(api, in_part=in_part)
    builder = await claim_next(lambda: api.process.works.open(SYSTEM, "test"))
    assert isinstance(builder, Claim)
    await erased(api)
    with pytest.raises(Overtaken):
        await builder.keep(0, b"what was erased", last=False)
    assert await built(api)
    archive = await fetched(api.member("M-1"), path)
    data = json.loads(archive.read("data.json"))
    assert [one["record_ref"] for one in data["records"]] == ["D-new"]
    assert [one["record_ref"] for one in data["about"]] == ["D-new"]
    page = archive.read("document.html").decode()
    assert ("kept" in page, "gone" in page) == (True, False)
