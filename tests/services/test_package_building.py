"""The builder: bounded, fenced, and honest about what went wrong."""

import tracemalloc
import zipfile
from typing import Any

import pytest

from app.services import package_claims
from app.services.package_claims import Claim, Overtaken, claim_next
from app.workers.loop import SYSTEM
from tests.support.api import Api
from tests.support.database import Database
from tests.support.members import push, record, register
from tests.support.packages import asked, built, claimed, fetched, row

MIB = 1024 * 1024
RANDOM = "".join(chr(0x4E00 + (number * 7919) % 20000) for number in range(100_000))
"""Text that hardly compresses."""


def unit(api: Api) -> Any:
    return api.process.works.open(SYSTEM, "test")


async def delivered(api: Api, parts: int = 2, size: int = 100_000) -> str:
    """A request for access with as many parts of one record each."""
    refs = [f"D-{number}" for number in range(parts)]
    await register(api)
    await push(api, "M-1", *(record(ref) for ref in refs))
    path = await asked(api)
    to_do = await claimed(api, path)
    for number, ref in enumerate(refs):
        text = RANDOM[number : number + size]
        assert (await to_do.put(f"part-{number}", [row(ref, text=text)])).status_code == 200
    assert (await to_do.complete(parts=[f"part-{number}" for number in range(parts)])).status_code == 200
    return path


async def failure_of(api: Api, path: str) -> tuple[str, str | None]:
    found = (await api.staff.get(f"{path}/package")).json()
    return found["state"], found["failure"]


async def told_officers(database: Database) -> list[str]:
    kinds = await database.fetch("SELECT kind FROM outgoing_message WHERE kind LIKE 'officer_%'")
    return [one["kind"] for one in kinds]


async def test_memory_does_not_grow_with_the_package(api: Api) -> None:
    path = await delivered(api, parts=40)
    tracemalloc.start()
    try:
        assert await built(api)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    size = (await api.staff.get(f"{path}/package")).json()["size"]
    assert size > 8 * MIB
    assert peak < 8 * MIB


async def test_a_builder_that_was_overtaken_adds_nothing_and_the_next_begins_anew(api: Api, database: Database) -> None:
    path = await delivered(api)
    first = await claim_next(lambda: unit(api))
    assert isinstance(first, Claim)
    await first.keep(0, b"half a package", last=False)
    assert not await built(api)
    await database.execute("UPDATE data_package SET lease_until = now() - interval '1 second'")
    second = await claim_next(lambda: unit(api))
    assert isinstance(second, Claim)
    with pytest.raises(Overtaken):
        await first.keep(1, b"more of it", last=True)
    await database.execute("UPDATE data_package SET lease_until = now() - interval '1 second'")
    assert await built(api)
    with pytest.raises(Overtaken):
        await second.finish([], 0, 0)
    fences = await database.fetch("SELECT DISTINCT fence FROM package_chunk")
    assert [one["fence"] for one in fences] == [3]
    assert (await fetched(api.member("M-1"), path)).testzip() is None


async def test_a_lease_lost_in_the_middle_ends_the_build_without_a_trace(
    api: Api, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await delivered(api)
    step = package_claims.Claim.keep

    async def keep(claim: Claim, position: int, piece: bytes, *, last: bool) -> None:
        await database.execute("UPDATE data_package SET fence = fence + 1")
        await step(claim, position, piece, last=last)

    monkeypatch.setattr(package_claims.Claim, "keep", keep)
    assert await built(api)
    monkeypatch.setattr(package_claims.Claim, "keep", step)
    assert await database.fetch("SELECT 1 FROM package_chunk") == []
    assert await failure_of(api, path) == ("building", None)
    await database.execute("UPDATE data_package SET lease_until = now() - interval '1 second'")
    assert await built(api)
    assert await failure_of(api, path) == ("ready", None)


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE task_part_chunk SET box = set_byte(box, 20, get_byte(box, 20) # 1)",
        "DELETE FROM task_part_chunk",
        "UPDATE task_part SET chunks = chunks + 1",
        "UPDATE task_part_chunk a SET box = b.box FROM task_part_chunk b WHERE a.part_id <> b.part_id",
    ],
)
async def test_what_was_tampered_with_fails_is_told_and_is_tried_again_later(
    api: Api, database: Database, harm: str
) -> None:
    path = await delivered(api)
    await database.execute("CREATE TABLE kept AS SELECT * FROM task_part_chunk")
    await database.execute("CREATE TABLE kept_part AS SELECT id, chunks FROM task_part")
    try:
        await database.execute(harm)
        assert await built(api)
        assert await failure_of(api, path) == ("building", "seal_broken")
        [entry] = await database.fetch("SELECT details::text FROM audit_entry WHERE action = 'package.failed'")
        assert "seal_broken" in entry["details"]
        assert await database.fetch("SELECT 1 FROM package_chunk") == []
        assert await told_officers(database) == ["officer_package_failed"]
        assert not await built(api)
        await api.post("/sandbox/clock", {"advance": "PT2M"})
        assert await built(api)
        assert await told_officers(database) == ["officer_package_failed"]
        await database.execute("UPDATE task_part SET chunks = k.chunks FROM kept_part k WHERE k.id = task_part.id")
        await database.execute("DELETE FROM task_part_chunk")
        await database.execute("INSERT INTO task_part_chunk SELECT * FROM kept")
    finally:
        await database.execute("DROP TABLE kept, kept_part")
    await api.post("/sandbox/clock", {"advance": "PT5M"})
    assert await built(api)
    assert await failure_of(api, path) == ("ready", None)


async def test_a_record_that_grows_when_it_is_written_anew_is_packed_too(api: Api) -> None:
    await register(api)
    await push(api, "M-1", record("D-0"))
    path = await asked(api)
    to_do = await claimed(api, path)
    numbers = b"[" + b"1E15," * 200_000 + b"1]"
    body = b'{"lease": "%s", "result": {"records": [{"record_ref": "D-0", "fields": {"a": %s}}]}}'
    answer = await to_do.api.call(
        "POST",
        f"/v1/tasks/{to_do.id}/completion",
        content=body % (to_do.lease.encode(), numbers),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    assert await built(api)
    assert await failure_of(api, path) == ("ready", None)


async def test_a_package_that_was_cut_short_is_noticed(api: Api, database: Database) -> None:
    path = await delivered(api, parts=12)
    assert await built(api)
    await database.execute("UPDATE data_package SET chunks = chunks - 1")
    with pytest.raises(Exception):  # noqa: B017, PT011  (the connection ends before the answer is whole)
        await fetched(api.member("M-1"), path)
    assert len(await database.fetch("SELECT 1 FROM audit_entry WHERE action = 'package.damaged'")) == 1


async def test_the_same_names_whatever_a_system_calls_its_records(api: Api) -> None:
    await register(api)
    await push(api, "M-1", record("...", "member_data", system="x"))
    path = await asked(api)
    to_do = await claimed(api, path, "x")
    await to_do.put("evil.html", [row("...", **{"../../etc/passwd": "C:\\x"})])
    await to_do.complete(parts=["evil.html"])
    assert await built(api)
    archive: zipfile.ZipFile = await fetched(api.member("M-1"), path)
    assert archive.namelist() == ["data.json", "document.html", "manifest.json"]
    assert all(info.external_attr >> 16 == 0o600 for info in archive.infolist())
