"""Proof of identity, over HTTP."""

import asyncio
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.members import EMAIL, PHONE, particulars, register
from tests.support.requests import code_for, erasure


async def pending(api: Api, **changes: Any) -> str:
    """A request at the counter whose identity is still unproven."""
    await register(api, **changes)
    answer = await api.staff.post("/v1/requests/erasure", erasure(channel="counter"))
    assert answer.json()["identity"] == {"required": "substantial", "reached": "none", "state": "pending"}
    return f"/v1/requests/{answer.json()['id']}"


async def challenge(api: Api, path: str, via: str = "sms") -> str:
    answer = await api.staff.post(f"{path}/identity/challenges", {"via": via})
    assert answer.status_code == 201, answer.text
    challenge_id: str = answer.json()["challenge_id"]
    return challenge_id


async def verify(api: Api, path: str, challenge_id: str, code: str):  # type: ignore[no-untyped-def]
    return await api.staff.post(f"{path}/identity/verifications", {"challenge_id": challenge_id, "code": code})


def wrong(code: str) -> str:
    """Another code of the same length."""
    return str((int(code) + 1) % 10**6).zfill(6)


async def test_a_code_sent_to_the_registered_telephone_proves_identity(api: Api) -> None:
    path = await pending(api)
    answer = await api.staff.post(f"{path}/identity/challenges", {"via": "sms"})
    assert PHONE not in answer.text
    assert answer.json()["sent_to"].endswith(PHONE[-4:])
    proven = await verify(api, path, answer.json()["challenge_id"], await code_for(api))
    assert proven.json()["status"] == "in_review"
    assert proven.json()["identity"] == {"required": "substantial", "reached": "substantial", "state": "proven"}


async def test_a_code_goes_only_to_a_registered_contact(api: Api) -> None:
    path = await pending(api, contacts={"phone": PHONE})
    assert problem(await api.staff.post(f"{path}/identity/challenges", {"via": "email"})) == (422, "contact_missing")


@pytest.mark.parametrize("role", ["staff", "dpo"])
async def test_no_code_goes_to_a_contact_that_somebody_else_than_the_core_system_put(api: Api, role: str) -> None:
    path = await pending(api)
    changed = particulars(contacts={"phone": "+66899999999", "email": EMAIL})
    assert (await api.as_role(role).put("/v1/subjects/M-1", changed)).status_code == 200
    for _ in range(2):
        answer = await api.staff.post(f"{path}/identity/challenges", {"via": "sms"})
        assert problem(answer) == (422, "contact_missing")
        await api.as_role(role).put("/v1/subjects/M-1", {**changed, "language": "en"})
    await challenge(api, path, via="email")
    await api.core.put("/v1/subjects/M-1", changed)
    assert (await api.staff.post(f"{path}/identity/challenges", {"via": "sms"})).json()["sent_to"].endswith("9999")


async def test_a_contact_that_staff_leave_as_it_is_stays_registered(api: Api) -> None:
    path = await pending(api)
    assert (await api.staff.put("/v1/subjects/M-1", particulars(married_on="1999-09-09"))).status_code == 200
    await challenge(api, path)


async def test_a_contact_that_staff_took_away_and_put_back_is_theirs(api: Api) -> None:
    path = await pending(api)
    await api.staff.put("/v1/subjects/M-1", particulars(contacts=None))
    await api.staff.put("/v1/subjects/M-1", particulars())
    assert (await api.dpo.get("/v1/subjects/M-1")).json()["contacts"] == {"phone": PHONE, "email": EMAIL}
    assert problem(await api.staff.post(f"{path}/identity/challenges", {"via": "sms"})) == (422, "contact_missing")


async def test_a_wrong_code_is_counted_although_it_is_an_error_and_the_fifth_locks(api: Api) -> None:
    path = await pending(api)
    challenge_id = await challenge(api, path)
    code = await code_for(api)
    for tries_left in (4, 3, 2, 1):
        answer = await verify(api, path, challenge_id, wrong(code))
        assert problem(answer) == (422, "code_wrong")
        assert answer.json()["tries_left"] == tries_left
    locked = await verify(api, path, challenge_id, wrong(code))
    assert problem(locked) == (423, "identity_locked")
    assert int(locked.headers["Retry-After"]) == 15 * 60
    assert problem(await verify(api, path, challenge_id, code)) == (423, "identity_locked")
    assert (await api.staff.get(path)).json()["identity"]["state"] == "locked"
    assert problem(await api.staff.post(f"{path}/identity/challenges", {"via": "sms"})) == (423, "identity_locked")


async def another(api: Api, ref: str, subject_ref: str = "M-1") -> str:
    """One more unproven request, about one record."""
    body = erasure(subject_ref, channel="counter", scope={"record_refs": [ref]})
    return f"/v1/requests/{(await api.staff.post('/v1/requests/erasure', body)).json()['id']}"


async def test_tries_are_counted_for_the_person_whatever_the_request(api: Api) -> None:
    path = await pending(api)
    await register(api, "M-2")
    second, stranger = await another(api, "D-1"), await another(api, "D-1", "M-2")
    for tries_left, request in ((4, path), (3, second), (2, path), (1, second)):
        answer = await verify(api, request, await challenge(api, request), wrong(await code_for(api)))
        assert answer.json()["tries_left"] == tries_left
    challenge_id = await challenge(api, path)
    code = await code_for(api)
    assert problem(await verify(api, path, challenge_id, wrong(code))) == (423, "identity_locked")
    assert problem(await verify(api, path, challenge_id, code)) == (423, "identity_locked")
    third = await another(api, "D-2")
    for request in (path, second, third):
        assert problem(await api.staff.post(f"{request}/identity/challenges", {"via": "sms"})) == (
            423,
            "identity_locked",
        )
        assert (await api.staff.get(request)).json()["identity"]["state"] == "locked"
    await challenge(api, stranger)
    assert (await api.staff.get(stranger)).json()["identity"]["state"] == "pending"


async def test_tries_that_meet_are_counted_one_by_one(api: Api) -> None:
    path = await pending(api)
    second = await another(api, "D-1")
    codes = []
    for request in (path, second):
        codes.append((request, await challenge(api, request), wrong(await code_for(api))))
    answers = await asyncio.gather(*(verify(api, *codes[number % 2]) for number in range(8)))
    assert sorted(problem(answer) for answer in answers) == [(422, "code_wrong")] * 4 + [(423, "identity_locked")] * 4
    left = [answer.json()["tries_left"] for answer in answers if answer.status_code == 422]
    assert sorted(left) == [1, 2, 3, 4]


async def test_a_right_code_makes_the_wrong_ones_before_it_forgotten(api: Api) -> None:
    path = await pending(api)
    second = await another(api, "D-1")
    challenge_id = await challenge(api, path)
    code = await code_for(api)
    for _ in range(4):
        await verify(api, path, challenge_id, wrong(code))
    assert (await verify(api, path, challenge_id, code)).status_code == 200
    answer = await verify(api, second, await challenge(api, second), wrong(await code_for(api)))
    assert answer.json()["tries_left"] == 4


async def test_five_codes_in_ten_minutes_are_sent_for_a_person_and_no_more(api: Api) -> None:
    await api.post("/sandbox/clock", {"at": "2026-03-02T03:00:00Z"})
    path = await pending(api)
    second = await another(api, "D-1")
    for request in (path, second, path, second, path):
        await challenge(api, request)
    for request in (path, second):
        refused = await api.staff.post(f"{request}/identity/challenges", {"via": "sms"})
        assert problem(refused) == (429, "rate_limited")
        assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert len((await api.get("/sandbox/outbox")).json()["items"]) == 5
    await api.post("/sandbox/clock", {"advance": "PT10M"})
    await challenge(api, second)


async def test_after_the_cool_off_a_new_code_is_taken(api: Api) -> None:
    path = await pending(api)
    challenge_id = await challenge(api, path)
    code = await code_for(api)
    for _ in range(5):
        await verify(api, path, challenge_id, wrong(code))
    await api.post("/sandbox/clock", {"advance": "PT15M"})
    challenge_id = await challenge(api, path)
    assert (await verify(api, path, challenge_id, await code_for(api))).json()["status"] == "in_review"


async def test_a_code_lives_ten_minutes_and_ends_with_the_next_one(api: Api) -> None:
    path = await pending(api)
    first = await challenge(api, path)
    code = await code_for(api)
    await api.post("/sandbox/clock", {"advance": "PT9M"})
    second = await challenge(api, path)
    assert problem(await verify(api, path, first, code)) == (422, "code_expired")
    await api.post("/sandbox/clock", {"advance": "PT10M"})
    assert problem(await verify(api, path, second, await code_for(api))) == (422, "code_expired")


async def test_a_code_of_another_request_proves_nothing(api: Api) -> None:
    path = await pending(api)
    other = await api.staff.post("/v1/requests/erasure", erasure(scope={"record_refs": ["D-1"]}))
    foreign = await challenge(api, f"/v1/requests/{other.json()['id']}")
    assert problem(await verify(api, path, foreign, await code_for(api))) == (422, "code_expired")


async def test_staff_who_saw_the_person_record_what_they_saw(api: Api, database: Database) -> None:
    path = await pending(api)
    seen = {"method": "in_person", "document": {"kind": "national_id", "last4": "4562"}}
    assert problem(await api.member("M-1").post(f"{path}/identity/verifications", seen)) == (403, "forbidden")
    proven = await api.staff.post(f"{path}/identity/verifications", seen)
    assert proven.json()["identity"]["reached"] == "high"
    rows = await database.fetch("SELECT rights_request::text AS row FROM rights_request")
    assert not any("4562" in row["row"] for row in rows)


async def test_identity_is_proven_once(api: Api) -> None:
    path = await pending(api)
    challenge_id = await challenge(api, path)
    code = await code_for(api)
    assert (await verify(api, path, challenge_id, code)).status_code == 200
    answer = await verify(api, path, challenge_id, code)
    assert problem(answer) == (409, "illegal_transition")
    assert answer.json()["allowed"] == ["ask", "decide", "cancel"]


async def test_a_low_token_does_not_prove_identity_for_an_erasure(api: Api) -> None:
    await register(api)
    answer = await api.member("M-1", assurance="low").post("/v1/requests/erasure", erasure())
    assert answer.json()["identity"] == {"required": "substantial", "reached": "low", "state": "pending"}


async def test_what_stays_unproven_through_day_30_lapses_at_the_start_of_the_next(api: Api) -> None:
    await api.post("/sandbox/clock", {"at": "2026-03-02T03:00:00Z"})
    path = await pending(api)
    await api.post("/sandbox/clock", {"at": "2026-04-01T16:59:00Z"})
    assert (await api.staff.get(path)).json()["status"] == "identity_pending"
    await api.post("/sandbox/clock", {"at": "2026-04-01T17:00:00Z"})
    lapsed = (await api.staff.get(path)).json()
    assert (lapsed["status"], lapsed["identity"]["state"]) == ("lapsed", "lapsed")
    answer = await api.staff.post(f"{path}/cancellation")
    assert (problem(answer), answer.json()["allowed"]) == ((409, "illegal_transition"), [])


async def test_codes_are_kept_as_hashes_alone(api: Api, database: Database) -> None:
    path = await pending(api)
    await challenge(api, path)
    code = await code_for(api)
    for table in ("identity_challenge", "outgoing_message", "audit_entry", "request_event", "outgoing_event"):
        rows = await database.fetch(f"SELECT {table}::text AS row FROM {table}")
        assert not any(code in row["row"] or "•" in row["row"] for row in rows), table


@pytest.mark.parametrize(
    ("proof", "errors"),
    [
        ({}, {("/challenge_id", "missing"), ("/code", "missing")}),
        ({"challenge_id": "x", "code": "123456"}, {("/challenge_id", "bad_format")}),
        ({"method": "in_person"}, {("/document", "missing")}),
        ({"method": "in_person", "document": {"kind": "pet", "last4": "1234"}}, {("/document/kind", "not_allowed")}),
        ({"method": "x", "document": {"kind": "passport", "last4": "1234"}}, {("/method", "not_allowed")}),
        ([], {("", "wrong_type")}),
    ],
)
async def test_what_is_wrong_with_a_proof_is_told_of_the_one_way_that_was_tried(
    api: Api, proof: object, errors: set[tuple[str, str]]
) -> None:
    path = await pending(api)
    answer = await api.staff.post(f"{path}/identity/verifications", proof)
    assert {(error["pointer"], error["code"]) for error in answer.json()["errors"]} == errors
