"""What a request is called, by us and by its caller; and what every answer has, whatever happens (API 1)."""

import logging
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog
from starlette.responses import Response, StreamingResponse

from app.core.edge import Edge, Receive, Scope, Send
from tests.support.api import Api
from tests.support.database import Database
from tests.support.faults import failing
from tests.support.holds import hold
from tests.support.members import register

OURS = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NATIONAL_ID = "1101700203451"
UUID_OF_A_CALLER = "7c3479f7-9626-4b85-8966-a7f81cfd21d3"


async def missed(api: Api, request_id: str) -> tuple[str, str]:
    """The id in the header of an answer, and the one in its problem document."""
    answer = await api.staff.get("/v1/subjects/M-9", headers={"X-Request-ID": request_id})
    return answer.headers["X-Request-ID"], answer.json()["instance"]


@pytest.mark.parametrize("request_id", [UUID_OF_A_CALLER, UUID_OF_A_CALLER.upper()])
async def test_a_uuid_of_the_caller_is_taken_over(api: Api, request_id: str) -> None:
    assert await missed(api, request_id) == (request_id, f"urn:uuid:{request_id.lower()}")


@pytest.mark.parametrize("request_id", [NATIONAL_ID, "batch-7.1", "x" * 128, "0" * 32])
async def test_another_id_goes_back_and_the_instance_is_a_uuid_all_the_same(api: Api, request_id: str) -> None:
    echoed, instance = await missed(api, request_id)
    assert echoed == request_id
    assert OURS.fullmatch(instance.removeprefix("urn:uuid:"))


@pytest.mark.parametrize("request_id", ["x" * 129, "a b", "ก", ""])
async def test_an_unsafe_id_is_replaced(api: Api, request_id: str) -> None:
    answer = await api.staff.get("/v1/subjects/M-9", headers={b"X-Request-ID": request_id.encode()})
    assert answer.json()["instance"] == f"urn:uuid:{UUID(answer.headers['X-Request-ID'])}"


async def test_a_number_sent_as_an_id_reaches_neither_log_nor_audit(
    api: Api, database: Database, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    await register(api)
    with caplog.at_level(logging.DEBUG):
        answer = await api.dpo.post("/v1/legal-holds", hold(), headers={"X-Request-ID": NATIONAL_ID})
    assert answer.headers["X-Request-ID"] == NATIONAL_ID
    said = capsys.readouterr()
    assert "request_id" in said.out + said.err + caplog.text, "it was logged"
    assert NATIONAL_ID not in said.out + said.err + caplog.text
    entries = await database.fetch("SELECT request_id FROM audit_entry")
    assert all(OURS.fullmatch(entry["request_id"]) for entry in entries)
    assert entries


SECURE = {"cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}


async def answer_of(app: Any, method: str = "GET", *, simulation: bool = False, **headers: str) -> httpx.Response:
    """What a caller gets from an application behind the edge; `app` takes scope, receive and send."""
    edge = Edge(app, _broken, simulation=simulation)
    transport = httpx.ASGITransport(edge, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://sitthi.test") as http:
        return await http.request(method, "/x", headers=headers)


def _broken(scope: Scope) -> Any:
    return Response(f"broken {scope['sitthi.request_id']}", 500)


async def raising(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        raise ValueError("สมหญิง")
    except ValueError as error:
        raise RuntimeError("of สมหญิง") from error


async def raising_halfway(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("too late")


@pytest.mark.parametrize("path", ["/v1/controller", "/v1/subjects/M-9", "/nowhere", "/v1/policy", "/sandbox/clock"])
async def test_every_answer_carries_what_browsers_and_proxies_must_know(api: Api, path: str) -> None:
    for method in ("GET", "HEAD", "DELETE"):
        answer = await api.call(method, path)
        assert SECURE.items() <= dict(answer.headers).items()
        assert answer.headers["X-Simulation"] == "true"
        assert len(answer.headers.get_list("X-Request-ID")) == 1
        assert "server" not in answer.headers


async def test_only_a_sandbox_says_that_it_is_one() -> None:
    assert "X-Simulation" not in (await answer_of(Response("good"))).headers
    assert (await answer_of(Response("good"), simulation=True)).headers["X-Simulation"] == "true"


async def test_what_an_answer_says_of_caching_stands() -> None:
    answer = await answer_of(Response("good", headers={"Cache-Control": "public, max-age=60"}))
    assert answer.headers.get_list("Cache-Control") == ["public, max-age=60"]


@pytest.mark.parametrize("path", ["/healthz", "/docs", "/v1/controller", "/v1/subjects/M-1", "/v1/subjects/M-9"])
async def test_head_is_get_without_its_body(api: Api, path: str) -> None:
    await register(api)
    told, seen = await api.staff.call("HEAD", path), await api.staff.get(path)
    assert told.content == b""
    assert told.status_code == seen.status_code
    assert {**told.headers, "x-request-id": ""} == {**seen.headers, "x-request-id": ""}
    assert int(told.headers["Content-Length"]) == len(seen.content)


async def test_head_leaves_out_every_part_of_a_stream() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    async def body(method: str) -> bytes:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": method, "path": "/", "headers": [], "asgi": {"spec_version": "2.4"}}
        await Edge(StreamingResponse(parts()), _broken, simulation=False)(scope, receive, send)
        assert [message["more_body"] for message in sent[1:]] == [True, True, False]
        return b"".join(message["body"] for message in sent[1:])

    assert await body("HEAD") == b""
    assert await body("GET") == b"ab"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_what_breaks_is_answered_with_its_id_and_no_word_of_what_broke(method: str) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await answer_of(raising, method)
    assert answer.status_code == 500
    assert answer.text == ("" if method == "HEAD" else f"broken {answer.headers['X-Request-ID']}")
    assert SECURE.items() <= dict(answer.headers).items()
    [broken, request] = lines
    assert broken["error"] == ["RuntimeError", "ValueError"]
    assert any(":raising" in frame for frame in broken["frames"])
    assert broken["request_id"] == request["request_id"] == answer.headers["X-Request-ID"]
    assert request["status"] == 500
    assert "สมหญิง" not in str(lines)


async def test_an_answer_that_breaks_halfway_is_cut_off() -> None:
    with structlog.testing.capture_logs() as lines, pytest.raises(RuntimeError):
        await answer_of(raising_halfway)
    assert [line["event"] for line in lines] == ["unhandled", "request"]


async def test_an_unexpected_error_is_a_problem_document_that_says_nothing(api: Api, database: Database) -> None:
    await register(api)
    async with failing(database, "audit_entry"):
        answer = await api.dpo.post("/v1/legal-holds", hold(), headers={"Accept-Language": "en"})
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "instance", "code"}
    assert (body["status"], body["code"]) == (500, "internal_error")
    assert body["instance"] == f"urn:uuid:{answer.headers['X-Request-ID']}"
    assert not re.search("inject|exception|audit|postgres|asyncpg|sql", answer.text, re.IGNORECASE)


async def test_each_request_is_logged_by_its_template_and_not_by_its_path(api: Api) -> None:
    await register(api, "M-secret")
    with structlog.testing.capture_logs() as lines:
        await api.staff.get("/v1/subjects/M-secret")
        await api.call("BREW", "/v1/subjects/M-secret")
        await api.get("/nowhere/M-secret")
        await api.staff.get("/v1/subjects/M-secret?surprise=M-secret")
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["status"] for line in requests] == [200, 405, 404, 422]
    assert requests[0]["route"] == "/v1/subjects/{subject_ref}"
    assert "M-secret" not in str(lines)


async def test_what_is_no_request_passes_through() -> None:
    heard: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        heard.append(scope["type"])

    async def nothing(*_: Any) -> Any:
        return {}

    await Edge(app, _broken, simulation=False)({"type": "lifespan"}, nothing, nothing)
    assert heard == ["lifespan"]
