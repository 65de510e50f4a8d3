"""Requests about nothing: of who has no records, and of the dead (LAW E7; DOMAIN "Who may act")."""

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.members import register
from tests.support.requests import decide, submit

DEAD = {"deceased_on": "2026-01-02"}


async def assessed(api: Api, request: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    items = (await api.staff.get(f"/v1/requests/{request['id']}/assessment")).json()["items"]
    return [(item["ref"], item["proposed"], item["grounds"]) for item in items]


@pytest.mark.parametrize("kind", ["access", "portability", "erasure"])
async def test_who_has_died_without_records_is_refused_as_deceased(api: Api, kind: str) -> None:
    await register(api)
    request = await submit(api, kind=kind)
    await register(api, **DEAD)
    [(_, proposed, grounds)] = await assessed(api, request)
    assert (proposed, grounds) == ("refused", ["deceased_subject"])
    refused = await decide(api, request["id"], "refused")
    assert (refused.status_code, refused.json()["status"]) == (200, "refused")
    letter = await api.staff.get(f"/v1/requests/{request['id']}/letter", params={"kind": "decision", "language": "en"})
    assert "Record all" not in letter.text


async def test_without_records_there_is_nothing_to_move(api: Api) -> None:
    await register(api)
    request = await submit(api, kind="portability")
    assert await assessed(api, request) == [("all", "refused", ["no_data_held"])]
    assert (await decide(api, request["id"], "granted")).status_code == 422
    assert (await decide(api, request["id"], "refused")).json()["status"] == "refused"


async def test_without_records_of_a_category_there_is_nothing_to_erase(api: Api) -> None:
    await register(api)
    request = await submit(api, scope={"categories": ["financial"]})
    assert await assessed(api, request) == [("all", "refused", ["no_data_held"])]


async def test_who_has_no_records_still_has_access_to_what_the_service_holds(api: Api) -> None:
    await register(api)
    request = await submit(api, kind="access")
    [(ref, proposed, _)] = await assessed(api, request)
    assert (ref, proposed) == ("personal_identity", "granted")
    assert (await decide(api, request["id"], "granted")).json()["status"] == "completed"
    assert (await api.member("M-1").get(f"/v1/requests/{request['id']}/package")).json()["state"] == "building"
