"""The order in which a request is asked: token, permission, visibility, input; and what it holds meanwhile (API 1)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from app.core.access import GuardedRoute, allow, public
from app.core.edge import Edge
from app.core.work import Work
from app.domain.errors import NotFound
from app.domain.vocabulary import Permission
from app.services import audit
from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.members import register
from tests.support.requests import erasure

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


class Counted:
    """A body that says how many of its parts were taken."""

    def __init__(self, parts: int) -> None:
        self.parts, self.taken = parts, 0

    async def stream(self) -> AsyncIterator[bytes]:
        for _ in range(self.parts):
            self.taken += 1
            yield b" " * 65_536


@pytest.mark.parametrize(("caller", "code"), [("nobody", "invalid_token"), ("partner", "forbidden")])
async def test_no_byte_of_a_body_is_read_for_who_may_not_call(api: Api, caller: str, code: str) -> None:
    body = Counted(1000)
    by = api if caller == "nobody" else api.as_role(caller)
    answer = await by.call(
        "POST", "/v1/legal-holds", content=body.stream(), headers={"Content-Type": "application/json"}
    )
    assert problem(answer)[1] == code
    assert body.taken == 0


@pytest.mark.parametrize(("path", "mebibytes"), [("/v1/subjects/M-1", 1), ("/v1/subjects/M-1/records", 8)])
async def test_a_body_that_does_not_tell_its_length_is_read_up_to_the_limit(
    api: Api, path: str, mebibytes: int
) -> None:
    await register(api)
    body = Counted(1000)
    answer = await api.core.call("PUT", path, content=body.stream(), headers={"Content-Type": "application/json"})
    assert problem(answer) == (413, "body_too_large")
    assert body.taken <= mebibytes * 16 + 2


async def test_a_body_that_tells_too_great_a_length_is_not_read(api: Api) -> None:
    body = Counted(1)
    headers = {"Content-Type": "application/json", "Content-Length": str(2**20 + 1)}
    answer = await api.core.call("PUT", "/v1/subjects/M-1", content=body.stream(), headers=headers)
    assert problem(answer) == (413, "body_too_large")
    assert body.taken == 0


async def test_a_body_of_exactly_the_limit_is_read(api: Api) -> None:
    good = b'{"kind": "visitor"}'
    padded = good + b" " * (2**20 - len(good))
    headers = {"Content-Type": "application/json"}
    answer = await api.core.call("PUT", "/v1/subjects/M-1", content=padded, headers=headers)
    assert answer.status_code == 201


router = APIRouter(prefix="/tests", route_class=GuardedRoute)


async def _note(work: Work) -> dict[str, str]:
    audit.record(work, "a test", "test", "1")
    return {}


@router.post("/public")
async def write_in_public(work: Annotated[Work, public("a test")]) -> dict[str, str]:
    return await _note(work)


@router.post("/sandbox")
async def write_in_the_sandbox(work: Annotated[Work, public("a test", writes=True)]) -> dict[str, str]:
    return await _note(work)


@router.post("/guarded")
async def write_by_permission(work: Annotated[Work, allow(Permission.CATALOGUE_READ)]) -> dict[str, str]:
    return await _note(work)


HIDDEN: set[str] = set()


async def see(work: Work, path: Mapping[str, str]) -> None:
    if path["thing"] in HIDDEN:
        raise NotFound


@router.post("/things/{thing}")
async def act(
    thing: str, work: Annotated[Work, allow(Permission.CATALOGUE_READ, sees=see, raises=(NotFound,))]
) -> dict[str, str]:
    return await _note(work)


@pytest.fixture
async def routes(app: Any, api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """Routes of this test behind the desk of the service."""
    others = FastAPI()
    others.include_router(router)
    others.state.desk = app.state.desk
    edge = Edge(others, lambda _: Response("broken", 500), simulation=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url="http://sitthi.test") as http:
        yield http


@pytest.mark.parametrize(("path", "kept"), [("public", 0), ("sandbox", 1), ("guarded", 1)])
async def test_what_a_public_route_writes_is_not_kept_outside_the_sandbox(
    routes: httpx.AsyncClient, api: Api, database: Database, path: str, kept: int
) -> None:
    answer = await routes.post(f"/tests/{path}", headers={"Authorization": f"Bearer {api.staff.token}"})
    assert answer.status_code == 200, answer.text
    assert (await database.counts())["public.audit_entry"] == kept


async def test_each_role_sees_as_far_as_the_roles_that_grant_the_route(api: Api) -> None:
    """An auditor who is a member too submits as a member, and reads as an auditor."""
    await register(api)
    await register(api, "M-2")
    both = api.as_role("auditor", "member", subject_ref="M-1", acr="high")
    assert (await both.get("/v1/subjects/M-2")).status_code == 200
    assert problem(await both.post("/v1/requests/erasure", erasure("M-2"))) == (404, "not_found")
    assert (await both.post("/v1/requests/erasure", erasure("M-1"))).status_code == 201


async def test_roles_that_the_pack_does_not_know_give_nothing(api: Api) -> None:
    await register(api)
    for roles in ([], ["janitor"], ["Staff"], ["DPO", "staffs"]):
        assert problem(await api.as_role(*roles, system="s").get("/v1/subjects/M-1")) == (403, "forbidden"), roles
    assert (await api.as_role("janitor", "dpo").get("/v1/subjects/M-1")).status_code == 200


async def test_an_answer_is_not_given_again_for_what_may_not_be_seen_any_more(
    routes: httpx.AsyncClient, api: Api
) -> None:
    headers = {"Authorization": f"Bearer {api.staff.token}", "Idempotency-Key": "k"}
    first = await routes.post("/tests/things/a", headers=headers)
    assert (first.status_code, "Idempotency-Replayed" in first.headers) == (200, False)
    assert "Idempotency-Replayed" in (await routes.post("/tests/things/a", headers=headers)).headers
    HIDDEN.add("a")
    with pytest.raises(NotFound):
        await routes.post("/tests/things/a", headers=headers)
