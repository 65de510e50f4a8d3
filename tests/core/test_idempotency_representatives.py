"""A kept answer is given again only to who may still see whom it is about (API 1: a replay re-authorises)."""

from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.consents import consent
from tests.support.database import Database
from tests.support.members import register
from tests.support.representatives import approved, path
from tests.support.requests import erasure, objection, restriction

KEY = {"Idempotency-Key": "once"}
CALLS: dict[str, dict[str, Any]] = {
    "/v1/consents": consent(),
    "/v1/requests/erasure": erasure(),
    "/v1/requests/objection": objection(),
    "/v1/requests/restriction": restriction(),
}


async def shown(api: Api) -> tuple[str, dict[str, Any]]:
    """How the showing of a notice is recorded."""
    [notice, *_] = (await api.get("/v1/notices", params={"status": "current"})).json()["items"]
    return f"/v1/notices/{notice['notice_id']}/acknowledgements", {
        "subject_ref": "M-1",
        "channel": "app",
        "language": "th",
    }


@pytest.mark.parametrize("call", [*CALLS, "a notice"])
async def test_who_represents_the_subject_no_more_is_not_told_again(api: Api, database: Database, call: str) -> None:
    await register(api)
    await approved(api)
    attorney = api.as_role("representative", subject_ref="P-1", acr="substantial")
    url, body = await shown(api) if call == "a notice" else (call, CALLS[call])
    assert (await attorney.post(url, body, headers=KEY)).status_code == 201
    assert (await attorney.post(url, body, headers=KEY)).headers["Idempotency-Replayed"] == "true"
    assert (await api.staff.call("DELETE", path())).status_code == 200
    assert problem(await attorney.post(url, body, headers=KEY)) == (404, "not_found")
    denied = await database.fetch("SELECT object_id FROM audit_entry WHERE action = 'access.denied'")
    assert [row["object_id"] for row in denied] == ["M-1"], "an attempt on another's data, once"
