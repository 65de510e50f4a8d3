"""Requests that a representative makes for a data subject, over HTTP."""

from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.limits import standing
from tests.support.members import register
from tests.support.representatives import approved, registered
from tests.support.requests import BODIES, REQUIRED, decide, submit

MINOR = {"born_on": "2012-04-01"}


def representative(api: Api, assurance: str = "substantial", ref: str = "P-1") -> Api:
    return api.as_role("representative", subject_ref=ref, acr=assurance)


async def asked(caller: Api, kind: str = "restriction", **changes: Any) -> Any:
    return await caller.post(f"/v1/requests/{kind}", BODIES[kind](**changes))


@pytest.mark.parametrize("kind", BODIES)
async def test_an_effective_representative_asks_and_the_token_proves_who_acts(api: Api, kind: str) -> None:
    await register(api)
    await approved(api)
    answer = await asked(representative(api), kind)
    assert answer.status_code == 201, answer.text
    request = answer.json()
    assert (request["subject_ref"], request["on_behalf_by"], request["status"]) == ("M-1", "P-1", "in_review")
    assert request["identity"] == {"required": REQUIRED[kind], "reached": "substantial", "state": "proven"}


async def test_what_the_representative_asks_for_takes_effect_at_once(api: Api, database: Database) -> None:
    await register(api)
    await approved(api)
    await asked(representative(api))
    assert len(await standing(database)) == 1


async def test_a_weak_token_of_a_representative_proves_nothing(api: Api, database: Database) -> None:
    await register(api)
    await approved(api)
    assert (await asked(representative(api, "low"))).json()["status"] == "identity_pending"
    assert await standing(database) == []


async def test_staff_name_the_representative_who_stands_at_the_counter(api: Api) -> None:
    await register(api, **MINOR)
    assert problem(await asked(api.staff)) == (403, "representative_required")
    assert problem(await asked(api.staff, on_behalf_by="P-1")) == (403, "representative_required")
    await approved(api, relation="parent")
    request = (await asked(api.as_role("staff", acr="high"), on_behalf_by="P-1")).json()
    assert (request["on_behalf_by"], request["status"]) == ("P-1", "identity_pending")
    assert request["identity"]["reached"] == "none"


async def test_a_minor_asks_through_the_parent_alone(api: Api) -> None:
    await register(api, **MINOR)
    await approved(api, relation="parent")
    assert problem(await asked(api.member("M-1"))) == (403, "representative_required")
    assert problem(await asked(api.member("M-1"), on_behalf_by="P-1")) == (403, "representative_required")
    assert (await asked(representative(api))).status_code == 201


async def test_without_approval_nobody_stands_for_another(api: Api) -> None:
    await register(api)
    await registered(api)
    assert problem(await asked(representative(api))) == (404, "not_found")


async def test_a_power_covers_what_it_names(api: Api) -> None:
    await register(api)
    await approved(api, rights=["restriction"])
    caller = representative(api)
    assert (await asked(caller)).status_code == 201
    assert problem(await asked(caller, "erasure")) == (403, "representative_required")


async def test_requests_are_seen_and_moved_as_far_as_the_power_reaches(api: Api) -> None:
    await register(api)
    await approved(api, rights=["restriction"])
    caller = representative(api)
    within, outside = await submit(api, kind="restriction"), await submit(api, kind="objection")
    assert (await caller.get(f"/v1/requests/{within['id']}")).json()["id"] == within["id"]
    assert problem(await caller.get(f"/v1/requests/{outside['id']}")) == (404, "not_found")
    listed = (await caller.get("/v1/requests", params={"subject_ref": "M-1"})).json()["items"]
    assert [request["id"] for request in listed] == [within["id"]]
    assert (await caller.post(f"/v1/requests/{within['id']}/cancellation")).json()["status"] == "cancelled"
    assert problem(await caller.post(f"/v1/requests/{outside['id']}/cancellation")) == (404, "not_found")


async def test_the_representative_of_one_sees_nobody_elses(api: Api) -> None:
    await register(api)
    await register(api, "M-2")
    await approved(api)
    others = await submit(api, "M-2", "restriction")
    caller = representative(api)
    assert problem(await caller.get(f"/v1/requests/{others['id']}")) == (404, "not_found")
    assert problem(await caller.get("/v1/requests", params={"subject_ref": "M-2"})) == (404, "not_found")
    assert problem(await representative(api, ref="P-2").get(f"/v1/requests/{others['id']}")) == (404, "not_found")


async def test_a_representative_takes_part_in_what_is_asked_and_answered(api: Api) -> None:
    await register(api)
    await approved(api)
    request = (await asked(representative(api), "objection", reason="they keep calling")).json()
    path = f"/v1/requests/{request['id']}"
    await api.staff.post(f"{path}/information-requests", {"question": "Who calls?"})
    assert (await representative(api).post(f"{path}/information", {"answer": "the insurer"})).status_code == 200
    said = (await representative(api).get(f"{path}/messages")).json()["items"]
    assert [message["text"] for message in said] == ["they keep calling", "Who calls?", "the insurer"]


async def test_the_token_of_a_representative_proves_what_an_open_request_lacks(api: Api, database: Database) -> None:
    await register(api)
    await approved(api)
    first = (await asked(api.staff)).json()
    again = (await asked(representative(api))).json()
    assert (again["id"], again["duplicate"], again["status"]) == (first["id"], True, "in_review")
    assert len(await standing(database)) == 1


async def test_heirs_read_the_answer_and_do_nothing_else(api: Api) -> None:
    await register(api)
    await approved(api, relation="heir")
    request = await submit(api, kind="restriction")
    caller, path = representative(api), f"/v1/requests/{request['id']}"
    assert problem(await caller.get(path)) == (404, "not_found")
    await register(api, deceased_on="2026-01-05")
    assert (await decide(api, request["id"], "refused")).status_code == 200
    assert [item["ground"] for item in (await caller.get(path)).json()["items"]] == ["deceased_subject"]
    assert problem(await caller.get(f"{path}/messages")) == (404, "not_found")
    assert problem(await caller.post(f"{path}/cancellation")) == (404, "not_found")
    assert problem(await asked(caller)) == (404, "not_found")


async def test_nobody_decides_what_they_asked_for_another(api: Api) -> None:
    await register(api)
    await approved(api)
    request = (await asked(representative(api))).json()
    officer = api.as_role("representative", "staff", subject_ref="P-1", acr="high")
    answer = await officer.post(f"/v1/requests/{request['id']}/decision", {"outcome": "granted"})
    assert problem(answer) == (403, "forbidden")


@pytest.mark.parametrize("kind", BODIES)
async def test_people_speak_for_nobody_but_themselves(api: Api, kind: str) -> None:
    await register(api)
    await approved(api)
    for caller in (api.member("M-1"), representative(api, ref="P-1")):
        answer = await asked(caller, kind, on_behalf_by="P-2")
        assert problem(answer) == (403, "representative_required")
