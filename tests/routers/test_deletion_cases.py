"""Deletion cases over the API: found, timed, dealt with (policy clause 13); under every shipped pack."""

import asyncio
import json
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.clock import noon_of
from tests.support.consents import given, read
from tests.support.database import Database
from tests.support.deletion_cases import finding, opened
from tests.support.members import push, record, register
from tests.support.packs import SHIPPED_PACKS, ShippedPack
from tests.support.requests import decide, finish_tasks

pytestmark = pytest.mark.packs(*SHIPPED_PACKS)
NOTE = "พบสูติบัตรฉบับจริง-ลองกอง"


async def resolved(api: Api, case_id: str, **resolution: Any) -> Any:
    """The answer to dealing with a case; `api` says by whom."""
    return await api.post(f"/v1/deletion-cases/{case_id}/resolution", resolution)


async def cases(api: Api, **wanted: Any) -> list[dict[str, Any]]:
    """The cases that staff see."""
    answer = await api.staff.get("/v1/deletion-cases", params=wanted)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_birth_that_turns_out_later_opens_a_case_for_what_the_minor_consented_to_alone(
    api: Api, pack: ShippedPack
) -> None:
    await noon_of(api, "2026-11-20")
    await register(api)
    consent = await given(api)
    assert await cases(api) == []
    await register(api, born_on="2010-05-17")
    [case] = await cases(api)
    assert case.pop("id")
    assert case.pop("found_at").startswith("2026-11-20T05:00:00")
    assert case == {
        "subject_ref": "M-1",
        "reason": "minor_without_parent",
        "purposes": [pack.consent],
        "consent_ids": [consent["id"]],
        "status": "open",
        "found_by": "core_banking",
        "decide_by": "2026-12-21",
        "overdue": False,
        "note": None,
        "outcome": None,
        "basis": None,
        "resolution_note": None,
        "request_id": None,
        "closed_by": None,
        "closed_at": None,
        "version": 1,
    }


async def test_a_consent_given_on_the_twentieth_birthday_lacks_nothing_and_one_of_the_day_before_does(api: Api) -> None:
    await register(api, "M-1")
    await register(api, "M-2")
    await noon_of(api, "2026-05-09")
    await given(api, "M-1")
    await noon_of(api, "2026-05-10")
    await given(api, "M-2")
    await noon_of(api, "2026-11-20")
    for subject_ref in ("M-1", "M-2"):
        await register(api, subject_ref, born_on="2006-05-10")
    assert [case["subject_ref"] for case in await cases(api)] == ["M-1"]


async def test_a_marriage_that_never_was_opens_a_case(api: Api) -> None:
    await noon_of(api, "2026-11-20")
    await register(api, born_on="2008-05-10", married_on="2026-10-01")
    await given(api)
    await register(api, born_on="2008-05-10", married_on="2026-11-20")
    assert await cases(api) == []
    await register(api, born_on="2008-05-10")
    assert [case["reason"] for case in await cases(api)] == ["minor_without_parent"]


@pytest.mark.parametrize("capacity", ["incompetent", "quasi_incompetent"])
async def test_a_courts_order_opens_a_case_of_its_own(api: Api, capacity: str) -> None:
    await register(api)
    await given(api)
    await register(api, legal_capacity=capacity)
    assert [case["reason"] for case in await cases(api)] == ["incapable_without_representative"]


async def test_the_same_finding_made_again_changes_nothing_and_a_further_one_is_taken_up(
    api: Api, pack: ShippedPack
) -> None:
    await noon_of(api, "2026-11-20")
    await register(api)
    await given(api)
    await register(api, born_on="2010-05-17")
    await noon_of(api, "2026-11-23")
    await register(api, born_on="2010-05-18")
    [case] = await cases(api)
    assert (case["version"], case["decide_by"]) == (1, "2026-12-21")
    await register(api)
    second = await given(api, purpose=pack.third_consent)
    await register(api, born_on="2010-05-17")
    [case] = await cases(api)
    assert (case["version"], case["decide_by"], case["purposes"]) == (
        2,
        "2026-12-21",
        [pack.consent, pack.third_consent],
    )
    assert second["id"] in case["consent_ids"]


async def test_what_has_ended_or_was_given_by_a_representative_opens_none(
    api: Api, database: Database, pack: ShippedPack
) -> None:
    await register(api)
    await given(api)
    await given(api, purpose=pack.third_consent)
    await api.member("M-1").post("/v1/subjects/M-1/consent-withdrawals", {"purposes": [pack.consent], "channel": "app"})
    await database.execute(f"UPDATE consent SET given_as = 'parent' WHERE purpose = '{pack.third_consent}'")
    await register(api, born_on="2010-05-17")
    assert await cases(api) == []


async def test_staff_open_a_case_for_what_the_register_does_not_show(
    api: Api, database: Database, pack: ShippedPack
) -> None:
    await noon_of(api, "2026-12-01")
    await register(api)
    consent = await given(api)
    case = await opened(api, note=NOTE)
    assert (case["purposes"], case["consent_ids"]) == ([pack.consent], [consent["id"]])
    assert (case["decide_by"], case["note"], case["found_by"]) == ("2027-01-04", NOTE, "sandbox-staff")
    told = await database.fetch("SELECT data FROM outgoing_event WHERE type = 'deletion_case.opened'")
    assert [json.loads(event["data"]) for event in told] == [
        {
            "case_id": case["id"],
            "subject_ref": "M-1",
            "reason": "minor_without_parent",
            "decide_by": "2027-01-04",
            "outcome": None,
        }
    ]


async def test_one_case_is_open_for_a_reason(api: Api, pack: ShippedPack) -> None:
    await register(api)
    first = await opened(api, purposes=[pack.consent])
    again = await api.staff.post("/v1/deletion-cases", finding(purposes=[pack.third_consent]))
    assert (again.status_code, again.json()["id"], again.json()["purposes"]) == (
        200,
        first["id"],
        [pack.consent, pack.third_consent],
    )
    other = await opened(api, reason="incapable_without_representative")
    assert other["id"] != first["id"]
    await resolved(api.staff, first["id"], outcome="keep", basis="contract")
    assert (await opened(api))["id"] not in {first["id"], other["id"]}


async def test_of_many_findings_at_once_one_opens_the_case(api: Api, database: Database) -> None:
    await register(api)
    found = await asyncio.gather(*(api.staff.post("/v1/deletion-cases", finding()) for _ in range(8)))
    assert sorted(answer.status_code for answer in found) == [*[200] * 7, 201]
    assert len({answer.json()["id"] for answer in found}) == 1
    assert len(await database.fetch("SELECT id FROM outgoing_event WHERE type = 'deletion_case.opened'")) == 1


async def test_of_many_resolutions_at_once_one_counts(api: Api) -> None:
    await register(api)
    case = await opened(api)
    ways: list[dict[str, Any]] = [{"outcome": "keep", "basis": "contract"}, {"outcome": "erase"}]
    made = await asyncio.gather(*(resolved(api.staff, case["id"], **ways[at % 2]) for at in range(8)))
    assert sorted(answer.status_code for answer in made) == [200] * 4 + [409] * 4
    assert len((await api.staff.get("/v1/requests")).json()["items"]) == (made[1].status_code == 200)


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"purposes": ["consent_evidence", "nonsense"]}, "/purposes/1", "not_allowed"),
        ({"purposes": []}, "/purposes", "too_short"),
        ({"reason": "too_young"}, "/reason", "not_allowed"),
        ({"note": "a\u202eb"}, "/note", "unsafe_text"),
        ({"decide_by": "2030-01-01"}, "/decide_by", "unknown_field"),
        ({"subject_ref": None}, "/subject_ref", "wrong_type"),
    ],
)
async def test_what_is_wrong_with_a_finding_is_told(api: Api, changes: dict[str, Any], pointer: str, code: str) -> None:
    await register(api)
    answer = await api.staff.post("/v1/deletion-cases", finding(**changes))
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"pointer": pointer, "code": code}])


async def test_no_case_is_opened_for_who_is_unknown_or_erased(api: Api, database: Database) -> None:
    assert problem(await api.staff.post("/v1/deletion-cases", finding())) == (404, "not_found")
    await register(api)
    await database.execute("UPDATE subject SET erased_at = now(), profile = NULL")
    assert problem(await api.staff.post("/v1/deletion-cases", finding())) == (409, "subject_erased")


async def test_data_kept_on_another_basis_loses_the_consents_that_were_none(api: Api, database: Database) -> None:
    await register(api)
    consent = await given(api)
    case = await opened(api)
    answer = await resolved(api.dpo, case["id"], outcome="keep", basis="legal_obligation", note=NOTE)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["status"], told["outcome"], told["basis"]) == ("closed", "keep", "legal_obligation")
    assert (told["closed_by"], told["resolution_note"], told["request_id"]) == ("sandbox-dpo", NOTE, None)
    assert (await read(api, consent["id"]))["status"] == "withdrawn"
    events = await database.fetch("SELECT type FROM outgoing_event WHERE type LIKE 'deletion_case.%' ORDER BY id")
    assert [event["type"] for event in events] == ["deletion_case.opened", "deletion_case.closed"]


async def test_erasing_opens_a_request_for_what_rests_on_those_consents_alone(api: Api, pack: ShippedPack) -> None:
    await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
    old = pack.past_record
    await push(
        api,
        "M-1",
        record("C-1", **old, lawful_basis="consent", purpose=pack.consent),
        record("C-2", **old, lawful_basis="consent", purpose=pack.third_consent),
        record("D-1", **old, lawful_basis="contract", purpose=pack.consent),
    )
    consent = await given(api)
    case = await opened(api, purposes=[pack.consent])
    closed = (await resolved(api.staff, case["id"], outcome="erase")).json()
    request = (await api.staff.get(f"/v1/requests/{closed['request_id']}")).json()
    assert (request["kind"], request["status"]) == ("erasure", "in_review")
    assert request["scope"] == {"scope": {"record_refs": ["C-1"]}, "ground": "unlawful", "method": "erase"}
    assert (await read(api, consent["id"]))["status"] == "withdrawn"
    assert (await decide(api, request["id"], "granted")).status_code == 200
    assert [task["record_refs"] for task in await finish_tasks(api)] == [["C-1"]]
    assert (await api.staff.get(f"/v1/requests/{request['id']}")).json()["status"] == "completed"


async def test_where_nothing_else_is_held_everything_goes(api: Api) -> None:
    await register(api)
    case = await opened(api)
    closed = (await resolved(api.staff, case["id"], outcome="erase")).json()
    request = (await api.staff.get(f"/v1/requests/{closed['request_id']}")).json()
    assert request["scope"]["scope"] == "all"


async def test_where_nothing_rests_on_those_consents_nothing_is_erased(api: Api) -> None:
    await register(api)
    await push(api, "M-1", record("D-1", lawful_basis="contract"))
    case = await opened(api)
    closed = (await resolved(api.staff, case["id"], outcome="erase")).json()
    assert (closed["status"], closed["request_id"]) == ("closed", None)


async def test_a_case_that_was_none_leaves_the_consents_alone_and_is_not_found_again(api: Api) -> None:
    await register(api)
    consent = await given(api)
    await register(api, legal_capacity="incompetent")
    [case] = await cases(api)
    assert (await resolved(api.staff, case["id"], outcome="unfounded")).json()["status"] == "closed"
    assert (await read(api, consent["id"]))["status"] == "active"
    await register(api, legal_capacity="quasi_incompetent")
    assert [one["id"] for one in await cases(api)] == [case["id"]]


async def test_a_minors_case_is_unfounded_only_once_the_register_says_so(api: Api) -> None:
    await register(api)
    await given(api)
    await register(api, born_on="2010-05-17")
    [case] = await cases(api)
    refused = await resolved(api.staff, case["id"], outcome="unfounded")
    assert refused.json()["errors"] == [{"pointer": "/outcome", "code": "not_allowed"}]
    await register(api)
    assert (await resolved(api.staff, case["id"], outcome="unfounded")).status_code == 200
    await register(api, born_on="2010-05-17")
    assert [one["status"] for one in await cases(api)] == ["closed", "open"]


@pytest.mark.parametrize(
    ("resolution", "pointer", "code"),
    [
        ({"outcome": "keep"}, "/basis", "missing"),
        ({"outcome": "keep", "basis": "consent"}, "/basis", "not_allowed"),
        ({"outcome": "keep", "basis": "explicit_consent"}, "/basis", "not_allowed"),
        ({"outcome": "keep", "basis": "vital_interest"}, "/basis", "not_allowed"),
        ({"outcome": "erase", "basis": "contract"}, "/basis", "not_allowed"),
        ({"outcome": "unfounded", "basis": "contract"}, "/basis", "not_allowed"),
        ({"outcome": "forget"}, "/outcome", "not_allowed"),
        ({}, "/outcome", "missing"),
        ({"outcome": "erase", "consents": []}, "/consents", "unknown_field"),
    ],
)
async def test_a_resolution_that_is_none_changes_nothing(
    api: Api, resolution: dict[str, Any], pointer: str, code: str
) -> None:
    await register(api)
    case = await opened(api)
    answer = await resolved(api.staff, case["id"], **resolution)
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"pointer": pointer, "code": code}])
    assert (await cases(api))[0]["status"] == "open"


async def test_a_case_is_closed_once(api: Api) -> None:
    await register(api)
    case = await opened(api)
    first = await resolved(api.staff, case["id"], outcome="keep", basis="contract")
    again = await resolved(api.dpo, case["id"], outcome="keep", basis="contract")
    assert (again.status_code, again.json()) == (200, first.json())
    stale = await api.staff.post(
        f"/v1/deletion-cases/{case['id']}/resolution", {"outcome": "erase"}, headers={"If-Match": '"1"'}
    )
    assert problem(stale) == (412, "version_conflict")
    other = await resolved(api.staff, case["id"], outcome="erase")
    assert (problem(other), other.json()["allowed"]) == ((409, "illegal_transition"), [])


async def test_a_stale_version_closes_nothing(api: Api) -> None:
    await register(api)
    case = await opened(api)
    where, body = f"/v1/deletion-cases/{case['id']}/resolution", {"outcome": "keep", "basis": "contract"}
    stale = await api.staff.post(where, body, headers={"If-Match": '"2"'})
    assert problem(stale) == (412, "version_conflict")
    fresh = await api.staff.post(where, body, headers={"If-Match": '"1"'})
    assert (fresh.status_code, fresh.headers["ETag"]) == (200, '"2"')


async def test_the_list_goes_by_deadline_and_is_narrowed_and_paged(api: Api) -> None:
    for day, subject_ref in (("2026-11-20", "M-1"), ("2026-11-10", "M-2"), ("2026-11-15", "M-3")):
        await noon_of(api, day)
        await register(api, subject_ref)
        await opened(api, subject_ref=subject_ref)
    assert [case["subject_ref"] for case in await cases(api)] == ["M-2", "M-3", "M-1"]
    assert [case["subject_ref"] for case in await cases(api, subject_ref="M-3")] == ["M-3"]
    assert [case["subject_ref"] for case in await cases(api, due_before="2026-12-15")] == ["M-2"]
    assert await cases(api, status="closed") == []
    first = (await api.staff.get("/v1/deletion-cases", params={"limit": 2})).json()
    rest = (await api.staff.get("/v1/deletion-cases", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [case["subject_ref"] for case in first["items"] + rest["items"]] == ["M-2", "M-3", "M-1"]
    assert rest["next_cursor"] is None
    foreign = await api.staff.get("/v1/deletion-cases", params={"status": "open", "cursor": first["next_cursor"]})
    assert problem(foreign) == (422, "bad_cursor")


async def test_a_case_is_overdue_from_the_day_after_its_last(api: Api) -> None:
    await noon_of(api, "2026-11-20")
    await register(api)
    case = await opened(api)
    await noon_of(api, case["decide_by"])
    assert [one["overdue"] for one in await cases(api)] == [False]
    await noon_of(api, "2026-12-22")
    assert [one["overdue"] for one in await cases(api)] == [True]
    await resolved(api.staff, case["id"], outcome="keep", basis="contract")
    assert [one["overdue"] for one in await cases(api)] == [False]


async def test_notes_are_for_those_who_open_cases_and_their_reading_is_recorded(api: Api, database: Database) -> None:
    await register(api)
    case = await opened(api, note=NOTE)
    where = f"/v1/deletion-cases/{case['id']}"
    assert (await api.staff.get(where)).json()["note"] == NOTE
    assert (await api.as_role("auditor").get(where)).json()["note"] is None
    read_by = await database.fetch("SELECT actor FROM audit_entry WHERE action = 'deletion_case.note_read'")
    assert [entry["actor"] for entry in read_by] == ["sandbox-staff"]
    for table in ("deletion_case", "audit_entry", "outgoing_event"):
        rows = str([dict(row) for row in await database.fetch(f"SELECT * FROM {table}")])
        assert "ลองกอง" not in rows, table


@pytest.mark.parametrize("role", ["member", "representative", "core_banking", "committee", "partner", "admin"])
async def test_others_see_no_cases(api: Api, role: str) -> None:
    await register(api)
    case = await opened(api)
    caller = api.as_role(role, subject_ref="M-1") if role in {"member", "representative"} else api.as_role(role)
    for answer in (
        await caller.get("/v1/deletion-cases"),
        await caller.get(f"/v1/deletion-cases/{case['id']}"),
        await caller.post("/v1/deletion-cases", finding()),
        await resolved(caller, case["id"], outcome="erase"),
    ):
        assert problem(answer) == (403, "forbidden")
    assert problem(await resolved(api.as_role("auditor"), case["id"], outcome="erase")) == (403, "forbidden")
