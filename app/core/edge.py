"""The outermost layer of each request: its id, its log line, its headers, and the last resort when something breaks."""

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from uuid import uuid4

import structlog

from app.core.logging import describe_exception
from app.core.metrics import count_request

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Broken = Callable[[Scope], App]

_SAFE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
CLIENT_CLOSED_REQUEST = 499
ASKS_FOR_HEAD = "sitthi.head"
"""In the scope of a GET that was a HEAD: nothing may be used up by it."""
log = structlog.get_logger("sitthi.http")


class CallerGone(Exception):
    """The caller went away before its request was whole: there is nobody to answer."""


class Edge:
    """ASGI middleware. `broken` makes the answer to an unhandled error; `simulation` marks answers of the sandbox."""

    def __init__(self, app: App, broken: Broken, *, simulation: bool) -> None:
        self.app, self.broken = app, broken
        self.headers = _HEADERS + ([(b"x-simulation", b"true")] if simulation else [])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began = time.perf_counter()
        request_id, echoed = _ids(scope)
        method, status = scope["method"], 0
        inner = {**scope, "sitthi.request_id": request_id}
        if method == "HEAD":
            inner |= {"method": "GET", ASKS_FOR_HEAD: True}

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name for name, _ in message["headers"]}
                added = [pair for pair in self.headers if pair[0] not in present]
                message["headers"] = [*message["headers"], *added, (b"x-request-id", echoed.encode())]
            elif method == "HEAD" and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self.app(inner, receive, send_marked)
        except CallerGone:
            status = CLIENT_CLOSED_REQUEST
        except Exception as error:
            log.error("unhandled", request_id=request_id, **describe_exception(error))
            if status:
                raise
            await self.broken(inner)(inner, receive, send_marked)
        finally:
            route = getattr(inner.get("route"), "path_format", None)
            elapsed = time.perf_counter() - began
            count_request(method, route, status, elapsed)
            milliseconds = round(elapsed * 1000, 1)
            log.info("request", request_id=request_id, method=method, route=route, status=status, ms=milliseconds)


def _ids(scope: Scope) -> tuple[str, str]:
    """The id that a request is known by here, a UUID, and the one that its caller gets back.

    The caller's own is taken over where it is a UUID; anything else might be somebody's number, and only goes back.
    """
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
    known = given.lower() if _UUID.fullmatch(given) else str(uuid4())
    return known, given if _SAFE_ID.fullmatch(given) else known
