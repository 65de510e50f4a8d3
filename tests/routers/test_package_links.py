"""Links: for the proven person alone, once, for a day; to everybody else there is nothing (API 8)."""

import asyncio
import io
import zipfile
from typing import Any

import httpx
import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.faults import watching
from tests.support.members import push, record, register
from tests.support.packages import asked, built, link
from tests.support.representatives import approved
from tests.support.requests import finish_tasks

UNKNOWN = "/v1/packages/" + "A" * 43


async def ready(api: Api, **body: Any) -> str:
    """A request of M-1 whose package is ready."""
    await register(api)
    await push(api, "M-1", record("D-1"))
    path = await asked(api, **body)
    await finish_tasks(api)
    assert await built(api)
    return path


async def made(caller: Api, path: str, **options: Any) -> httpx.Response:
    return await caller.post(f"{path}/package/links", **options)


class TestMaking:
    async def test_it_is_told_once_and_lives_a_day(self, api: Api, database: Database) -> None:
        path = await ready(api)
        key = {"Idempotency-Key": "once"}
        first = await made(api.member("M-1"), path, headers=key)
        assert (first.status_code, first.json()["url"].startswith("http://sitthi.test/v1/packages/")) == (201, True)
        again = await made(api.member("M-1"), path, headers=key)
        assert again.json() == {**first.json(), "url": None}
        token = first.json()["url"].rpartition("/")[2]
        [row] = await database.fetch("SELECT expires_at - made_at AS lives, l::text AS row FROM package_link l")
        assert row["lives"].total_seconds() == 24 * 3600
        assert token not in row["row"]

    async def test_none_while_it_is_built(self, api: Api) -> None:
        await register(api)
        await push(api, "M-1", record("D-1"))
        path = await asked(api)
        assert problem(await made(api.member("M-1"), path)) == (404, "not_found")
        await finish_tasks(api)
        assert problem(await made(api.member("M-1"), path)) == (409, "package_not_ready")

    async def test_who_is_not_surely_enough_known_gets_none(self, api: Api) -> None:
        path = await ready(api)
        answer = await made(api.member("M-1", "low"), path)
        assert problem(answer) == (403, "assurance_insufficient")
        assert answer.json()["required"] == "substantial"

    @pytest.mark.parametrize(("via", "status"), [("counter", 201), ("post", 201), ("app", 403), (None, 403)])
    async def test_officers_get_one_where_they_are_to_hand_it_over(
        self, api: Api, via: str | None, status: int
    ) -> None:
        path = await ready(api, **({"delivery": {"via": via}} if via else {}))
        for officer in (api.staff, api.dpo):
            assert (await made(officer, path)).status_code == status
        if status == 201:
            assert (await api.staff.get(await link(api.staff, path))).status_code == 200

    async def test_a_representative_within_scope_gets_one_and_no_other(self, api: Api) -> None:
        path = await ready(api)
        await approved(api, "M-1", "P-1", rights=["access"])
        await approved(api, "M-1", "P-2", rights=["consent"])
        await approved(api, "M-1", "P-3", relation="heir", rights="all")
        inside, outside, heir = (
            api.as_role("representative", subject_ref=ref, acr="substantial") for ref in ("P-1", "P-2", "P-3")
        )
        assert (await inside.get(await link(inside, path))).status_code == 200
        assert problem(await made(outside, path)) == (404, "not_found")
        assert problem(await made(heir, path)) == (404, "not_found")
        weak = api.as_role("representative", subject_ref="P-1", acr="low")
        assert problem(await made(weak, path)) == (403, "assurance_insufficient")


class TestDownload:
    async def test_it_is_the_package_under_its_reference_and_recorded(self, api: Api, database: Database) -> None:
        path = await ready(api)
        answer = await api.member("M-1").get(await link(api.member("M-1"), path))
        request = (await api.staff.get(path)).json()
        size = (await api.staff.get(f"{path}/package")).json()["size"]
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["content-disposition"] == f'attachment; filename="{request["reference"]}.zip"'
        assert int(answer.headers["content-length"]) == len(answer.content) == size
        assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
        timeline = (await api.staff.get(f"{path}/timeline")).json()["items"]
        assert [(one["event"], one["actor"]) for one in timeline][-1] == ("package.downloaded", "member")
        entries = await database.fetch("SELECT actor FROM audit_entry WHERE action = 'package.downloaded'")
        assert [one["actor"] for one in entries] == ["M-1"]

    async def test_of_twenty_at_once_one_gets_it(self, api: Api) -> None:
        path = await ready(api)
        at = await link(api.member("M-1"), path)
        answers = await asyncio.gather(*(api.member("M-1").get(at) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [200] + [410] * 19
        assert {problem(answer)[1] for answer in answers if answer.status_code == 410} == {"link_used"}

    async def test_asking_for_its_head_uses_nothing_up(self, api: Api, database: Database) -> None:
        path = await ready(api)
        at = await link(api.member("M-1"), path)
        async with watching(database) as watch:
            head = await api.member("M-1").call("HEAD", at)
            assert (head.status_code, head.content) == (200, b"")
            assert await watch.changes() == set()
        answer = await api.member("M-1").get(at)
        assert answer.headers["content-length"] == head.headers["content-length"]
        assert (await api.member("M-1").call("HEAD", at)).status_code == 410

    async def test_after_a_day_it_has_expired(self, api: Api) -> None:
        path = await ready(api)
        at = await link(api.member("M-1"), path)
        await api.post("/sandbox/clock", {"advance": "P1D"})
        assert problem(await api.member("M-1").get(at)) == (410, "link_expired")

    async def test_after_the_package_s_days_it_leads_nowhere(self, api: Api) -> None:
        path = await ready(api)
        removed_on = (await api.staff.get(f"{path}/package")).json()["remove_on"]
        await api.post("/sandbox/clock", {"at": f"{removed_on}T00:00:00+08:00"})
        at = await link(api.member("M-1"), path)
        await api.post("/sandbox/clock", {"at": f"{removed_on}T00:00:00+07:00"})
        assert problem(await api.member("M-1").get(at)) == (410, "package_removed")

    async def test_with_a_weaker_token_than_before_there_is_none(self, api: Api) -> None:
        path = await ready(api)
        at = await link(api.member("M-1"), path)
        assert problem(await api.member("M-1", "low").get(at)) == (403, "assurance_insufficient")
        assert (await api.member("M-1").get(at)).status_code == 200

    async def test_to_everybody_else_it_is_as_if_there_were_none(self, api: Api, database: Database) -> None:
        path = await ready(api, delivery={"via": "counter"})
        await register(api, "M-2")
        await approved(api, "M-1", "P-1")
        at = await link(api.member("M-1"), path)
        others = [
            api.member("M-2"),
            api.as_role("member", subject_ref="M-1", acr="high", sub="another"),
            api.as_role("representative", subject_ref="P-1", acr="high"),
            api.staff,
            api.dpo,
        ]
        for other in others:
            answers = [await other.get(at), await other.get(UNKNOWN)]
            assert {problem(answer) for answer in answers} == {(404, "not_found")}
            assert len({(len(answer.content), tuple(sorted(set(answer.headers)))) for answer in answers}) == 1
        denied = await database.fetch("SELECT object_id FROM audit_entry WHERE action = 'access.denied'")
        assert len(denied) == 6
        assert not any(at.rpartition("/")[2] in one["object_id"] for one in denied)
        assert (await api.member("M-1").get(at)).status_code == 200

    async def test_a_power_that_has_ended_opens_nothing(self, api: Api) -> None:
        path = await ready(api)
        await approved(api, "M-1", "P-1")
        attorney = api.as_role("representative", subject_ref="P-1", acr="high")
        at = await link(attorney, path)
        assert (await api.staff.call("DELETE", "/v1/subjects/M-1/representatives/P-1")).status_code in {200, 204}
        assert problem(await attorney.get(at)) == (404, "not_found")

    @pytest.mark.parametrize("token", ["A", "A" * 42, "A" * 44, "A" * 42 + "~", "..", "%00"])
    async def test_what_no_link_can_be_is_not_found(self, api: Api, token: str) -> None:
        answer = await api.member("M-1").get(f"/v1/packages/{token}")
        assert answer.status_code == 404

    async def test_a_chunk_that_was_changed_ends_the_answer_and_is_told(self, api: Api, database: Database) -> None:
        path = await ready(api)
        at = await link(api.member("M-1"), path)
        await database.execute("UPDATE package_chunk SET box = set_byte(box, 20, get_byte(box, 20) # 1)")
        with pytest.raises(Exception):  # noqa: B017, PT011  (the connection ends before the answer is whole)
            await api.member("M-1").get(at)
        assert len(await database.fetch("SELECT 1 FROM audit_entry WHERE action = 'package.damaged'")) == 1
