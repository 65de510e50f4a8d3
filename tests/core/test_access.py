"""The order in which a request is asked: token, permission, visibility, input; and what it holds meanwhile (API 1)."""

import asyncio
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.members import register

HALF_SENT = 25
"""More than there are connections to the database."""


class _Slow:
    """A caller that sends half a body, and the rest only when told to."""

    def __init__(self, path: str, headers: dict[str, str]) -> None:
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("sitthi.test", 80),
        }
        self.rest = asyncio.Event()
        self.status = 0
        self._sent = 0

    async def receive(self) -> dict[str, Any]:
        self._sent += 1
        if self._sent == 1:
            return {"type": "http.request", "body": b'{"role":', "more_body": True}
        await self.rest.wait()
        return {"type": "http.request", "body": b' "dpo"}', "more_body": False}

    async def send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)


async def test_callers_that_send_half_a_body_hold_no_connection(api: Api, app: Any) -> None:
    slow = [_Slow("/sandbox/tokens", {"Content-Type": "application/json"}) for _ in range(HALF_SENT)]
    waiting = [asyncio.create_task(app(caller.scope, caller.receive, caller.send)) for caller in slow]
    await asyncio.sleep(0.05)
    assert (await api.get("/sandbox/clock")).status_code == 200
    assert not any(task.done() for task in waiting)
    for caller in slow:
        caller.rest.set()
    await asyncio.gather(*waiting)
    assert {caller.status for caller in slow} <= {200, 503}
    assert 200 in {caller.status for caller in slow}


FAULTS: list[dict[str, Any]] = [
    {"content": b"{", "headers": {"Content-Type": "application/json"}},
    {"content": b"{}", "headers": {"Content-Type": "text/plain"}},
    {"content": b" " * 1_100_000, "headers": {"Content-Type": "application/json"}},
    {"json": {"surprise": 1}},
    {"json": {}, "params": {"surprise": "1"}},
]


@pytest.mark.parametrize(("fault", "status"), list(zip(FAULTS, [400, 415, 413, 422, 422], strict=True)))
async def test_who_may_not_see_a_thing_is_not_told_what_is_wrong_with_the_input(
    api: Api, fault: dict[str, Any], status: int
) -> None:
    await register(api)
    path = "/v1/requests/019ab2c4-0000-7000-8000-000000000000/decision"
    assert problem(await api.dpo.call("POST", path, **fault)) == (404, "not_found")
    assert (await api.dpo.call("POST", "/v1/legal-holds", **fault)).status_code == status


@pytest.mark.parametrize("names", [["limit"] * 2, ["surprise"], [f"p{number}" for number in range(5_000)]])
async def test_repeated_and_unknown_parameters_are_one_error_however_many(api: Api, names: list[str]) -> None:
    answer = await api.staff.get("/v1/requests", params=[(name, "1") for name in names])
    assert problem(answer) == (422, "unknown_parameter")
    assert answer.json()["errors"] == [{"pointer": "/query", "code": "unknown_parameter"}]
