"""Who was shown which notice (policy clause 15), under every shipped pack."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.faults import failing, watching
from tests.support.members import register
from tests.support.notices import day, published
from tests.support.packs import SHIPPED_PACKS, ShippedPack, of
from tests.support.requests import decide, finish_tasks, submit

pytestmark = pytest.mark.packs(*SHIPPED_PACKS)


async def show(
    api: Api, notice_id: str | None = None, *, headers: dict[str, str] | None = None, **changes: Any
) -> httpx.Response:
    """The answer to an acknowledgement; `api` says by whom."""
    body = {"subject_ref": "M-1", "channel": "app", "language": "th", **changes}
    pack = of(api.process)
    shown = notice_id or pack.notice_id(pack.consent)
    return await api.post(f"/v1/notices/{shown}/acknowledgements", body, headers=headers or {})


async def shown(api: Api, subject_ref: str = "M-1") -> list[dict[str, Any]]:
    answer = await api.staff.get(f"/v1/subjects/{subject_ref}/acknowledgements")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_it_is_bound_to_version_and_digest(api: Api, pack: ShippedPack) -> None:
    await register(api)
    notice = (await api.get(f"/v1/notices/{pack.notice_id(pack.consent)}")).json()
    answer = await show(api.member("M-1"), language="en")
    assert answer.status_code == 201
    kept = answer.json()
    told = {key: kept[key] for key in ("notice_id", "version", "content_sha256", "subject_ref", "channel", "language")}
    assert told == {
        "notice_id": pack.notice_id(pack.consent),
        "version": notice["version"],
        "content_sha256": notice["content_sha256"],
        "subject_ref": "M-1",
        "channel": "app",
        "language": "en",
    }
    assert await shown(api) == [kept]


async def test_shown_again_the_first_time_counts(api: Api) -> None:
    await register(api)
    first = await show(api.member("M-1"))
    again = await show(api.staff, channel="counter", language="en")
    assert (again.status_code, again.json()) == (200, first.json())


async def test_of_many_at_once_one_is_the_first(api: Api, database: Database) -> None:
    await register(api)
    answers = await asyncio.gather(*(show(api.member("M-1")) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    rows = await database.fetch("SELECT * FROM audit_entry WHERE action = 'notice.acknowledged'")
    assert len(rows) == 1


async def test_past_notices_can_be_shown_and_scheduled_ones_not_before_their_day(api: Api) -> None:
    await register(api)
    await published(api, "now")
    assert (await show(api.member("M-1"))).status_code == 201
    tomorrow = await day(api, 1)
    coming = await published(api, "coming", effective_from=tomorrow.isoformat())
    answer = await show(api.member("M-1"), coming["notice_id"])
    assert problem(answer) == (422, "not_allowed")
    assert answer.json()["errors"] == [{"pointer": "/path/notice_id", "code": "not_allowed"}]
    await api.post("/sandbox/clock", {"at": f"{tomorrow}T00:00:00+07:00"})
    assert (await show(api.member("M-1"), coming["notice_id"])).status_code == 201


@pytest.mark.parametrize("unknown", ["none-such", "%00", "x" * 5_000])
async def test_an_unknown_notice_is_not_found_whatever_is_said_of_it(api: Api, unknown: str) -> None:
    await register(api)
    assert problem(await show(api.staff, unknown)) == (404, "not_found")
    assert problem(await show(api.staff, unknown, channel="telepathy")) == (404, "not_found")


async def test_another_member_is_not_found_and_the_attempt_is_recorded(api: Api, database: Database) -> None:
    await register(api, "M-2")
    assert problem(await show(api.member("M-1"), subject_ref="M-2")) == (404, "not_found")
    assert problem(await api.member("M-1").get("/v1/subjects/M-2/acknowledgements")) == (404, "not_found")
    rows = await database.fetch("SELECT object_id FROM audit_entry WHERE action = 'access.denied'")
    assert [row["object_id"] for row in rows] == ["M-2", "M-2"]
    assert await shown(api, "M-2") == []


async def test_nobody_is_not_found(api: Api) -> None:
    assert problem(await show(api.staff)) == (404, "not_found")
    assert problem(await api.staff.get("/v1/subjects/M-1/acknowledgements")) == (404, "not_found")


async def test_who_was_erased_is_shown_nothing_more(api: Api, pack: ShippedPack) -> None:
    await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
    kept = (await show(api.member("M-1"))).json()
    assert (await decide(api, (await submit(api))["id"], "granted")).status_code == 200
    await finish_tasks(api)
    assert problem(await show(api.staff, pack.notice_id(pack.other_consent))) == (409, "subject_erased")
    assert await shown(api) == [kept]


async def test_those_who_may_see_consents_may_see_what_was_shown(api: Api) -> None:
    await register(api)
    await show(api.member("M-1"))
    path = "/v1/subjects/M-1/acknowledgements"
    for caller in (api.member("M-1"), api.core, api.staff, api.dpo, api.as_role("auditor")):
        assert len((await caller.get(path)).json()["items"]) == 1
    for role in ("committee", "partner", "admin"):
        assert problem(await api.as_role(role).get(path)) == (403, "forbidden")
    for role in ("committee", "partner", "admin", "auditor"):
        assert problem(await show(api.as_role(role))) == (403, "forbidden")


async def test_page_by_page_each_comes_once_the_newest_first(api: Api, pack: ShippedPack) -> None:
    await register(api)
    for notice_id in (
        pack.notice_id(pack.other_consent),
        pack.notice_id(pack.consent),
        pack.notice_id(pack.third_consent),
    ):
        assert (await show(api.core, notice_id)).status_code == 201
    path, found, cursor = "/v1/subjects/M-1/acknowledgements", [], None
    for _ in range(3):
        parameters = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        answer = (await api.staff.get(path, params=parameters)).json()
        found += [item["notice_id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
    assert found == [
        pack.notice_id(pack.third_consent),
        pack.notice_id(pack.consent),
        pack.notice_id(pack.other_consent),
    ]
    assert cursor is None
    first = (await api.staff.get(path, params={"limit": 1})).json()["next_cursor"]
    await register(api, "M-2")
    foreign = await api.staff.get("/v1/subjects/M-2/acknowledgements", params={"cursor": first})
    assert problem(foreign) == (422, "bad_cursor")


async def test_the_act_is_recorded(api: Api, database: Database, pack: ShippedPack) -> None:
    await register(api)
    kept = (await show(api.core, channel="post")).json()
    (entry,) = await database.fetch("SELECT * FROM audit_entry WHERE action = 'notice.acknowledged'")
    assert (entry["object_id"], entry["subject_ref"]) == (kept["id"], "M-1")
    assert json.loads(entry["details"]) == {
        "notice_id": pack.notice_id(pack.consent),
        "version": kept["version"],
        "channel": "post",
        "language": "th",
    }


@pytest.mark.parametrize("table", ["notice_acknowledgement", "audit_entry", "kept_answer"])
async def test_one_that_fails_at_any_write_leaves_nothing(api: Api, database: Database, table: str) -> None:
    await register(api)
    key = {"Idempotency-Key": "only-once"}
    async with watching(database) as watch:
        async with failing(database, table):
            assert problem(await show(api.member("M-1"), headers=key)) == (500, "internal_error")
        assert await watch.changes() == set()
    assert (await show(api.member("M-1"), headers=key)).status_code == 201


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"channel": "telepathy"}, "/channel", "not_allowed"),
        ({"language": "fr"}, "/language", "not_allowed"),
        ({"subject_ref": "a\0b"}, "/subject_ref", "bad_format"),
        ({"acknowledged_at": "2026-01-01"}, "/acknowledged_at", "unknown_field"),
    ],
)
async def test_a_body_that_is_wrong_is_refused(api: Api, changes: dict[str, Any], pointer: str, code: str) -> None:
    answer = await show(api.staff, **changes)
    assert [tuple(error.values()) for error in answer.json()["errors"]] == [(pointer, code)]
