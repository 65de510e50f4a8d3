"""Registering, approving, reading and ending representations, over the API."""

import asyncio
import json
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.clock import noon_of
from tests.support.database import Database
from tests.support.members import register
from tests.support.representatives import EVIDENCE, approved, path, registered, representation
from tests.support.requests import restriction

CHILD: dict[str, Any] = {"kind": "beneficiary", "born_on": "2016-05-10", "membership": None}
MINOR: dict[str, Any] = {"kind": "beneficiary", "born_on": "2010-05-10", "membership": None}


def representative(api: Api, representative_ref: str = "P-1") -> Api:
    """A representative over a token of their own."""
    return api.as_role("representative", subject_ref=representative_ref, acr="substantial")


async def refusal(api: Api, subject_ref: str = "M-1", representative_ref: str = "P-1", **changes: Any) -> list[Any]:
    """What is wrong with a registration, as pointers and codes."""
    answer = await api.staff.put(path(subject_ref, representative_ref), representation(**changes))
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def test_a_representation_is_registered_and_shown_as_it_was(api: Api) -> None:
    await register(api)
    answer = await api.staff.put(path(), representation(rights=["access", "consent"], valid_until="2027-01-05"))
    assert answer.status_code == 201
    told = answer.json()
    assert told.pop("registered_at")
    assert told == {
        "subject_ref": "M-1",
        "representative_ref": "P-1",
        "relation": "attorney",
        "rights": ["access", "consent"],
        "valid_from": "2024-01-05",
        "valid_until": "2027-01-05",
        "evidence": EVIDENCE,
        "approved_by": None,
        "approved_at": None,
        "effective": False,
        "ends_on": "2027-01-05",
        "version": 1,
    }
    read = await api.staff.get(path())
    assert read.json() == answer.json()
    assert read.headers["ETag"] == answer.headers["ETag"] == '"1"'


async def test_a_power_over_everything_is_told_as_it_was_put(api: Api) -> None:
    await register(api)
    assert (await registered(api, rights="all"))["rights"] == "all"
    [listed] = (await api.staff.get("/v1/subjects/M-1/representatives")).json()["items"]
    assert (await api.staff.put(path(), representation(rights=listed["rights"]))).status_code == 200


async def test_approval_gives_it_its_effect_once(api: Api, database: Database) -> None:
    await register(api)
    await registered(api)
    first = await api.staff.post(f"{path()}/approval")
    assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
    assert (first.json()["effective"], first.json()["approved_by"]) == (True, "sandbox-staff")
    again = await api.dpo.post(f"{path()}/approval")
    assert again.json() == first.json()
    told = await database.fetch("SELECT data FROM outgoing_event WHERE type = 'representation.approved'")
    assert [json.loads(event["data"]) for event in told] == [
        {"subject_ref": "M-1", "representative_ref": "P-1", "relation": "attorney"}
    ]


async def test_of_many_approvals_and_registrations_at_once_none_is_lost(api: Api, database: Database) -> None:
    await register(api)
    await registered(api)
    approvals = await asyncio.gather(*(api.staff.post(f"{path()}/approval") for _ in range(8)))
    assert {answer.json()["version"] for answer in approvals} == {2}
    assert len(await database.fetch("SELECT id FROM outgoing_event")) == 1
    made = await asyncio.gather(*(api.staff.put(path(), representation()) for _ in range(8)))
    assert sorted(answer.json()["version"] for answer in made) == [*range(3, 11)]


async def test_replacing_it_takes_the_approval_away(api: Api) -> None:
    await register(api)
    await approved(api)
    answer = await api.staff.put(path(), representation(rights=["access"]))
    assert answer.status_code == 200
    told = answer.json()
    assert (told["approved_by"], told["effective"], told["rights"], told["version"]) == (None, False, ["access"], 3)
    assert problem(await representative(api).get("/v1/subjects/M-1/representatives")) == (404, "not_found")


async def test_a_right_named_twice_is_held_once(api: Api) -> None:
    await register(api)
    assert (await registered(api, rights=["consent", "access", "consent"]))["rights"] == ["access", "consent"]


async def test_ending_it_ends_its_effect_at_once_and_keeps_it_on_record(api: Api, database: Database) -> None:
    await noon_of(api, "2026-11-20")
    await register(api)
    await approved(api)
    ended = await api.staff.call("DELETE", path())
    assert ended.status_code == 200
    assert (ended.json()["effective"], ended.json()["valid_until"]) == (False, "2026-11-19")
    again = await api.staff.call("DELETE", path())
    assert again.json() == ended.json() == (await api.staff.get(path())).json()
    done = await database.fetch("SELECT action FROM audit_entry WHERE object_type = 'representation' ORDER BY id")
    assert [entry["action"] for entry in done] == [
        "representation.registered",
        "representation.approved",
        "representation.ended",
    ]


async def test_a_power_that_ends_before_it_begins_never_was(api: Api) -> None:
    await noon_of(api, "2026-11-20")
    await register(api)
    await approved(api, valid_from="2026-12-01")
    await api.staff.call("DELETE", path())
    await noon_of(api, "2026-12-01")
    assert (await api.staff.get(path())).json()["effective"] is False


@pytest.mark.parametrize(
    ("method", "body"), [("PUT", representation()), ("POST", None), ("DELETE", None)], ids=["put", "approve", "end"]
)
async def test_a_stale_version_changes_nothing(api: Api, method: str, body: Any) -> None:
    await register(api)
    await registered(api)
    where = path() + ("/approval" if method == "POST" else "")
    for stale in ('"2"', '"x"'):
        answer = await api.staff.call(method, where, json=body, headers={"If-Match": stale})
        assert problem(answer) == (412, "version_conflict")
    assert (await api.staff.get(path())).json()["version"] == 1
    fresh = await api.staff.call(method, where, json=body, headers={"If-Match": '"1"'})
    assert (fresh.status_code, fresh.json()["version"]) == (200, 2)


async def test_a_version_of_nothing_is_stale(api: Api) -> None:
    await register(api)
    answer = await api.staff.put(path(), representation(), headers={"If-Match": '"1"'})
    assert problem(answer) == (412, "version_conflict")


async def test_nobody_represents_themselves(api: Api) -> None:
    await register(api)
    assert await refusal(api, "M-1", "M-1") == [("/path/representative_ref", "not_allowed")]


async def test_days_out_of_order_are_refused(api: Api) -> None:
    await noon_of(api, "2026-11-20")
    await register(api)
    assert await refusal(api, valid_until="2024-01-04") == [("/valid_until", "out_of_range")]
    late = {**EVIDENCE, "issued_on": "2026-11-21"}
    assert await refusal(api, evidence=late) == [("/evidence/issued_on", "out_of_range")]
    await registered(api, valid_until="2024-01-05", evidence={**EVIDENCE, "issued_on": "2026-11-20"})


@pytest.mark.parametrize(
    ("subject", "effective"),
    [
        ({}, ["attorney"]),
        (MINOR, ["parent", "guardian"]),
        (CHILD, ["parent", "guardian"]),
        ({**MINOR, "married_on": "2026-02-14"}, ["attorney"]),
        ({"legal_capacity": "incompetent"}, ["custodian"]),
        ({"legal_capacity": "quasi_incompetent"}, ["curator"]),
        ({"deceased_on": "2026-11-20"}, ["heir"]),
    ],
)
async def test_every_relation_is_registered_and_approved_but_only_who_may_act_today_does(
    api: Api, subject: dict[str, Any], effective: list[str]
) -> None:
    await noon_of(api, "2026-11-20")
    await register(api, **subject)
    for relation in ("parent", "guardian", "custodian", "curator", "attorney", "heir"):
        representative_ref = f"P-{relation}"
        where = path(representative_ref=representative_ref)
        put = await api.staff.put(where, representation(relation=relation))
        assert (put.status_code, put.json()["effective"]) == (201, False), relation
        assert (await api.staff.post(f"{where}/approval")).json()["effective"] is (relation in effective), relation
        acted = await api.staff.post("/v1/requests/restriction", restriction(on_behalf_by=representative_ref))
        if relation in effective and relation != "heir":
            assert acted.status_code in {200, 201}, relation
        else:
            assert problem(acted) == (403, "representative_required"), relation


async def test_a_parents_power_ends_with_the_twentieth_birthday(api: Api) -> None:
    await noon_of(api, "2026-05-09")
    await register(api, **{**MINOR, "born_on": "2006-05-10"})
    told = await approved(api, relation="parent")
    assert (told["effective"], told["ends_on"]) == (True, "2026-05-09")
    assert (await representative(api).get("/v1/subjects/M-1/representatives")).status_code == 200
    await noon_of(api, "2026-05-10")
    assert (await api.staff.get(path())).json()["effective"] is False
    assert problem(await representative(api).get("/v1/subjects/M-1/representatives")) == (404, "not_found")


async def test_a_parents_power_ends_with_marriage(api: Api) -> None:
    await noon_of(api, "2026-05-09")
    await register(api, **MINOR)
    assert (await approved(api, relation="parent"))["ends_on"] == "2030-05-09"
    await register(api, **{**MINOR, "married_on": "2026-05-09"})
    told = (await api.staff.get(path())).json()
    assert (told["effective"], told["ends_on"]) == (False, "2026-05-08")


async def test_death_ends_every_power_and_an_heir_sees_nothing_of_the_subject(api: Api) -> None:
    await noon_of(api, "2026-05-09")
    await register(api)
    await approved(api)
    assert (await approved(api, "M-1", "H-1", relation="heir"))["effective"] is False
    await register(api, deceased_on="2026-05-09")
    held = {one["representative_ref"]: one for one in (await api.staff.get(path()[:-4])).json()["items"]}
    assert {ref: (one["effective"], one["ends_on"]) for ref, one in held.items()} == {
        "P-1": (False, "2026-05-08"),
        "H-1": (True, None),
    }
    for representative_ref in held:
        seen = await representative(api, representative_ref).get("/v1/subjects/M-1/representatives")
        assert problem(seen) == (404, "not_found")


async def test_who_is_told_what_of_the_evidence(api: Api) -> None:
    await register(api)
    await approved(api)
    kind_alone = {"kind": EVIDENCE["kind"], "number": None, "issued_by": None, "issued_on": None}
    for caller, evidence in (
        (api.staff, EVIDENCE),
        (api.dpo, EVIDENCE),
        (api.as_role("auditor"), kind_alone),
        (api.member("M-1"), kind_alone),
        (representative(api), kind_alone),
    ):
        assert (await caller.get(path())).json()["evidence"] == evidence
        [told] = (await caller.get("/v1/subjects/M-1/representatives")).json()["items"]
        assert told["evidence"] == evidence


async def test_that_evidence_was_read_is_recorded_and_none_of_it_is_kept_in_the_clear(
    api: Api, database: Database
) -> None:
    await register(api)
    await registered(api)
    await api.staff.get(path())
    await api.member("M-1").get(path())
    [entry] = await database.fetch("SELECT * FROM audit_entry WHERE action = 'representation.evidence_read'")
    assert (entry["actor"], entry["subject_ref"]) == ("sandbox-staff", "M-1")
    for table in ("representation", "audit_entry", "outgoing_event"):
        rows = str([dict(row) for row in await database.fetch(f"SELECT * FROM {table}")])
        assert not any(word in rows for word in EVIDENCE.values() if word != "2024-01-05"), table


async def test_a_representative_sees_whom_they_represent_and_nobody_else(api: Api) -> None:
    await register(api)
    await register(api, "M-2")
    await approved(api)
    await approved(api, "M-1", "P-2")
    listed = await representative(api).get("/v1/subjects/M-1/representatives")
    assert [one["representative_ref"] for one in listed.json()["items"]] == ["P-1", "P-2"]
    assert problem(await representative(api).get("/v1/subjects/M-2/representatives")) == (404, "not_found")
    assert problem(await representative(api, "P-3").get(path())) == (404, "not_found")
    token_of_a_member = api.member("P-1")
    assert problem(await token_of_a_member.get(path())) == (404, "not_found")
    assert problem(await api.member("M-2").get(path())) == (404, "not_found")


async def test_an_unapproved_future_or_past_power_shows_nothing(api: Api) -> None:
    await noon_of(api, "2026-11-20")
    await register(api)
    await registered(api, "M-1", "P-1")
    await approved(api, "M-1", "P-2", valid_from="2026-11-21")
    await approved(api, "M-1", "P-3", valid_until="2026-11-19")
    await approved(api, "M-1", "P-4", valid_from="2026-11-20", valid_until="2026-11-20")
    seen = [
        (await representative(api, f"P-{at}").get("/v1/subjects/M-1/representatives")).status_code
        for at in (1, 2, 3, 4)
    ]
    assert seen == [404, 404, 404, 200]


@pytest.mark.parametrize("role", ["member", "representative", "core_banking", "auditor", "committee", "partner"])
async def test_others_register_and_approve_nobody(api: Api, role: str) -> None:
    await register(api)
    await registered(api)
    caller = api.as_role(role, subject_ref="M-1") if role in {"member", "representative"} else api.as_role(role)
    for answer in (
        await caller.put(path(), representation()),
        await caller.post(f"{path()}/approval"),
        await caller.call("DELETE", path()),
    ):
        assert problem(answer) == (403, "forbidden")


async def test_nothing_is_registered_for_who_is_unknown_or_erased(api: Api, database: Database) -> None:
    assert problem(await api.staff.put(path(), representation())) == (404, "not_found")
    assert problem(await api.staff.get("/v1/subjects/M-1/representatives")) == (404, "not_found")
    await register(api)
    await registered(api)
    await database.execute("UPDATE subject SET erased_at = now(), profile = NULL")
    assert problem(await api.staff.put(path(), representation())) == (409, "subject_erased")
    assert problem(await api.staff.post(f"{path()}/approval")) == (409, "subject_erased")
    assert problem(await api.staff.call("DELETE", path())) == (409, "subject_erased")
    assert (await api.staff.get(path())).status_code == 200


async def test_a_representative_who_is_not_registered_is_not_found(api: Api) -> None:
    await register(api)
    for answer in (
        await api.staff.get(path()),
        await api.staff.post(f"{path()}/approval"),
        await api.staff.call("DELETE", path()),
    ):
        assert problem(answer) == (404, "not_found")


async def test_the_list_is_paged_by_reference(api: Api) -> None:
    await register(api)
    await register(api, "M-2")
    for representative_ref in ("P-3", "P-1", "P-2"):
        await registered(api, "M-1", representative_ref)
    where = "/v1/subjects/M-1/representatives"
    first = (await api.staff.get(where, params={"limit": 2})).json()
    second = (await api.staff.get(where, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [one["representative_ref"] for one in first["items"] + second["items"]] == ["P-1", "P-2", "P-3"]
    assert second["next_cursor"] is None
    foreign = await api.staff.get(where.replace("M-1", "M-2"), params={"cursor": first["next_cursor"]})
    assert problem(foreign) == (422, "bad_cursor")


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"relation": "spouse"}, "/relation", "not_allowed"),
        ({"rights": []}, "/rights", "too_short"),
        ({"rights": ["all"]}, "/rights/0", "not_allowed"),
        ({"rights": ["withdrawal"]}, "/rights/0", "not_allowed"),
        ({"rights": "everything"}, "/rights", "not_allowed"),
        ({"rights": ["access"] * 101}, "/rights", "too_long"),
        ({"rights": None}, "/rights", "not_allowed"),
        ({"valid_from": "2567-01-05"}, "/valid_from", "buddhist_era_year"),
        ({"valid_from": "2026-02-29"}, "/valid_from", "bad_format"),
        ({"valid_until": 20270105}, "/valid_until", "wrong_type"),
        ({"evidence": {}}, "/evidence/kind", "missing"),
        ({"evidence": {**EVIDENCE, "number": "1\u202e2"}}, "/evidence/number", "unsafe_text"),
        ({"evidence": {**EVIDENCE, "scan": "x"}}, "/evidence/scan", "unknown_field"),
        ({"approved_by": "me"}, "/approved_by", "unknown_field"),
        ({"effective": True}, "/effective", "unknown_field"),
    ],
)
async def test_what_is_wrong_with_a_registration_is_told_by_place_and_code(
    api: Api, changes: dict[str, Any], pointer: str, code: str
) -> None:
    await register(api)
    assert (pointer, code) in await refusal(api, **changes)
    assert problem(await api.staff.get(path())) == (404, "not_found")


@pytest.mark.parametrize("own", ["P-1", "M-1"])
async def test_nobody_approves_a_power_of_their_own_or_over_themselves(api: Api, database: Database, own: str) -> None:
    await register(api)
    await registered(api)
    officer = api.as_role("staff", "representative", subject_ref=own)
    assert problem(await officer.post(f"{path()}/approval")) == (403, "forbidden")
    assert not await database.fetch("SELECT 1 FROM representation WHERE approved_at IS NOT NULL")
    assert (await api.staff.post(f"{path()}/approval")).status_code == 200
