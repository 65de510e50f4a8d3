"""To people, whether somebody else is a member can't be told: the same answer, byte for byte, after the same work.

Compared are somebody else who is registered, one who was erased, and one who never was; the work is the statements that
the database is asked.
"""

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.members import register
from tests.support.representatives import approved
from tests.support.requests import BODIES, decide, submit
from tests.support.statements import listening

SAME_ID = {"X-Request-ID": "019ab2c5-2a30-7b52-9c74-5f0d8c3a6e92"}
NOBODY_S = "019ab2c5-1f20-7d41-8a63-4e9c7b2f5d81"
LEFT = {"joined_on": "1980-01-01", "ended_on": "2010-01-01"}
SEEN = {"method": "in_person", "document": {"kind": "passport", "last4": "4562"}}
CALLS = [
    *(("POST", f"/v1/requests/{kind}", kind, 404) for kind in BODIES),
    ("POST", "/v1/requests/{request}/identity/challenges", {"via": "sms"}, 404),
    ("POST", "/v1/requests/{request}/identity/challenges", {"via": "pigeon"}, 404),
    ("POST", "/v1/requests/{request}/identity/verifications", {"challenge_id": NOBODY_S, "code": "123456"}, 404),
    ("POST", "/v1/requests/{request}/identity/verifications", SEEN, 403),
    ("POST", "/v1/requests/{request}/cancellation", {}, 404),
    ("POST", "/v1/requests/{request}/information", {"answer": "yes"}, 404),
    ("GET", "/v1/requests/{request}", None, 404),
    ("GET", "/v1/requests/{request}/timeline", None, 404),
    ("GET", "/v1/requests/{request}/messages", None, 404),
    ("GET", "/v1/subjects/{subject}", None, 404),
    ("GET", "/v1/subjects/{subject}/records", None, 404),
    ("GET", "/v1/subjects/{subject}/retention", None, 404),
    ("GET", "/v1/subjects/{subject}/representatives", None, 404),
]
"""What is asked, of whom or about which request; the body of a submission is told by its kind."""


async def others(api: Api) -> dict[str, str]:
    """The request of each: one who is registered, one who was erased; and none of one that never was."""
    for known in ("P-1", "M-9"):
        await register(api, known)
    await approved(api, "M-9", "P-1")
    await register(api, "M-1")
    await register(api, "M-2", membership=LEFT)
    registered = (await submit(api, "M-1", "restriction"))["id"]
    gone = (await submit(api, "M-2"))["id"]
    assert (await decide(api, gone, "granted")).json()["status"] == "completed"
    return {"M-1": registered, "M-2": gone, "M-3": NOBODY_S}


async def asked(
    caller: Api, method: str, path: str, body: Any, status: int, key: str | None
) -> tuple[bytes, tuple[tuple[str, str], ...], tuple[str, ...]]:
    """The answer to a call, its headers, and the statements behind it."""
    headers = SAME_ID if key is None or method == "GET" else {**SAME_ID, "Idempotency-Key": key}
    async with listening(caller.process) as heard:
        answer = await caller.call(method, path, json=body, headers=headers)
    assert answer.status_code == status, (method, path, answer.text)
    assert heard, "statements are heard"
    return answer.content, tuple(sorted(answer.headers.items())), tuple(heard)


@pytest.mark.parametrize("key", [None, "once"])
@pytest.mark.parametrize("who", ["member", "representative", "member and representative"])
async def test_who_asks_for_another_learns_nothing_by_answer_or_work(api: Api, who: str, key: str | None) -> None:
    requests = await others(api)
    caller = api.as_role(*who.split(" and "), subject_ref="P-1", acr="high")
    told = []
    for method, path, body, status in CALLS:
        answers = {
            await asked(
                caller,
                method,
                path.format(subject=subject, request=request),
                BODIES[body](subject) if isinstance(body, str) else body,
                status,
                key and f"{key}-{subject}",
            )
            for subject, request in requests.items()
        }
        if len(answers) > 1:
            told.append((method, path, body, *zip(*answers, strict=True)))
    assert told == []
