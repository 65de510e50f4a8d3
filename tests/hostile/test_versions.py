"""No update is lost: `If-Match` on every write that has a version (API 1; RELIABILITY.md 5, promise 27)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.matrix.operations import operations
from tests.support import representatives, webhooks
from tests.support.api import Api, problem
from tests.support.consents import given
from tests.support.controllers import controller, entered
from tests.support.database import Database
from tests.support.deletion_cases import opened
from tests.support.faults import watching
from tests.support.holds import placed
from tests.support.members import particulars, push, record, register
from tests.support.representatives import approved, registered, representation
from tests.support.requests import decide, erasure, submit


@dataclass(frozen=True)
class Write:
    """A change of something that stands at version `version`."""

    caller: Api
    method: str
    path: str
    body: dict[str, Any] | None
    version: int

    async def make(self, if_match: str | bytes) -> httpx.Response:
        raw = if_match if isinstance(if_match, bytes) else if_match.encode()
        return await self.caller.call(self.method, self.path, json=self.body, headers={b"If-Match": raw})


async def _request(api: Api) -> str:
    await register(api)
    await push(api, "M-1", record("D-old", events={"deposit_made": "2014-03-02"}))
    return f"/v1/requests/{(await submit(api))['id']}"


async def put_subject(api: Api) -> Write:
    await register(api)
    return Write(api.core, "PUT", "/v1/subjects/M-1", particulars(language="en"), 1)


async def put_other_controller(api: Api) -> Write:
    await entered(api)
    return Write(api.dpo, "PUT", "/v1/controllers/other_coop", controller(endpoint="https://new.example/in"), 1)


async def withdraw_consent(api: Api) -> Write:
    await register(api)
    path = f"/v1/consents/{(await given(api))['id']}/withdrawal"
    return Write(api.member("M-1"), "POST", path, {"channel": "app"}, 1)


async def release_legal_hold(api: Api) -> Write:
    await register(api)
    return Write(api.dpo, "POST", f"/v1/legal-holds/{(await placed(api))['id']}/release", {"reason": "it ended"}, 1)


async def assign_request(api: Api) -> Write:
    return Write(api.staff, "POST", f"{await _request(api)}/assignment", {"assigned_to": "officer-7"}, 1)


async def ask_for_information(api: Api) -> Write:
    return Write(api.staff, "POST", f"{await _request(api)}/information-requests", {"question": "Which?"}, 1)


async def give_information(api: Api) -> Write:
    asked = await ask_for_information(api)
    await asked.make('"1"')
    path = asked.path.removesuffix("-requests")
    return Write(api.member("M-1"), "POST", path, {"answer": "the old one"}, 2)


async def cancel_request(api: Api) -> Write:
    return Write(api.member("M-1"), "POST", f"{await _request(api)}/cancellation", {}, 1)


async def sign_assessment(api: Api) -> Write:
    return Write(api.staff, "POST", f"{await _request(api)}/assessment", {}, 1)


async def _unproven(api: Api) -> str:
    await register(api)
    asked = await api.staff.post("/v1/requests/erasure", erasure(channel="counter"))
    return f"/v1/requests/{asked.json()['id']}/identity"


async def send_identity_code(api: Api) -> Write:
    return Write(api.staff, "POST", f"{await _unproven(api)}/challenges", {"via": "sms"}, 1)


async def verify_identity(api: Api) -> Write:
    seen = {"method": "in_person", "document": {"kind": "passport", "last4": "4562"}}
    return Write(api.staff, "POST", f"{await _unproven(api)}/verifications", seen, 1)


async def decide_request(api: Api) -> Write:
    path = await _request(api)
    await api.staff.post(f"{path}/assessment")
    return Write(api.dpo, "POST", f"{path}/decision", {"outcome": "granted"}, 1)


async def lift_restriction(api: Api) -> Write:
    await register(api)
    request = await submit(api, kind="restriction")
    decided = (await decide(api, request["id"], "granted")).json()
    path = f"/v1/requests/{request['id']}/lifting"
    return Write(api.staff, "POST", path, {"reason": "the claim is settled"}, decided["version"])


async def put_representative(api: Api) -> Write:
    await register(api)
    told = await registered(api)
    return Write(api.staff, "PUT", representatives.path(), representation(rights=["access"]), told["version"])


async def approve_representative(api: Api) -> Write:
    await register(api)
    told = await registered(api)
    return Write(api.staff, "POST", f"{representatives.path()}/approval", None, told["version"])


async def end_representative(api: Api) -> Write:
    await register(api)
    told = await approved(api)
    return Write(api.staff, "DELETE", representatives.path(), None, told["version"])


async def resolve_deletion_case(api: Api) -> Write:
    await register(api)
    case = await opened(api)
    body = {"outcome": "keep", "basis": "contract"}
    return Write(api.staff, "POST", f"/v1/deletion-cases/{case['id']}/resolution", body, case["version"])


async def change_webhook_endpoint(api: Api) -> Write:
    made = await webhooks.registered(api.core)
    return Write(api.core, "PATCH", f"{webhooks.PATH}/{made['id']}", {"description": "new"}, made["version"])


async def remove_webhook_endpoint(api: Api) -> Write:
    made = await webhooks.registered(api.core)
    return Write(api.core, "DELETE", f"{webhooks.PATH}/{made['id']}", None, made["version"])


WRITES: dict[str, Callable[[Api], Awaitable[Write]]] = {
    "putSubject": put_subject,
    "putOtherController": put_other_controller,
    "putRepresentative": put_representative,
    "approveRepresentative": approve_representative,
    "endRepresentative": end_representative,
    "resolveDeletionCase": resolve_deletion_case,
    "withdrawConsent": withdraw_consent,
    "releaseLegalHold": release_legal_hold,
    "assignRequest": assign_request,
    "askForInformation": ask_for_information,
    "giveInformation": give_information,
    "cancelRequest": cancel_request,
    "decideRequest": decide_request,
    "liftRestriction": lift_restriction,
    "signAssessment": sign_assessment,
    "sendIdentityCode": send_identity_code,
    "verifyIdentity": verify_identity,
    "changeWebhookEndpoint": change_webhook_endpoint,
    "removeWebhookEndpoint": remove_webhook_endpoint,
}
NEVER_POSSIBLE = {"extendRequest"}
"""The packs that ship allow no extension, whatever the version."""


def test_every_operation_that_honours_a_version_is_tried(app: Any) -> None:
    told = {
        name
        for name, one in operations(app.state.document).items()
        if any(parameter.get("name") == "If-Match" for parameter in one.details.get("parameters", ()))
    }
    assert told == set(WRITES) | NEVER_POSSIBLE


@pytest.mark.parametrize("name", WRITES)
async def test_a_version_that_does_not_stand_changes_nothing(name: str, api: Api, database: Database) -> None:
    write = await WRITES[name](api)
    now, other = f'"{write.version}"', f'"{write.version + 1}"'
    hostile: list[str | bytes] = [
        '"0"',
        other,
        f"W/{now}",
        now[:-1],
        now[1:-1],
        '"-1"',
        '"1.0"',
        f"{other}, {other}",
        f'"{"9" * 30}"',
        '""',
    ]
    async with watching(database) as watch:
        for if_match in [*hostile, "x", "**", '"๑"'.encode(), b"\xff", b'"\xb9"']:
            assert problem(await write.make(if_match)) == (412, "version_conflict"), if_match
        assert problem(await write.make('"1"' + " " * 200)) in {(412, "version_conflict"), (422, "too_long")}
        assert await watch.changes() == set()


@pytest.mark.parametrize("if_match", ["its own", "*"])
@pytest.mark.parametrize("name", WRITES)
async def test_the_version_that_stands_and_any_version_let_the_change_happen(
    name: str, if_match: str, api: Api
) -> None:
    write = await WRITES[name](api)
    answer = await write.make(f'"{write.version}"' if if_match == "its own" else if_match)
    assert answer.status_code in {200, 201, 204}, answer.text
    if answer.content and "version" in answer.json():
        assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
        assert answer.json()["version"] > write.version


async def test_nothing_is_created_where_a_version_was_expected(api: Api) -> None:
    answer = await api.core.put("/v1/subjects/M-9", particulars(), headers={"If-Match": '"1"'})
    assert problem(answer) == (412, "version_conflict")
    assert problem(await api.core.get("/v1/subjects/M-9")) == (404, "not_found")


async def test_a_version_is_asked_before_state_and_after_visibility(api: Api) -> None:
    path = await _request(api)
    await api.member("M-1").post(f"{path}/cancellation")
    stale = {"If-Match": '"1"'}
    assert problem(await api.member("M-1").post(f"{path}/cancellation", headers=stale)) == (412, "version_conflict")
    await register(api, "M-2")
    assert problem(await api.member("M-2").post(f"{path}/cancellation", headers=stale)) == (404, "not_found")


async def test_of_twenty_writers_at_once_none_overwrites_another(api: Api) -> None:
    await register(api)
    written: dict[int, str] = {}

    async def write(writer: int) -> None:
        for attempt in range(5):
            read = await api.core.get("/v1/subjects/M-1")
            email = f"w{writer}.{attempt}@member.example"
            body = particulars(contacts={"email": email})
            answer = await api.core.put("/v1/subjects/M-1", body, headers={"If-Match": read.headers["ETag"]})
            if answer.status_code == 200:
                assert answer.json()["version"] == read.json()["version"] + 1
                written[answer.json()["version"]] = email
            else:
                assert problem(answer) == (412, "version_conflict")

    await asyncio.gather(*(write(writer) for writer in range(20)))
    last = (await api.dpo.get("/v1/subjects/M-1")).json()
    assert last["version"] == len(written) + 1
    assert sorted(written) == list(range(2, last["version"] + 1))
    assert last["contacts"]["email"] == written[last["version"]]


async def test_of_writers_that_name_no_version_all_are_counted(api: Api) -> None:
    await register(api)
    await asyncio.gather(*(api.core.put("/v1/subjects/M-1", particulars()) for _ in range(20)))
    assert (await api.core.get("/v1/subjects/M-1")).headers["ETag"] == '"21"'
