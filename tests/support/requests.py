"""Rights requests of the tests: builders that go through the API."""

from typing import Any

import httpx

from app.core.clock import Clock
from tests.support.api import Api

PROOF = {"method": "hard delete", "performed_at": Clock().now().isoformat(), "reference": "JOB-77"}


def erasure(subject_ref: str = "M-1", **changes: Any) -> dict[str, Any]:
    """A request to erase everything."""
    body = {
        "subject_ref": subject_ref,
        "channel": "app",
        "language": "th",
        "scope": "all",
        "ground": "no_longer_necessary",
    }
    return {**body, **changes}


def restriction(subject_ref: str = "M-1", **changes: Any) -> dict[str, Any]:
    """A request to restrict the use for one purpose; with `record_refs`, of those records instead."""
    body = {"subject_ref": subject_ref, "channel": "app", "ground": "needed_for_claims"}
    scope = {} if "record_refs" in changes else {"purposes": ["beneficiary_designation"]}
    return {**body, **scope, **changes}


def objection(subject_ref: str = "M-1", **changes: Any) -> dict[str, Any]:
    """An objection to one purpose that rests on a legitimate interest among others."""
    body = {"subject_ref": subject_ref, "channel": "app", "ground": "public_task_or_legitimate_interest"}
    return {**body, "purposes": ["beneficiary_designation"], **changes}


def complaint(subject_ref: str = "M-1", **changes: Any) -> dict[str, Any]:
    """A complaint about something at the counter."""
    return {"subject_ref": subject_ref, "channel": "app", "text": "They read my file aloud at the counter", **changes}


def correction(subject_ref: str = "M-1", **changes: Any) -> dict[str, Any]:
    """A request to correct a telephone number, wherever it is held."""
    return {"subject_ref": subject_ref, "channel": "app", "changes": [{"field": "phone", "proposed": "0"}], **changes}


def access(subject_ref: str = "M-1", **changes: Any) -> dict[str, Any]:
    """A request for a copy of everything."""
    return {"subject_ref": subject_ref, "channel": "app", **changes}


def portability(subject_ref: str = "M-1", **changes: Any) -> dict[str, Any]:
    """A request for all that is portable."""
    return {"subject_ref": subject_ref, "channel": "app", **changes}


BODIES = {
    "erasure": erasure,
    "restriction": restriction,
    "objection": objection,
    "complaint": complaint,
    "correction": correction,
    "access": access,
    "portability": portability,
}
REQUIRED = dict.fromkeys(BODIES, "substantial") | {"complaint": "low"}
"""The assurance of identity that each kind needs."""


async def submit(api: Api, subject_ref: str = "M-1", kind: str = "erasure", **changes: Any) -> dict[str, Any]:
    """Submitted by the member, identity proven by the token."""
    answer = await api.member(subject_ref).post(f"/v1/requests/{kind}", BODIES[kind](subject_ref, **changes))
    assert answer.status_code == 201, answer.text
    request: dict[str, Any] = answer.json()
    return request


async def decide(api: Api, request_id: str, outcome: str, **changes: Any) -> httpx.Response:
    """Assessed and signed by staff, decided by the DPO."""
    signed = await api.staff.post(f"/v1/requests/{request_id}/assessment")
    assert signed.status_code == 200, signed.text
    return await api.dpo.post(f"/v1/requests/{request_id}/decision", {"outcome": outcome, **changes})


async def code_for(api: Api, subject_ref: str = "M-1") -> str:
    """The newest one-time code that would have been sent."""
    sent = (await api.get("/sandbox/outbox", params={"to": subject_ref})).json()["items"]
    return next(message["code"] for message in sent if message["code"])


async def finish_tasks(api: Api, system: str = "core_banking") -> list[dict[str, Any]]:
    """Claim and complete every open task of a system, with proof."""
    worker = api.staff if system == "paper" else api.as_role("core_banking", system=system)
    claimed = (await worker.post("/v1/tasks/claims", {"system": system, "max": 100, "lease_seconds": 60})).json()[
        "items"
    ]
    proof = {**PROOF, "performed_at": (await api.get("/sandbox/clock")).json()["now"]}
    for task in claimed:
        result = {"records": [{"record_ref": ref, "fields": {"amount": "1"}} for ref in task["record_refs"]]}
        body = {"lease": task["lease"], "proof": proof} | ({"result": result} if task["kind"] == "collect" else {})
        done = await worker.post(f"/v1/tasks/{task['id']}/completion", body)
        assert done.status_code == 200, done.text
    tasks: list[dict[str, Any]] = claimed
    return tasks
