"""What codes are good for, and what ends them: whoever guesses, changes contacts or repeats a call gains nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.core.policies import Policies
from app.domain.vocabulary import Assurance, Right
from app.services import overlay
from tests.routers.requests.test_identity import another, challenge, pending, verify, wrong
from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.delivery import working_otherwise
from tests.support.members import EMAIL, PHONE, particulars, register
from tests.support.requests import code_for, erasure

NEW_PHONE = "+66899999999"


async def test_of_twenty_wrong_tries_at_once_five_are_looked_at(api: Api, database: Database) -> None:
    path = await pending(api)
    challenge_id = await challenge(api, path)
    code = await code_for(api)
    answers = await asyncio.gather(*(verify(api, path, challenge_id, wrong(code)) for _ in range(20)))
    assert Counter(problem(answer) for answer in answers) == {(422, "code_wrong"): 4, (423, "identity_locked"): 16}
    tries = await database.fetch("SELECT 1 FROM audit_entry WHERE action = 'identity.code_wrong'")
    assert len(tries) == 5


async def test_a_key_of_idempotency_makes_no_wrong_try_uncounted(api: Api) -> None:
    path = await pending(api)
    body = {"challenge_id": await challenge(api, path), "code": wrong(await code_for(api))}
    answers = [
        await api.staff.post(f"{path}/identity/verifications", body, headers={"Idempotency-Key": "again"})
        for _ in range(5)
    ]
    assert [answer.json().get("tries_left") for answer in answers] == [4, 3, 2, 1, None]
    assert problem(answers[-1]) == (423, "identity_locked")


async def test_a_code_that_was_locked_over_is_of_no_use_after_the_cool_off(api: Api, database: Database) -> None:
    path = await pending(api)
    challenge_id = await challenge(api, path)
    code = await code_for(api)
    for _ in range(5):
        await verify(api, path, challenge_id, wrong(code))
    await database.execute("UPDATE identity_guard SET locked_until = now() - interval '1 minute'")
    assert problem(await verify(api, path, challenge_id, code)) == (422, "code_expired")


async def test_locking_ends_the_codes_of_all_the_person_s_requests_and_of_nobody_else(
    api: Api, database: Database
) -> None:
    path = await pending(api)
    await register(api, "M-2")
    second, stranger = await another(api, "D-1"), await another(api, "D-1", "M-2")
    first_id, second_id = await challenge(api, path), await challenge(api, second)
    right = await code_for(api)
    stranger_id = await challenge(api, stranger)
    for _ in range(5):
        await verify(api, path, first_id, "000000" if right != "000000" else "000001")
    await database.execute("UPDATE identity_guard SET locked_until = now() - interval '1 minute'")
    assert problem(await verify(api, second, second_id, right)) == (422, "code_expired")
    proven = await verify(api, stranger, stranger_id, await code_for(api, "M-2"))
    assert proven.json()["status"] == "in_review"


@pytest.mark.parametrize("role", ["core_banking", "staff"])
async def test_a_code_ends_when_the_contact_it_went_to_is_no_longer_registered(api: Api, role: str) -> None:
    path = await pending(api)
    challenge_id = await challenge(api, path)
    code = await code_for(api)
    changed = particulars(contacts={"phone": NEW_PHONE, "email": EMAIL})
    assert (await api.as_role(role).put("/v1/subjects/M-1", changed)).status_code == 200
    assert problem(await verify(api, path, challenge_id, code)) == (422, "code_expired")


async def test_a_code_lives_on_when_something_else_is_changed(api: Api) -> None:
    path = await pending(api)
    challenge_id = await challenge(api, path)
    changed = particulars(contacts={"phone": PHONE, "email": "new@member.example"}, language="en")
    assert (await api.core.put("/v1/subjects/M-1", changed)).status_code == 200
    proven = await verify(api, path, challenge_id, await code_for(api))
    assert proven.json()["status"] == "in_review"


async def test_a_code_proves_nothing_for_who_was_erased_meanwhile(api: Api) -> None:
    gone = {"joined_on": "1980-01-01", "ended_on": "2010-01-01"}
    path = await pending(api, membership=gone)
    second = await another(api, "D-1")
    challenge_id = await challenge(api, second)
    code = await code_for(api)
    seen = {"method": "in_person", "document": {"kind": "passport", "last4": "4562"}}
    await api.staff.post(f"{path}/identity/verifications", seen)
    await api.staff.post(f"{path}/assessment")
    assert (await api.dpo.post(f"{path}/decision", {"outcome": "granted"})).json()["status"] == "completed"
    assert problem(await verify(api, second, challenge_id, code)) == (422, "code_expired")
    refused = await api.staff.post(f"{second}/identity/challenges", {"via": "sms"})
    assert problem(refused) == (422, "contact_missing")


@pytest.fixture
async def strict(api: Api, app: object) -> AsyncIterator[Api]:
    """The service under a pack that wants erasures asked for in person."""
    pack = api.process.works.pack
    rights = {**pack.rights, Right.ERASURE: replace(pack.rights[Right.ERASURE], assurance=Assurance.HIGH)}
    policies = Policies(replace(pack, rights=rights), overlay.load)
    async with working_otherwise(app, policies=policies):
        yield api


async def test_where_the_pack_wants_high_assurance_a_code_is_not_enough_and_the_counter_is(strict: Api) -> None:
    await register(strict)
    answer = await strict.member("M-1").post("/v1/requests/erasure", erasure())
    assert answer.json()["identity"] == {"required": "high", "reached": "substantial", "state": "pending"}
    path = f"/v1/requests/{answer.json()['id']}"
    coded = await verify(strict, path, await challenge(strict, path), await code_for(strict))
    assert (coded.json()["status"], coded.json()["identity"]["state"]) == ("identity_pending", "pending")
    seen = {"method": "in_person", "document": {"kind": "passport", "last4": "4562"}}
    proven = (await strict.staff.post(f"{path}/identity/verifications", seen)).json()
    assert proven["status"] == "in_review"
    assert proven["identity"] == {"required": "high", "reached": "high", "state": "proven"}


async def test_where_the_pack_wants_high_assurance_a_token_that_carries_it_is_enough(strict: Api) -> None:
    await register(strict)
    answer = await strict.member("M-1", assurance="high").post("/v1/requests/erasure", erasure())
    assert answer.json()["status"] == "in_review"


async def test_nobody_at_the_counter_has_seen_themself(api: Api) -> None:
    path = await pending(api)
    seen = {"method": "in_person", "document": {"kind": "passport", "last4": "4562"}}
    clerk = api.as_role("staff", "member", subject_ref="M-1", acr="low")
    assert problem(await clerk.post(f"{path}/identity/verifications", seen)) == (403, "forbidden")
    assert (await api.staff.post(f"{path}/identity/verifications", seen)).status_code == 200


async def test_what_lapses_tells_nobody_anything(api: Api) -> None:
    await api.post("/sandbox/clock", {"at": "2026-03-02T03:00:00Z"})
    await pending(api)
    await api.post("/sandbox/clock", {"at": "2026-04-02T03:00:00Z"})
    sent = (await api.get("/sandbox/outbox")).json()["items"]
    assert [one for one in sent if not one["kind"].startswith("officer_")] == []
