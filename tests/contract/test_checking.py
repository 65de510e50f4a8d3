"""The check of every answer can fail."""

from typing import Any

import httpx
import pytest

from tests.support.contract import Contract

ID = {"x-request-id": "019ab2c4"}
JSON = {"content-type": "application/json", **ID}
PROBLEM = {"content-type": "application/problem+json", "content-language": "th", **ID}
VERIFY = "/v1/requests/019ab2c5-1f20-7d41-8a63-4e9c7b2f5d81/identity/verifications"
CHALLENGE = {
    "challenge_id": "019ab2c5-2a30-7b52-9c74-5f0d8c3a6e92",
    "sent_to": "+66•••••5678",
    "expires_at": "2026-11-20T04:41:00Z",
}
CHALLENGES = VERIFY.replace("verifications", "challenges")


@pytest.fixture(scope="module")
def contract(document: dict[str, Any]) -> Contract:
    return Contract(document)


def answered(
    method: str, path: str, status: int, body: Any, headers: dict[str, str], sent: Any = None
) -> httpx.Response:
    request = httpx.Request(method, f"http://sitthi.test{path}", json=sent)
    return httpx.Response(status, json=body, headers=headers, request=request)


def problem_of(code: str, status: int, **members: Any) -> dict[str, Any]:
    return {
        "type": f"http://sitthi.test/problems/{code}",
        "title": "…",
        "status": status,
        "detail": "…",
        "instance": "urn:uuid:0",
        "code": code,
        **members,
    }


def test_what_the_contract_describes_passes(contract: Contract) -> None:
    contract.check(answered("GET", "/healthz", 200, {"status": "ok"}, JSON))
    contract.check(answered("POST", CHALLENGES, 201, CHALLENGE, JSON, sent={"via": "sms"}))
    contract.check(answered("POST", VERIFY, 422, problem_of("code_wrong", 422, tries_left=3), PROBLEM))
    contract.check(answered("GET", "/no/such/path", 404, problem_of("not_found", 404), PROBLEM))


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (answered("GET", "/no/such/path", 200, {}, JSON), "is not described"),
        (answered("GET", "/healthz", 418, {}, JSON), "does not name"),
        (
            answered("GET", "/healthz", 200, {"status": "ok"}, {"content-type": "application/json"}),
            "without X-Request-ID",
        ),
        (answered("GET", "/healthz", 200, {"status": "ok"}, {**ID, "content-type": "text/plain"}), "as 'text/plain'"),
        (answered("GET", "/healthz", 200, {"status": "fine"}, JSON), "schema does not describe"),
        (answered("GET", "/healthz", 200, {}, JSON), "schema does not describe"),
        (answered("GET", "/healthz", 200, {"status": "ok"}, {**JSON, "etag": '"1"'}), "with an ETag"),
        (answered("POST", VERIFY, 422, problem_of("decision_unlawful", 422), PROBLEM), "does not name"),
        (
            answered("POST", VERIFY, 422, problem_of("code_wrong", 422, tries_left="3"), PROBLEM),
            "schema does not describe",
        ),
        (answered("POST", VERIFY, 423, problem_of("identity_locked", 423), PROBLEM), "without Retry-After"),
        (answered("POST", VERIFY, 200, {}, JSON), "without ETag"),
        (answered("POST", CHALLENGES, 201, {**CHALLENGE, "challenge_id": "7"}, JSON), "schema does not describe"),
        (answered("POST", CHALLENGES, 201, CHALLENGE, JSON, sent={"via": "pigeon"}), "took a body"),
        (answered("POST", "/sandbox/reset", 204, {}, JSON), "with a body"),
    ],
)
def test_what_it_does_not_describe_fails(contract: Contract, answer: httpx.Response, complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        contract.check(answer)


def test_only_rows_that_were_rejected_excuse_what_was_sent(contract: Contract) -> None:
    sent = {"records": [{"record_ref": "A"}]}
    refused = {"accepted": 0, "rejected": [{"record_ref": "A", "code": "invalid_row"}]}
    contract.check(answered("PUT", "/v1/subjects/M-1/records", 200, refused, JSON, sent=sent))
    taken = answered("PUT", "/v1/subjects/M-1/records", 200, {"accepted": 1, "rejected": []}, JSON, sent=sent)
    with pytest.raises(AssertionError, match="took a body"):
        contract.check(taken)
