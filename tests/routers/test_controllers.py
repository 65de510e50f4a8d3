"""The register of other controllers over HTTP."""

import asyncio
from typing import Any

import pytest

from app.core.outbound import AllowList, Outbound
from app.core.work import SYSTEM
from app.domain.errors import InvalidInput
from app.domain.policy import Bilingual
from app.services import controllers
from app.services.controllers import Entry
from tests.support.api import Api, problem
from tests.support.controllers import PUBLIC, controller, entered

PATH = "/v1/controllers/other_coop"


async def test_the_dpo_enters_a_controller_and_replaces_it(api: Api) -> None:
    first = await api.dpo.put(PATH, controller())
    assert (first.status_code, first.headers["etag"], first.json()["registered_by"]) == (201, '"1"', "sandbox-dpo")
    again = await api.dpo.put(PATH, controller(endpoint="https://new.example/in"), headers={"If-Match": '"1"'})
    assert (again.status_code, again.json()["endpoint"], again.json()["version"]) == (200, "https://new.example/in", 2)
    assert (await api.dpo.get(PATH)).json() == again.json()


async def test_a_stale_tag_changes_nothing_and_a_tag_of_nothing_enters_nothing(api: Api) -> None:
    nothing = await api.dpo.put(PATH, controller(), headers={"If-Match": '"1"'})
    assert problem(nothing) == (412, "version_conflict")
    await entered(api)
    await entered(api)
    stale = await api.dpo.put(PATH, controller(), headers={"If-Match": '"1"'})
    assert problem(stale) == (412, "version_conflict")


async def test_of_many_entries_of_one_controller_at_once_one_is_the_first(api: Api) -> None:
    answers = await asyncio.gather(*(api.dpo.put(PATH, controller()) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert sorted(answer.json()["version"] for answer in answers) == list(range(1, 9))


async def test_controllers_are_listed_by_code_in_pages(api: Api) -> None:
    for code in ("coop_c", "coop_a", "coop_b"):
        await entered(api, code)
    page = (await api.dpo.get("/v1/controllers", params={"limit": 2})).json()
    rest = (await api.dpo.get("/v1/controllers", params={"limit": 2, "cursor": page["next_cursor"]})).json()
    assert [item["code"] for item in page["items"] + rest["items"]] == ["coop_a", "coop_b", "coop_c"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"endpoint": "ftp://receiver.example/"}, "/endpoint", "bad_format"),
        ({"endpoint": "https://receiver.example/a b"}, "/endpoint", "bad_format"),
        ({"key": {**PUBLIC, "kty": "RSA"}}, "/key/kty", "not_allowed"),
        ({"key": {**PUBLIC, "x": PUBLIC["y"]}}, "/key", "bad_format"),
        ({"key": {**PUBLIC, "x": "A"}}, "/key/x", "too_short"),
        ({"key": {**PUBLIC, "d": PUBLIC["x"]}}, "/key/d", "unknown_field"),
        ({"name": {"th": "ก"}}, "/name/en", "missing"),
    ],
)
async def test_what_can_not_be_an_entry_is_refused_where_it_is_wrong(
    api: Api, changes: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await api.dpo.put(PATH, controller(**changes))
    assert problem(answer) == (422, code)
    assert answer.json()["errors"] == [{"pointer": pointer, "code": code}]
    assert problem(await api.dpo.get(PATH)) == (404, "not_found")


@pytest.mark.parametrize("endpoint", ["http://10.0.0.1/in", "http://core.example/in", "http://receiver.example/in"])
async def test_no_list_of_what_webhooks_may_call_lets_personal_data_go_without_tls(api: Api, endpoint: str) -> None:
    listed = Outbound(AllowList.parse(["10.0.0.0/8", "core.example"]))
    entry = Entry(Bilingual("ก", "A"), endpoint, PUBLIC)
    with pytest.raises(InvalidInput):
        async with api.process.works.open(SYSTEM, "test") as work:
            await controllers.put(work, listed, "other_coop", entry, None)
    assert problem(await api.dpo.get(PATH)) == (404, "not_found")
