"""What holds for each right alike, under every shipped pack: granted, partly, refused, cancelled, lapsed, represented."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.core.clock import Clock, today_in_bangkok
from tests.support.api import Api, problem
from tests.support.packs import SHIPPED_PACKS, ShippedPack
from tests.support.representatives import approved
from tests.support.requests import REQUIRED, decide, finish_tasks, submit
from tests.support.rights import RIGHTS, asked, body, held, items_of

pytestmark = pytest.mark.packs(*SHIPPED_PACKS)
OF_MANY = [kind for kind in RIGHTS if kind not in {"complaint", "erasure"}]
"""Those of several items, each of which may be refused: erasures are in `test_table_of_rights.py`."""
each_right = pytest.mark.parametrize("kind", RIGHTS)


async def decided(api: Api, path: str, outcome: str, **changes: Any) -> httpx.Response:
    return await decide(api, path.rpartition("/")[2], outcome, **changes)


@each_right
async def test_it_is_proposed_granted_item_by_item_with_the_grounds_that_could_refuse_it(
    api: Api, pack: ShippedPack, kind: str
) -> None:
    path = await asked(api, pack, kind)
    found = (await api.staff.get(f"{path}/assessment")).json()
    assert [item["ref"] for item in found["items"]] == items_of(kind, pack)
    assert {item["proposed"] for item in found["items"]} == {"granted"}
    assert all(set(item["grounds"]) == RIGHTS[kind].grounds for item in found["items"])


@each_right
async def test_granted_it_is_completed_with_its_last_task(api: Api, pack: ShippedPack, kind: str) -> None:
    path = await asked(api, pack, kind)
    answer = await decided(api, path, "granted")
    assert answer.status_code == 200, answer.text
    work_left = RIGHTS[kind].tasks is not None
    assert answer.json()["status"] == ("in_fulfilment" if work_left else "completed")
    assert {task["kind"] for task in await finish_tasks(api)} == ({RIGHTS[kind].tasks} if work_left else set())
    done = (await api.member("M-1").get(path)).json()
    assert (done["status"], done["outcome"]) == ("completed", "granted")


@pytest.mark.parametrize("kind", OF_MANY)
async def test_granted_in_part_it_says_which_and_on_what_ground_not(api: Api, pack: ShippedPack, kind: str) -> None:
    path = await asked(api, pack, kind)
    kept, dropped = items_of(kind, pack)
    ground = min(RIGHTS[kind].grounds)
    items = [{"ref": kept, "outcome": "granted"}, {"ref": dropped, "outcome": "refused", "ground": ground}]
    answer = await decided(api, path, "partly_granted", items=items)
    said = [(item["ref"], item["outcome"], item["ground"]) for item in answer.json()["items"]]
    assert said == [(kept, "granted", None), (dropped, "refused", ground)]
    await finish_tasks(api)
    assert (await api.member("M-1").get(path)).json()["status"] == "completed"


async def test_an_erasure_is_granted_as_far_as_there_is_something_to_erase(api: Api, pack: ShippedPack) -> None:
    await held(api, pack, "erasure")
    request = await submit(api, scope={"record_refs": ["A-1", "C-1"]})
    answer = await decide(api, request["id"], "partly_granted")
    said = [(item["ref"], item["outcome"], item["ground"]) for item in answer.json()["items"]]
    assert said == [("A-1", "granted", None), ("C-1", "refused", "no_data_held")]
    assert [task["record_refs"] for task in await finish_tasks(api)] == [["A-1"]]


@each_right
async def test_a_decision_that_does_not_add_up_decides_nothing(api: Api, pack: ShippedPack, kind: str) -> None:
    path = await asked(api, pack, kind)
    granted = [{"ref": ref, "outcome": "granted"} for ref in items_of(kind, pack)]
    wrong = {
        "items_incomplete": [
            [],
            granted[1:] or granted * 2,
            [*granted, granted[0]],
            [*granted, {**granted[0], "ref": "x"}],
        ],
        "outcome_mismatch": [granted],
    }
    for code, lists in wrong.items():
        for items in lists:
            outcome = "granted" if code == "items_incomplete" else "partly_granted"
            assert problem(await decided(api, path, outcome, items=items)) == (422, code), items
    assert problem(await decided(api, path, "refused", items=granted)) == (422, "outcome_mismatch")
    assert (await api.staff.get(path)).json()["status"] == "in_review"


@each_right
async def test_the_person_withdraws_it_until_it_is_decided_and_then_no_more(
    api: Api, pack: ShippedPack, kind: str
) -> None:
    await held(api, pack, kind, "M-2")
    unproven = (await api.staff.post(f"/v1/requests/{kind}", body(kind, pack, "M-2"))).json()
    in_review, questioned, over = [await asked(api, pack, kind, ref) for ref in ("M-1", "M-3", "M-4")]
    await api.staff.post(f"{questioned}/information-requests", {"question": "Which?"})
    for ref, path in (("M-2", f"/v1/requests/{unproven['id']}"), ("M-1", in_review), ("M-3", questioned)):
        cancelled = await api.member(ref).post(f"{path}/cancellation", {"reason": "settled"})
        assert cancelled.json()["status"] == "cancelled"
        assert problem(await api.member(ref).post(f"{path}/cancellation")) == (409, "illegal_transition")
    await decided(api, over, "granted")
    assert problem(await api.member("M-4").post(f"{over}/cancellation")) == (409, "illegal_transition")
    await finish_tasks(api)
    assert problem(await api.member("M-4").post(f"{over}/cancellation")) == (409, "illegal_transition")


@each_right
async def test_of_what_came_by_telephone_post_or_over_the_counter_staff_say_when(
    api: Api, pack: ShippedPack, kind: str
) -> None:
    today = today_in_bangkok(Clock().now())
    for ref, channel, days in (("M-1", "phone", 0), ("M-2", "post", 30), ("M-3", "counter", 1)):
        await held(api, pack, kind, ref)
        asked_for = body(kind, pack, ref, channel=channel)
        for outside in (31, -1):
            late = {**asked_for, "received_on": str(today - timedelta(days=outside))}
            assert problem(await api.staff.post(f"/v1/requests/{kind}", late)) == (422, "out_of_range")
        told = {**asked_for, "received_on": str(today - timedelta(days=days))}
        assert problem(await api.member(ref).post(f"/v1/requests/{kind}", told)) == (422, "not_allowed")
        received = (await api.staff.post(f"/v1/requests/{kind}", told)).json()
        assert (received["sla"]["received_at"], received["status"]) == (told["received_on"], "identity_pending")
        assert received["sla"]["decide_by"] >= str(today + timedelta(days=30 - days))


@each_right
async def test_cancelled_it_leaves_no_work_behind(api: Api, pack: ShippedPack, kind: str) -> None:
    path = await asked(api, pack, kind)
    assert (await api.member("M-1").post(f"{path}/cancellation")).json()["status"] == "cancelled"
    assert await finish_tasks(api) == []
    assert problem(await decided_alone(api, path)) == (409, "illegal_transition")


async def decided_alone(api: Api, path: str) -> httpx.Response:
    return await api.dpo.post(f"{path}/decision", {"outcome": "granted"})


@each_right
async def test_unproven_through_day_30_it_lapses_and_nobody_decides_it(api: Api, pack: ShippedPack, kind: str) -> None:
    await held(api, pack, kind)
    request = (await api.staff.post(f"/v1/requests/{kind}", body(kind, pack))).json()
    path = f"/v1/requests/{request['id']}"
    assert problem(await decided_alone(api, path)) == (409, "illegal_transition")
    await api.post("/sandbox/clock", {"advance": "P31D"})
    assert (await api.staff.get(path)).json()["status"] == "lapsed"
    assert problem(await decided_alone(api, path)) == (409, "illegal_transition")


@each_right
async def test_the_dead_have_it_no_more(api: Api, pack: ShippedPack, kind: str) -> None:
    path = await asked(api, pack, kind)
    await held(api, pack, kind, deceased_on="2026-01-05")
    found = (await api.staff.get(f"{path}/assessment")).json()
    assert {(item["proposed"], *item["grounds"]) for item in found["items"]} == {("refused", "deceased_subject")}
    assert (await decided(api, path, "refused")).json()["status"] == "refused"


@each_right
async def test_a_representative_within_scope_asks_for_it(api: Api, pack: ShippedPack, kind: str) -> None:
    await held(api, pack, kind)
    await approved(api, rights=[kind])
    caller = api.as_role("representative", subject_ref="P-1", acr=REQUIRED[kind])
    answer = await caller.post(f"/v1/requests/{kind}", body(kind, pack))
    assert (answer.status_code, answer.json()["status"]) == (201, "in_review")
    assert answer.json()["on_behalf_by"] == "P-1"
    assert (await decided(api, f"/v1/requests/{answer.json()['id']}", "granted")).status_code == 200


@each_right
async def test_a_representative_out_of_scope_does_not(api: Api, pack: ShippedPack, kind: str) -> None:
    await held(api, pack, kind)
    await approved(api, rights=["consent"])
    caller = api.as_role("representative", subject_ref="P-1", acr="high")
    answer = await caller.post(f"/v1/requests/{kind}", body(kind, pack))
    assert problem(answer) == (403, "representative_required")
    path = await asked(api, pack, kind)
    assert problem(await caller.get(path)) == (404, "not_found")
    assert problem(await caller.post(f"{path}/cancellation")) == (404, "not_found")
    stranger = api.as_role("representative", subject_ref="P-2", acr="high")
    assert problem(await stranger.post(f"/v1/requests/{kind}", body(kind, pack))) == (404, "not_found")


@each_right
async def test_the_same_again_leads_to_the_open_one(api: Api, pack: ShippedPack, kind: str) -> None:
    path = await asked(api, pack, kind)
    again = await api.member("M-1").post(f"/v1/requests/{kind}", body(kind, pack))
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert again.json()["id"] == path.rpartition("/")[2]


@each_right
async def test_of_the_same_at_once_one_is_received(api: Api, pack: ShippedPack, kind: str) -> None:
    await held(api, pack, kind)
    once = body(kind, pack)
    answers = await asyncio.gather(*(api.member("M-1").post(f"/v1/requests/{kind}", once) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


@each_right
async def test_it_is_either_cancelled_or_decided_and_only_then_is_there_work(
    api: Api, pack: ShippedPack, kind: str
) -> None:
    path = await asked(api, pack, kind)
    assert (await api.staff.post(f"{path}/assessment")).status_code == 200
    cancelled, granted = await asyncio.gather(api.member("M-1").post(f"{path}/cancellation"), decided_alone(api, path))
    assert sorted((cancelled.status_code, granted.status_code)) == [200, 409]
    assert bool(await finish_tasks(api)) == (granted.status_code == 200 and RIGHTS[kind].tasks is not None)
