"""Results that come in parts: streamed, checked record by record, sealed in chunks, replaced and dropped as a whole."""

import asyncio
import hashlib
import json
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.core.spool import Spool
from app.schemas.parts import read_part
from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.faults import Watch, watching
from tests.support.members import push, record, register
from tests.support.packages import Claimed, asked, claimed, row
from tests.support.requests import submit

CANARY = "ทุเรียน-32450"
MIB = 1024 * 1024


async def task(api: Api, *refs: str) -> Claimed:
    """A claimed task to collect some records."""
    await register(api)
    await push(api, "M-1", *(record(ref) for ref in refs or ("D-1", "D-2", "D-3")))
    return await claimed(api, await asked(api))


async def nothing_written(watch: Watch) -> None:
    assert await watch.changes() == set()


class TestPutting:
    async def test_it_is_answered_with_its_size_and_digest_and_lies_sealed(self, api: Api, database: Database) -> None:
        to_do = await task(api)
        rows = [row(ref, name=CANARY * 30_000) for ref in to_do.record_refs]
        content = json.dumps(rows, ensure_ascii=False).encode()
        answer = await to_do.put("a.json", content)
        told = {"name": "a.json", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        assert (answer.status_code, answer.json()) == (200, told)
        [part] = await database.fetch("SELECT * FROM task_part")
        chunks = await database.fetch("SELECT * FROM task_part_chunk ORDER BY position")
        assert part["chunks"] == len(chunks) == -(-len(content) // MIB)
        assert all(CANARY.encode() not in one["box"] for one in chunks)
        assert {len(one["box"]) for one in chunks[:-1]} == {MIB + 28}

    async def test_a_part_of_the_same_name_takes_its_place(self, api: Api, database: Database) -> None:
        to_do = await task(api)
        assert (await to_do.put("a", [row("D-1"), row("D-2")])).status_code == 200
        assert (await to_do.put("a", [row("D-2"), row("D-3")])).status_code == 200
        rows = await database.fetch("SELECT name, record_refs, (SELECT count(*) FROM task_part_chunk) FROM task_part")
        assert [tuple(one) for one in rows] == [("a", ["D-2", "D-3"], 1)]

    async def test_an_empty_part_is_a_part(self, api: Api) -> None:
        to_do = await task(api)
        assert (await to_do.put("a", [])).status_code == 200
        assert (await to_do.complete(parts=["a"])).status_code == 200

    @pytest.mark.parametrize("name", ["a" * 65, "..", "a..b", "%2e%2e", "a%20b", "a%00", "%E0%B8%81", ".", "a%2Fb"])
    async def test_a_name_that_is_no_plain_file_s_is_refused(self, api: Api, name: str) -> None:
        to_do = await task(api)
        answer = await to_do.put(name, [row("D-1")])
        assert answer.status_code in {404, 405, 422}, answer.text
        if answer.status_code == 422:
            assert answer.json()["errors"] == [{"pointer": "/path/name", "code": "bad_format"}]

    @pytest.mark.parametrize(
        ("content", "status", "pointer", "code"),
        [
            (b"[", 400, None, "malformed_json"),
            (b'[{"record_ref": "D-1", "fields": {}}', 400, None, "malformed_json"),
            (b'[{"record_ref": "D-1", "fields": {"a": 1, "a": 2}}]', 400, None, "malformed_json"),
            (b'[{"record_ref": "D-1", "fields": {"a": NaN}}]', 400, None, "malformed_json"),
            (b'[{"record_ref": "D-1", "fields": {}},]', 400, None, "malformed_json"),
            (b'[{"record_ref": "D-1", "fields": {"a": ' + b"[" * 40 + b"]" * 40 + b"}}]", 400, None, "malformed_json"),
            (b"{}", 422, "", "wrong_type"),
            (b"null", 422, "", "wrong_type"),
            (b'[{"record_ref": "D-1", "fields": {}}, 7]', 422, "/1", "wrong_type"),
            (b'[{"record_ref": "D-1"}]', 422, "/0/fields", "missing"),
            (b'[{"record_ref": "D-1", "fields": []}]', 422, "/0/fields", "wrong_type"),
            (b'[{"record_ref": "D-1", "fields": {}, "x": 1}]', 422, "/0/x", "unknown_field"),
            (b'[{"record_ref": "D-1", "fields": {"a": "\\u0000"}}]', 422, "/0/fields/a", "unsafe_text"),
            (b'[{"record_ref": "X-9", "fields": {}}]', 422, "/0/record_ref", "not_allowed"),
            (b'[{"record_ref": "D-1", "fields": {}},{"record_ref": "D-1", "fields": {}}]', 422, "/1/record_ref",
             "not_allowed"),
            (b'[{"record_ref": "D-2", "fields": {}}]', 422, "/0/record_ref", "not_allowed"),
            (b'[{"record_ref": "D-1", "fields": {"a": "' + b"x" * MIB + b'"}}]', 422, "/0", "too_long"),
            (b'[{"record_ref": "D-1", "fields": {}}' + b', {"record_ref": "D-1", "fields": {}}' * 5000 + b"]", 422, "",
             "too_long"),
        ],
    )  # fmt: skip
    async def test_what_is_no_part_of_this_task_leaves_nothing(
        self, api: Api, database: Database, content: bytes, status: int, pointer: str | None, code: str
    ) -> None:
        to_do = await task(api)
        assert (await to_do.put("before", [row("D-2")])).status_code == 200
        async with watching(database) as watch:
            answer = await to_do.put("a", content)
            assert problem(answer) == (status, code), answer.text
            assert pointer is None or answer.json()["errors"] == [{"pointer": pointer, "code": code}]
            await nothing_written(watch)

    @pytest.mark.parametrize("declared", [True, False])
    async def test_one_byte_more_than_64_mib_is_too_much(self, api: Api, database: Database, declared: bool) -> None:
        to_do = await task(api)

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(64):
                yield b" " * MIB
            yield b"[]"[: 1 + declared]

        async with watching(database) as watch:
            length = {"Content-Length": str(64 * MIB + 1)} if declared else {}
            answer = await to_do.api.call(
                "PUT",
                f"/v1/tasks/{to_do.id}/parts/a",
                content=endless() if not declared else b"[]",
                headers={"Content-Type": "application/json", **length},
            )
            assert problem(answer) == (413, "body_too_large")
            await nothing_written(watch)

    async def test_it_is_json_and_nothing_packed(self, api: Api) -> None:
        to_do = await task(api)
        for headers in ({"Content-Type": "text/csv"}, {"Content-Encoding": "gzip"}):
            assert problem(await to_do.put("a", [row("D-1")], headers=headers)) == (415, "unsupported_media_type")


class TestLease:
    async def test_only_what_is_claimed_takes_parts(self, api: Api) -> None:
        to_do = await task(api)
        stale = {"lease": "0198c5f0-0000-7000-8000-000000000000"}
        assert problem(await to_do.put("a", [row("D-1")], params=stale)) == (409, "lease_lost")
        assert (await to_do.put("a", [row("D-1")], params={"lease": to_do.lease})).status_code == 200
        await to_do.complete(parts=["a"])
        assert problem(await to_do.put("b", [row("D-2")])) == (409, "lease_lost")

    async def test_a_lease_that_ran_out_meanwhile_is_lost(self, api: Api, database: Database) -> None:
        to_do = await task(api)
        await api.post("/sandbox/clock", {"advance": "PT20M"})
        async with watching(database) as watch:
            assert problem(await to_do.put("a", [row("D-1")])) == (409, "lease_lost")
            await nothing_written(watch)

    async def test_a_part_that_an_earlier_claim_left_gives_way_or_counts(self, api: Api, database: Database) -> None:
        first = await task(api)
        await first.put("a", [row("D-1")])
        await first.put("b", [row("D-2")])
        await api.post("/sandbox/clock", {"advance": "PT20M"})
        second = await claimed(api, first.request)
        assert (await second.put("c", [row("D-1")])).status_code == 200
        assert (await second.complete(parts=["b", "c"])).status_code == 200
        rows = await database.fetch("SELECT name FROM task_part ORDER BY name")
        assert [one["name"] for one in rows] == ["b", "c"]

    async def test_only_tasks_to_collect_take_parts(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("D-1"))
        request = await submit(api, kind="restriction", record_refs=["D-1"])
        await api.staff.post(f"/v1/requests/{request['id']}/assessment")
        await api.dpo.post(f"/v1/requests/{request['id']}/decision", {"outcome": "granted"})
        to_do = await claimed(api, f"/v1/requests/{request['id']}")
        assert problem(await to_do.put("a", [row("D-1")])) == (422, "not_allowed")

    async def test_another_system_s_task_is_not_there(self, api: Api) -> None:
        to_do = await task(api)
        stranger = api.as_role("core_banking", system="loans")
        for content in (b"[]", b"{", b"x" * MIB):
            headers = {"Content-Type": "application/json"}
            path = f"/v1/tasks/{to_do.id}/parts/a"
            assert problem(await stranger.call("PUT", path, content=content, headers=headers)) == (404, "not_found")


class TestCompletion:
    @pytest.mark.parametrize(
        ("result", "pointer", "code"),
        [
            ({"parts": ["a", "z"]}, "/result/parts/1", "not_allowed"),
            ({"parts": ["a", "a"]}, "/result/parts/1", "not_allowed"),
            ({"parts": []}, "/result/parts", "too_short"),
            ({"parts": ["a"], "records": []}, "/result/records", "unknown_field"),
            ({}, "/result/records", "missing"),
        ],
    )
    async def test_each_part_is_there_and_named_once(
        self, api: Api, result: dict[str, Any], pointer: str, code: str
    ) -> None:
        to_do = await task(api)
        await to_do.put("a", [row("D-1")])
        answer = await to_do.complete(**result)
        assert answer.json()["errors"] == [{"pointer": pointer, "code": code}]

    async def test_what_is_not_named_is_dropped(self, api: Api, database: Database) -> None:
        to_do = await task(api)
        await to_do.put("a", [row("D-1")])
        await to_do.put("b", [row("D-2")])
        assert (await to_do.complete(parts=["b"])).status_code == 200
        rows = await database.fetch("SELECT name, (SELECT count(*) FROM task_part_chunk) FROM task_part")
        assert [tuple(one) for one in rows] == [("b", 1)]

    async def test_records_of_the_completion_itself_drop_every_part(self, api: Api, database: Database) -> None:
        to_do = await task(api)
        await to_do.put("a", [row("D-1")])
        assert (await to_do.complete(records=[row("D-1")])).status_code == 200
        assert await database.fetch("SELECT * FROM task_part") == []


async def test_two_uploads_at_once_are_one_after_the_other(api: Api, database: Database) -> None:
    to_do = await task(api)
    content = [row("D-1", text="x" * 900_000)]
    answers = await asyncio.gather(*(to_do.put("a", content) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    other = await asyncio.gather(to_do.put("b", [row("D-2")]), to_do.put("c", [row("D-2")]))
    assert sorted(answer.status_code for answer in other) == [200, 422]
    parts = await database.fetch("SELECT id FROM task_part WHERE name = 'a'")
    chunks = await database.fetch("SELECT DISTINCT part_id FROM task_part_chunk")
    assert len(parts) == 1
    assert len(chunks) == 2


async def test_a_part_is_never_whole_in_memory(api: Api) -> None:
    refs = [f"R-{number}" for number in range(64)]
    to_do = await task(api, *refs)

    async def records() -> AsyncIterator[bytes]:
        yield b"["
        for number, ref in enumerate(refs):
            yield (b"," if number else b"") + json.dumps(row(ref, text="x" * 250_000)).encode()
        yield b"]"

    path, headers = f"/v1/tasks/{to_do.id}/parts/a", {"Content-Type": "application/json"}
    tracemalloc.start()
    try:
        authorised = {**headers, "Authorization": f"Bearer {to_do.api.token}"}
        answer = await to_do.api.http.put(path, content=records(), headers=authorised)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.json()["size"] > 16_000_000
    assert peak < 12 * MIB


async def test_others_are_served_while_a_dense_record_is_read(tmp_path: Path) -> None:
    spool, turns = Spool(tmp_path), 0
    spool.write(b'[{"record_ref": "D-1", "fields": {"a": [0' + b",0" * 450_000 + b"]}}]")
    spool.flush()
    reading = asyncio.ensure_future(read_part(spool))
    while not reading.done():
        turns += 1
        await asyncio.sleep(0.001)
    assert (await reading, turns > 5) == (("D-1",), True)
    spool.close()


async def test_a_stream_may_be_called_one_or_nothing_but_no_other_kind(api: Api) -> None:
    await register(api)
    await push(api, "M-1", record("D-1"))
    task = await claimed(api, await asked(api))
    for media_type, status in (("application/octet-stream", 200), ("text/csv", 415)):
        answer = await task.put("one", [row("D-1", amount="1")], headers={"Content-Type": media_type})
        assert answer.status_code == status, media_type
    unnamed = await api.core.call("PUT", f"/v1/tasks/{task.id}/parts/two", content=b"[]")
    assert unnamed.status_code == 200
    assert "content-type" not in unnamed.request.headers
