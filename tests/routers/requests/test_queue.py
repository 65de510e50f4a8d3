"""The queue, deadlines, the timeline and the moves that need no decision, over HTTP."""

import pytest

from tests.support.api import Api, problem
from tests.support.members import push, record, register
from tests.support.requests import decide, erasure, submit


async def test_deadlines_are_counted_by_the_civil_code(api: Api) -> None:
    await api.post("/sandbox/clock", {"at": "2026-12-01T01:00:00Z"})
    await register(api)
    sla = (await submit(api))["sla"]
    assert sla["received_at"] == "2026-12-01"
    assert sla["decide_by"] == "2027-01-04"
    assert sla["decide_by_internal"] == "2026-12-30"
    assert sla["complete_by"] == "2027-03-01"
    assert sla["state"] == "on_track"
    assert sla["days_left"] == 34


async def test_a_request_after_midnight_in_bangkok_is_received_on_the_new_day(api: Api) -> None:
    await api.post("/sandbox/clock", {"at": "2026-03-02T17:30:00Z"})
    await register(api)
    assert (await submit(api))["sla"]["received_at"] == "2026-03-03"


async def test_overdue_is_computed_from_the_clock(api: Api) -> None:
    await api.post("/sandbox/clock", {"at": "2026-03-02T03:00:00Z"})
    await register(api)
    request = await submit(api)
    path = f"/v1/requests/{request['id']}"
    assert request["sla"]["decide_by"] == "2026-04-01"
    for at, state in (("03-24", "on_track"), ("03-25", "due_soon"), ("04-01", "due_soon"), ("04-02", "overdue")):
        await api.post("/sandbox/clock", {"at": f"2026-{at}T03:00:00Z"})
        assert (await api.staff.get(path)).json()["sla"]["state"] == state
    assert [r["id"] for r in (await api.staff.get("/v1/requests?overdue=true")).json()["items"]] == [request["id"]]
    await decide(api, request["id"], "granted")
    assert (await api.staff.get(path)).json()["sla"]["state"] == "missed"


async def test_staff_record_when_the_paper_came(api: Api) -> None:
    await api.post("/sandbox/clock", {"at": "2026-06-15T03:00:00Z"})
    await register(api)
    answer = await api.staff.post("/v1/requests/erasure", erasure(channel="post", received_on="2026-06-01"))
    assert answer.json()["sla"]["received_at"] == "2026-06-01"
    for wrong in ("2026-06-16", "2026-05-15"):
        body = erasure(channel="post", received_on=wrong, scope={"record_refs": ["X"]})
        assert problem(await api.staff.post("/v1/requests/erasure", body)) == (422, "out_of_range")
    body = erasure(received_on="2026-06-10", scope={"record_refs": ["X"]})
    assert problem(await api.member("M-1").post("/v1/requests/erasure", body)) == (422, "not_allowed")


async def test_a_question_and_its_answer_move_the_request_there_and_back(api: Api) -> None:
    await register(api)
    request = await submit(api)
    path = f"/v1/requests/{request['id']}"
    asked = await api.staff.post(f"{path}/information-requests", {"question": "Which loan?"})
    assert asked.json()["status"] == "information_pending"
    answered = await api.member("M-1").post(f"{path}/information", {"answer": "The one of 2015."})
    assert answered.json()["status"] == "in_review"
    assert problem(await api.member("M-1").post(f"{path}/information", {"answer": "Again."})) == (
        409,
        "illegal_transition",
    )


async def test_a_request_is_withdrawn_until_it_is_decided(api: Api) -> None:
    await register(api)
    request = await submit(api)
    path = f"/v1/requests/{request['id']}"
    assert (await api.member("M-1").post(f"{path}/cancellation")).json()["status"] == "cancelled"
    answer = await api.member("M-1").post(f"{path}/cancellation", {})
    assert problem(answer) == (409, "illegal_transition")
    assert answer.json()["allowed"] == []


async def test_the_act_stops_no_clock_so_there_is_no_extension(api: Api) -> None:
    await register(api)
    request = await submit(api)
    answer = await api.dpo.post(f"/v1/requests/{request['id']}/extension", {"reason": "Much to do"})
    assert problem(answer) == (409, "extension_not_allowed")


async def test_a_stale_version_changes_nothing(api: Api) -> None:
    await register(api)
    request = await submit(api)
    path = f"/v1/requests/{request['id']}"
    etag = (await api.staff.get(path)).headers["ETag"]
    body = {"assigned_to": "officer-1"}
    assert (await api.staff.post(f"{path}/assignment", body, headers={"If-Match": etag})).status_code == 200
    answer = await api.staff.post(f"{path}/assignment", body, headers={"If-Match": etag})
    assert problem(answer) == (412, "version_conflict")
    assert (await api.staff.get("/v1/requests?assigned_to=officer-1")).json()["items"][0]["id"] == request["id"]


async def test_the_timeline_tells_every_step_in_order(api: Api) -> None:
    await register(api)
    request = await submit(api)
    await decide(api, request["id"], "granted")
    timeline = (await api.member("M-1").get(f"/v1/requests/{request['id']}/timeline")).json()["items"]
    assert [step["event"] for step in timeline] == [
        "request.received",
        "request.identity_verified",
        "request.assessed",
        "request.decided",
        "request.completed",
    ]
    assert [step["actor"] for step in timeline] == ["member", "member", "staff", "dpo", "dpo"]


async def test_the_queue_is_sorted_by_deadline_and_paged_without_gaps(api: Api) -> None:
    await register(api)
    submitted = []
    for day in (3, 1, 2, 4):
        await api.post("/sandbox/clock", {"at": f"2026-06-0{day}T03:00:00Z"})
        scope = {"record_refs": [f"R-{len(submitted)}"]}
        submitted.append((await submit(api, scope=scope))["id"])
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await api.staff.get(f"/v1/requests?limit=1{cursor}")).json()
        seen += [request["id"] for request in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [submitted[1], submitted[2], submitted[0], submitted[3]]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "%00", "ก"])
async def test_a_foreign_cursor_is_refused(api: Api, cursor: str) -> None:
    assert problem(await api.staff.get("/v1/requests", params={"cursor": cursor})) == (422, "bad_cursor")


async def test_a_cursor_belongs_to_its_filters(api: Api) -> None:
    await register(api)
    for number in range(2):
        await submit(api, scope={"record_refs": [f"R-{number}"]})
    cursor = (await api.staff.get("/v1/requests?limit=1")).json()["next_cursor"]
    assert problem(await api.staff.get(f"/v1/requests?kind=access&cursor={cursor}")) == (422, "bad_cursor")


async def test_people_see_their_own_requests_alone(api: Api) -> None:
    await register(api)
    await register(api, "M-2")
    request = await submit(api)
    path = f"/v1/requests/{request['id']}"
    other = api.member("M-2")
    assert (await other.get("/v1/requests")).json()["items"] == []
    for answer in (
        await other.get(path),
        await other.get(f"{path}/timeline"),
        await other.post(f"{path}/cancellation"),
        await other.post(f"{path}/information", {"answer": 1}),
        await other.post("/v1/requests/erasure", erasure("M-1")),
        await other.post("/v1/requests/erasure", erasure("M-nobody")),
    ):
        assert problem(answer) == (404, "not_found")


async def test_a_minor_or_incapable_subject_does_not_ask_alone(api: Api) -> None:
    await register(api, "M-3", kind="beneficiary", born_on="2012-05-01", membership=None)
    assert problem(await api.member("M-3").post("/v1/requests/erasure", erasure("M-3"))) == (
        403,
        "representative_required",
    )
    await register(api, "M-4", legal_capacity="incompetent")
    assert problem(await api.member("M-4").post("/v1/requests/erasure", erasure("M-4"))) == (
        403,
        "representative_required",
    )


async def test_lists_leave_out_the_items_that_one_request_shows(api: Api) -> None:
    await register(api)
    await push(api, "M-1", record("D-1", events={"deposit_made": "2010-03-02"}))
    request = await submit(api)
    assert (await decide(api, request["id"], "granted")).status_code == 200
    whole = (await api.staff.get(f"/v1/requests/{request['id']}")).json()
    [listed] = (await api.staff.get("/v1/requests")).json()["items"]
    assert [item["ref"] for item in whole["items"]] == ["D-1"]
    assert listed == {name: value for name, value in whole.items() if name not in {"items", "duplicate", "transfer"}}


@pytest.mark.parametrize("form", ["urn:uuid:{}", "{{{}}}", "hex"])
async def test_a_request_answers_to_its_id_in_the_usual_form_only(api: Api, form: str) -> None:
    await register(api)
    request_id = (await submit(api))["id"]
    other = request_id.replace("-", "") if form == "hex" else form.format(request_id)
    for path in ("", "/timeline", "/assessment"):
        assert problem(await api.staff.get(f"/v1/requests/{other}{path}")) == (404, "not_found")
    assert problem(await api.dpo.post(f"/v1/requests/{other}/decision", {"outcome": "granted"})) == (404, "not_found")


@pytest.mark.parametrize("ref", [".", ".."])
async def test_no_reference_is_a_step_in_a_path(api: Api, ref: str) -> None:
    answer = await api.staff.post("/v1/requests/erasure", erasure(ref, channel="counter"))
    assert problem(answer) == (422, "bad_format")
    assert answer.json()["errors"] == [{"pointer": "/subject_ref", "code": "bad_format"}]


async def test_what_is_not_overdue_can_be_asked_for_too(api: Api) -> None:
    await api.post("/sandbox/clock", {"at": "2026-03-02T03:00:00Z"})
    await register(api)
    late = await submit(api, scope={"record_refs": ["R-1"]})
    await api.post("/sandbox/clock", {"at": "2026-05-04T03:00:00Z"})
    fresh = await submit(api, scope={"record_refs": ["R-2"]})

    async def listed(overdue: str) -> list[str]:
        page = await api.staff.get("/v1/requests", params={"overdue": overdue})
        return [request["id"] for request in page.json()["items"]]

    assert (await listed("true"), await listed("false")) == ([late["id"]], [fresh["id"]])
    assert problem(await api.staff.get("/v1/requests?overdue=yes")) == (422, "not_allowed")


async def test_a_stale_version_signs_and_proves_nothing(api: Api) -> None:
    await register(api)
    request = (await api.staff.post("/v1/requests/erasure", erasure(channel="counter"))).json()
    path, stale = f"/v1/requests/{request['id']}", {"headers": {"If-Match": '"999"'}}
    seen = {"method": "in_person", "document": {"kind": "national_id", "last4": "4562"}}
    for answer in (
        await api.staff.post(f"{path}/identity/challenges", {"via": "sms"}, **stale),
        await api.staff.post(f"{path}/identity/verifications", seen, **stale),
        await api.staff.post(f"{path}/assessment", **stale),
    ):
        assert problem(answer) == (412, "version_conflict")
