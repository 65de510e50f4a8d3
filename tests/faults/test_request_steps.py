"""Each step of a request fails whole: wherever a write fails, no trace of the step is left, and it can be repeated."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.routers.requests.test_identity import wrong
from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.faults import Watch, failing, watching
from tests.support.members import push, record, register
from tests.support.requests import (
    PROOF,
    access,
    code_for,
    complaint,
    correction,
    decide,
    erasure,
    finish_tasks,
    objection,
    restriction,
    submit,
)

pytestmark = pytest.mark.faults

OLD = record("D-old", events={"deposit_made": "2014-03-02"})
NEW = record("D-new", events={"deposit_made": "2024-03-02"})
PAPER = record("P-old", "withdrawal", storage="paper", events={"withdrawal_made": "2013-01-05"})
MEMBERS_OF_A_PROBLEM = {"type", "title", "status", "detail", "instance", "code"}


@dataclass(frozen=True)
class Step:
    """One call, ready to be made; under an Idempotency-Key where the method has one."""

    caller: Api
    method: str
    path: str
    body: dict[str, Any] | None = None
    succeeds: int = 200

    async def take(self) -> httpx.Response:
        headers = {"Idempotency-Key": "only-once"} if self.method == "POST" else {}
        return await self.caller.call(self.method, self.path, json=self.body, headers=headers)


async def _member(api: Api) -> None:
    """Somebody who left long ago: everything can go."""
    await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
    await push(api, "M-1", OLD, NEW, PAPER)


async def _request(api: Api, *, unproven: bool = False, **scope: Any) -> str:
    await _member(api)
    if unproven:
        answer = await api.staff.post("/v1/requests/erasure", erasure(channel="counter"))
        return f"/v1/requests/{answer.json()['id']}"
    return f"/v1/requests/{(await submit(api, **scope))['id']}"


async def _signed(api: Api, **scope: Any) -> str:
    path = await _request(api, **scope)
    assert (await api.staff.post(f"{path}/assessment")).status_code == 200
    return path


async def _claimed(api: Api, **scope: Any) -> tuple[str, str]:
    path = await _signed(api, **scope)
    outcome = "granted" if scope else "partly_granted"
    assert (await api.dpo.post(f"{path}/decision", {"outcome": outcome})).status_code == 200
    [task] = (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"]
    return f"/v1/tasks/{task['id']}", task["lease"]


async def registration(api: Api) -> Step:
    body = {"kind": "visitor", "contacts": {"phone": "+66812345678"}, "national_id": "1101700203450"}
    return Step(api.core, "PUT", "/v1/subjects/M-9", body, 201)


async def inventory_push(api: Api) -> Step:
    await register(api)
    return Step(api.core, "PUT", "/v1/subjects/M-1/records", {"records": [OLD, NEW]})


async def resurrecting_push(api: Api) -> Step:
    path, lease = await _claimed(api, scope={"record_refs": ["D-old"]})
    await api.core.post(f"{path}/completion", {"lease": lease, "proof": PROOF})
    return Step(api.core, "PUT", "/v1/subjects/M-1/records", {"records": [OLD, NEW]})


async def submission(api: Api) -> Step:
    await _member(api)
    return Step(api.member("M-1"), "POST", "/v1/requests/erasure", erasure(note="all of it"), 201)


async def challenge(api: Api) -> Step:
    path = await _request(api, unproven=True)
    return Step(api.staff, "POST", f"{path}/identity/challenges", {"via": "sms"}, 201)


async def _coded(api: Api) -> tuple[str, dict[str, str]]:
    path = await _request(api, unproven=True)
    sent = (await api.staff.post(f"{path}/identity/challenges", {"via": "sms"})).json()
    return f"{path}/identity/verifications", {"challenge_id": sent["challenge_id"], "code": await code_for(api)}


async def verification(api: Api) -> Step:
    return Step(api.staff, "POST", *await _coded(api))


async def wrong_code(api: Api) -> Step:
    path, body = await _coded(api)
    return Step(api.staff, "POST", path, {**body, "code": wrong(body["code"])}, 422)


async def verification_in_person(api: Api) -> Step:
    path = await _request(api, unproven=True)
    seen = {"method": "in_person", "document": {"kind": "national_id", "last4": "4562"}}
    return Step(api.staff, "POST", f"{path}/identity/verifications", seen)


async def assessment(api: Api) -> Step:
    return Step(api.staff, "POST", f"{await _request(api)}/assessment")


async def question(api: Api) -> Step:
    return Step(api.staff, "POST", f"{await _request(api)}/information-requests", {"question": "Which account?"})


async def given_answer(api: Api) -> Step:
    path = await _request(api)
    assert (await api.staff.post(f"{path}/information-requests", {"question": "Which account?"})).status_code == 200
    return Step(api.member("M-1"), "POST", f"{path}/information", {"answer": "The old one"})


async def assignment(api: Api) -> Step:
    return Step(api.staff, "POST", f"{await _request(api)}/assignment", {"assigned_to": "officer-7"})


async def cancellation(api: Api) -> Step:
    return Step(api.member("M-1"), "POST", f"{await _request(api)}/cancellation", {"reason": "found it"})


async def decision(api: Api) -> Step:
    items = [
        {"ref": "D-new", "outcome": "refused", "ground": "erase_legal_compliance", "note": "kept until 2034"},
        {"ref": "D-old", "outcome": "granted"},
        {"ref": "P-old", "outcome": "granted"},
    ]
    body = {"outcome": "partly_granted", "items": items, "note": "as assessed"}
    return Step(api.dpo, "POST", f"{await _signed(api)}/decision", body)


async def decision_that_leaves_nothing_to_do(api: Api) -> Step:
    await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
    request = await submit(api)
    await api.staff.post(f"/v1/requests/{request['id']}/assessment")
    return Step(api.dpo, "POST", f"/v1/requests/{request['id']}/decision", {"outcome": "granted"})


async def claim(api: Api) -> Step:
    path = await _signed(api)
    assert (await api.dpo.post(f"{path}/decision", {"outcome": "partly_granted"})).status_code == 200
    return Step(api.core, "POST", "/v1/tasks/claims", {"system": "core_banking"})


async def completion(api: Api) -> Step:
    path, lease = await _claimed(api)
    return Step(api.core, "POST", f"{path}/completion", {"lease": lease, "proof": PROOF})


async def last_completion(api: Api) -> Step:
    await register(api, membership={"joined_on": "1980-01-01", "ended_on": "2010-01-01"})
    await push(api, "M-1", OLD)
    request = await submit(api)
    await api.staff.post(f"/v1/requests/{request['id']}/assessment")
    await api.dpo.post(f"/v1/requests/{request['id']}/decision", {"outcome": "granted"})
    [task] = (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"]
    return Step(api.core, "POST", f"/v1/tasks/{task['id']}/completion", {"lease": task["lease"], "proof": PROOF})


async def failure(api: Api) -> Step:
    path, lease = await _claimed(api)
    return Step(api.core, "POST", f"{path}/failure", {"lease": lease, "reason": "archive offline"})


async def hold(api: Api) -> Step:
    await _member(api)
    body = {"subject_ref": "M-1", "reason": "a case is pending", "provision": "Civil Procedure Code s.90"}
    return Step(api.dpo, "POST", "/v1/legal-holds", body, 201)


async def release(api: Api) -> Step:
    placed = await (await hold(api)).take()
    return Step(api.dpo, "POST", f"/v1/legal-holds/{placed.json()['id']}/release", {"reason": "the case ended"})


async def submission_of_a_restriction(api: Api) -> Step:
    await _member(api)
    return Step(api.member("M-1"), "POST", "/v1/requests/restriction", restriction(record_refs=["D-new"]), 201)


async def submission_of_an_objection(api: Api) -> Step:
    await register(api)
    return Step(api.member("M-1"), "POST", "/v1/requests/objection", objection(reason="enough calls"), 201)


async def submission_of_a_complaint(api: Api) -> Step:
    about = (await _request(api)).rpartition("/")[2]
    return Step(api.member("M-1"), "POST", "/v1/requests/complaint", complaint(about_request=about), 201)


async def decision_of_a_complaint(api: Api) -> Step:
    await register(api)
    path = f"/v1/requests/{(await submit(api, kind='complaint'))['id']}"
    return Step(api.staff, "POST", f"{path}/decision", {"outcome": "granted", "note": "we are sorry"})


async def submission_of_a_correction(api: Api) -> Step:
    await _member(api)
    body = correction(changes=[{"record_ref": "D-new", "field": "amount", "proposed": "2"}])
    return Step(api.member("M-1"), "POST", "/v1/requests/correction", body, 201)


async def decision_of_a_correction(api: Api) -> Step:
    placed = await (await submission_of_a_correction(api)).take()
    return Step(api.staff, "POST", f"/v1/requests/{placed.json()['id']}/decision", {"outcome": "granted"})


async def claim_of_a_correction(api: Api) -> Step:
    assert (await (await decision_of_a_correction(api)).take()).status_code == 200
    return Step(api.core, "POST", "/v1/tasks/claims", {"system": "core_banking"})


async def reading_of_a_correction(api: Api) -> Step:
    placed = await (await submission_of_a_correction(api)).take()
    return Step(api.staff, "GET", f"/v1/requests/{placed.json()['id']}/changes")


async def submission_of_access(api: Api) -> Step:
    await _member(api)
    return Step(api.member("M-1"), "POST", "/v1/requests/access", access(), 201)


async def decision_of_access(api: Api) -> Step:
    placed = await (await submission_of_access(api)).take()
    return Step(api.staff, "POST", f"/v1/requests/{placed.json()['id']}/decision", {"outcome": "granted"})


async def delivery(api: Api) -> Step:
    assert (await (await decision_of_access(api)).take()).status_code == 200
    [task] = (await api.core.post("/v1/tasks/claims", {"system": "core_banking"})).json()["items"]
    result = {"records": [{"record_ref": "D-new", "fields": {"amount": "1"}}]}
    return Step(api.core, "POST", f"/v1/tasks/{task['id']}/completion", {"lease": task["lease"], "result": result})


async def decision_of_portability(api: Api) -> Step:
    await register(api)
    await push(api, "M-1", {**NEW, "provided_by_subject": True, "lawful_basis": "contract"}, OLD)
    request = await submit(api, kind="portability")
    return Step(api.staff, "POST", f"/v1/requests/{request['id']}/decision", {"outcome": "partly_granted"})


async def verification_of_a_restriction(api: Api) -> Step:
    await register(api)
    request = (await api.staff.post("/v1/requests/restriction", restriction())).json()
    seen = {"method": "in_person", "document": {"kind": "national_id", "last4": "4562"}}
    return Step(api.staff, "POST", f"/v1/requests/{request['id']}/identity/verifications", seen)


async def _restriction(api: Api) -> str:
    await _member(api)
    return f"/v1/requests/{(await submit(api, kind='restriction', record_refs=['D-old', 'D-new']))['id']}"


async def decision_of_a_restriction(api: Api) -> Step:
    refused = {"ref": "D-old", "outcome": "refused", "ground": "restrict_ground_not_met"}
    items = [{"ref": "D-new", "outcome": "granted"}, refused]
    path = await _restriction(api)
    return Step(api.staff, "POST", f"{path}/decision", {"outcome": "partly_granted", "items": items})


async def refusal_of_an_objection(api: Api) -> Step:
    await register(api)
    request = await submit(api, kind="objection")
    items = [{"ref": "beneficiary_designation", "outcome": "refused", "ground": "object_compelling"}]
    body = {"outcome": "refused", "items": items}
    return Step(api.staff, "POST", f"/v1/requests/{request['id']}/decision", body)


async def cancellation_of_a_restriction(api: Api) -> Step:
    return Step(api.member("M-1"), "POST", f"{await _restriction(api)}/cancellation", {})


async def lifting(api: Api) -> Step:
    path = await _restriction(api)
    assert (await decide(api, path.rpartition("/")[2], "granted")).status_code == 200
    await finish_tasks(api)
    return Step(api.staff, "POST", f"{path}/lifting", {"reason": "the register is right again"})


Prepared = Callable[[Api], Awaitable[Step]]
WRITES: dict[Prepared, set[str]] = {
    registration: {"subject", "keys.subject_key"},
    inventory_push: {"held_record"},
    resurrecting_push: {"held_record", "outgoing_event", "outgoing_message", "keys.subject_key"},
    submission: {"rights_request", "request_event", "outgoing_event", "keys.subject_key", "letter"},
    challenge: {"identity_challenge", "identity_guard", "outgoing_message"},
    verification: {"identity_challenge", "rights_request", "request_event", "outgoing_event"},
    wrong_code: {"identity_guard"},
    verification_in_person: {"rights_request", "request_event", "outgoing_event"},
    assessment: {"signed_assessment", "request_event", "outgoing_event"},
    question: {
        *("rights_request", "request_message", "request_event", "outgoing_event", "outgoing_message"),
        "letter",
    },
    given_answer: {"rights_request", "request_message", "request_event", "outgoing_event"},
    assignment: {"rights_request"},
    cancellation: {"rights_request", "request_message", "request_event", "outgoing_event"},
    decision: {
        *("rights_request", "request_item", "request_event", "outgoing_event", "outgoing_message", "task"),
        *("held_record", "deferred_erasure", "refusal", "letter"),
    },
    decision_that_leaves_nothing_to_do: {
        *("rights_request", "request_event", "outgoing_event", "outgoing_message"),
        *("subject", "keys.subject_key", "erasure_ledger", "letter"),
    },
    claim: {"task"},
    completion: {"task", "held_record", "erasure_ledger"},
    last_completion: {
        *("task", "held_record", "erasure_ledger", "subject", "keys.subject_key"),
        *("rights_request", "request_event", "outgoing_event", "outgoing_message", "letter"),
    },
    failure: {"task"},
    hold: {"legal_hold", "outgoing_event", "keys.subject_key"},
    release: {"legal_hold", "outgoing_event"},
    submission_of_a_restriction: {
        "rights_request",
        "request_event",
        "outgoing_event",
        "processing_limit",
        "letter",
        "keys.subject_key",
    },
    submission_of_an_objection: {
        *("rights_request", "request_event", "request_message", "outgoing_event", "processing_limit"),
        *("keys.subject_key", "letter"),
    },
    submission_of_a_complaint: {*("rights_request", "request_event", "request_message", "outgoing_event", "letter")},
    decision_of_a_complaint: {
        *("rights_request", "request_item", "request_event", "outgoing_event", "outgoing_message", "letter")
    },
    submission_of_a_correction: {"rights_request", "request_event", "outgoing_event", "keys.subject_key", "letter"},
    decision_of_a_correction: {
        *("rights_request", "request_item", "request_event", "outgoing_event", "outgoing_message", "task", "letter")
    },
    claim_of_a_correction: {"task"},
    reading_of_a_correction: set(),
    submission_of_access: {"rights_request", "request_event", "outgoing_event", "keys.subject_key", "letter"},
    decision_of_access: {
        *("rights_request", "request_item", "request_event", "outgoing_event", "outgoing_message", "task"),
        "letter",
    },
    delivery: {"task"},
    decision_of_portability: {
        *("rights_request", "request_item", "request_event", "outgoing_event", "outgoing_message", "task"),
        *("refusal", "letter"),
    },
    verification_of_a_restriction: {*("rights_request", "request_event", "outgoing_event", "processing_limit")},
    decision_of_a_restriction: {
        *("rights_request", "request_item", "request_event", "outgoing_event", "outgoing_message", "task"),
        *("processing_limit", "refusal", "letter"),
    },
    refusal_of_an_objection: {
        *("rights_request", "request_item", "request_event", "outgoing_event", "outgoing_message"),
        *("processing_limit", "refusal", "letter"),
    },
    cancellation_of_a_restriction: {"rights_request", "request_event", "outgoing_event", "processing_limit"},
    lifting: {
        *("rights_request", "request_event", "request_message", "outgoing_event", "outgoing_message", "task"),
        "processing_limit",
    },
}
"""What each step writes besides its audit entry and, where it has one, the answer kept for its key."""


def named(step: Prepared) -> str:
    return step.__name__


def tables_of(step: Prepared, method: str, succeeds: int) -> set[str]:
    kept = {"kept_answer"} if method == "POST" and succeeds < 300 else set()
    return {name if "." in name else f"public.{name}" for name in WRITES[step] | {"audit_entry"} | kept}


@pytest.mark.parametrize("prepare", WRITES, ids=named)
async def test_a_step_writes_what_is_written_here(prepare: Prepared, api: Api, database: Database) -> None:
    step = await prepare(api)
    async with watching(database) as watch:
        answer = await step.take()
        assert answer.status_code == step.succeeds, answer.text
        assert await watch.changes() == tables_of(prepare, step.method, step.succeeds)


@pytest.mark.parametrize("prepare", WRITES, ids=named)
async def test_a_step_whose_write_fails_leaves_no_trace_and_can_be_repeated(
    prepare: Prepared, api: Api, database: Database
) -> None:
    step = await prepare(api)
    async with watching(database) as watch:
        for table in sorted(tables_of(prepare, step.method, step.succeeds)):
            await _fails_whole(watch, step, database, table)
    assert (await step.take()).status_code == step.succeeds


async def _fails_whole(watch: Watch, step: Step, database: Database, table: str, **how: Any) -> None:
    async with failing(database, table, **how):
        answer = await step.take()
    expected = (503, "unavailable") if how.get("sqlstate") else (500, "internal_error")
    assert problem(answer) == expected, table
    assert set(answer.json()) == MEMBERS_OF_A_PROBLEM
    assert "injected" not in answer.text
    assert await watch.changes() == set(), table


@pytest.mark.parametrize("prepare", WRITES, ids=named)
async def test_a_step_whose_commit_fails_leaves_no_trace_and_can_be_repeated(
    prepare: Prepared, api: Api, database: Database
) -> None:
    step = await prepare(api)
    async with watching(database) as watch:
        await _fails_whole(watch, step, database, "audit_entry", at_commit=True)
        await _fails_whole(watch, step, database, "audit_entry", at_commit=True, sqlstate="40P01")
    assert (await step.take()).status_code == step.succeeds


async def test_a_step_that_is_cut_off_by_the_database_is_unavailable_and_says_when_to_repeat(
    api: Api, database: Database
) -> None:
    step = await submission(api)
    for sqlstate in ("55P03", "57014", "57P01", "53100", "40P01"):
        async with failing(database, "audit_entry", sqlstate=sqlstate):
            answer = await step.take()
        assert problem(answer) == (503, "unavailable"), sqlstate
        assert int(answer.headers["Retry-After"]) > 0
    assert (await step.take()).status_code == 201
