"""A request is received within its time, or the connection ends (RELIABILITY.md 0.5 and 4, HTTP).

Uvicorn waits for ever for the rest of a request and for a client to read its answer; this protocol doesn't. It also
refuses heads that are too long or leave in doubt which host or body is meant, before the application hears of them.
"""

import asyncio
import re
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

STOPPING = "stopping"
"""In the state of the server once it has been told to stop: it still answers, and keeps no connection."""
_HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


class DeadlineProtocol(HttpToolsProtocol):
    """For `uvicorn.Config(http=DeadlineProtocol)`. Times in seconds; sizes in bytes, the request line counted in.

    A body has `body_seconds` and a second more for each `bytes_per_second` of it that came, up to
    `longest_body_seconds`; what the application lets wait is not held against it. Of a long answer a client takes
    `least_read` in `unread_seconds`.
    """

    head_seconds = 10.0
    body_seconds = 30.0
    longest_body_seconds = 160.0
    bytes_per_second = 512 * 1024
    unread_seconds = 30.0
    least_read = 64 * 1024
    silent_seconds = 5.0
    max_headers = 100
    max_head_size = 32 * 1024

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # This service speaks HTTP alone, and a connection switched to another protocol would have no deadline.
        self.ws_protocol_class = None
        self._receiving: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._body_began: float | None = None
        self._body_size = self._head_size = self._chunk_size = self._unparsed = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as Uvicorn narrows it
        """Start waiting for a head."""
        super().connection_made(transport)
        self._allow(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        super().connection_lost(exc)
        self._stop_receiving()
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Parse what came; whatever comes begins or continues a request, and has its deadline."""
        if self._receiving is None:
            self._allow(self.head_seconds)
        self._chunk_size = len(data)
        super().data_received(data)
        if self._body_began is None and self._receiving is not None and not self.transport.is_closing():
            self._unparsed += len(data)
            if self._unparsed > self.max_head_size:
                self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        """A head begins. What is unparsed of it counts from the next chunk on; this one may hold other requests."""
        super().on_message_begin()
        self._body_began, self._head_size, self._unparsed = None, 0, -self._chunk_size
        self._allow(self.head_seconds)

    def on_url(self, url: bytes) -> None:
        """Count the request line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field; those that trail a body are dropped, for nobody may mistake them for the head's."""
        self._count(len(name) + len(value))
        if self._body_began is not None:
            return
        super().on_header(name, value)
        if len(self.headers) > self.max_headers:
            raise httptools.HttpParserError

    def on_headers_complete(self) -> None:
        """Hand the request to the application, if its head leaves no doubt, and let the body come."""
        if not self._is_clear():
            raise httptools.HttpParserError
        super().on_headers_complete()
        self._body_began, self._body_size = self.loop.time(), 0
        self._allow(self.body_seconds)
        if STOPPING in self.app_state:
            self.end_with_answer()

    def on_body(self, body: bytes) -> None:
        """Count the body."""
        self._body_size += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is all here."""
        super().on_message_complete()
        self._body_began, self._unparsed = None, 0
        self._stop_receiving()

    def end_with_answer(self) -> None:
        """Say in the answer under way, unless it has begun, that the connection ends with it."""
        if not getattr(self.cycle, "response_started", True):
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """End the connection; a request that is on its way, or may be, is answered first."""
        if self._receiving is None or not getattr(self.cycle, "response_complete", True):
            super().shutdown()
        elif not self._chunk_size:
            self._allow(self.silent_seconds)

    def pause_writing(self) -> None:
        """The client leaves its answer unread: from now on it must take some of it."""
        super().pause_writing()
        self._expect_reading()

    def resume_writing(self) -> None:
        """The client reads on."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _is_clear(self) -> bool:
        """Whether one host is meant (HTTP/1.0 may name none), and a body is framed by its length or by plain chunks."""
        hosts = [value for name, value in self.headers if name == b"host"]
        codings = [value.lower() for name, value in self.headers if name == b"transfer-encoding"]
        old = self.parser.get_http_version() == "1.0"
        named = len(hosts) == 1 and _HOST.fullmatch(hosts[0]) is not None
        return (named or (old and not hosts)) and (not codings or (codings == [b"chunked"] and not old))

    def _count(self, size: int) -> None:
        self._head_size += size
        if self._head_size > self.max_head_size:
            raise httptools.HttpParserError

    def _expect_reading(self) -> None:
        enough = self.transport.get_write_buffer_size() - self.least_read
        self._unread = self.loop.call_later(self.unread_seconds, self._check_reading, enough)

    def _check_reading(self, enough: int) -> None:
        if self.transport.get_write_buffer_size() > enough:
            self.transport.abort()
        else:
            self._expect_reading()

    def _allow(self, seconds: float) -> None:
        self._stop_receiving()
        self._receiving = self.loop.call_later(seconds, self._expire)

    def _stop_receiving(self) -> None:
        if self._receiving is not None:
            self._receiving.cancel()
            self._receiving = None

    def _expire(self) -> None:
        """End the connection, unless it is the application that takes its time, or a body that keeps its pace."""
        answering = not getattr(self.cycle, "response_complete", True)
        if self._body_began is None and answering:
            self._allow(self.head_seconds)
        elif self._body_began is not None and self.flow.read_paused:
            self._body_began = self.loop.time()
            self._allow(self.body_seconds)
        elif self._body_began is not None and (left := self._body_time_left(self._body_began)) > 0:
            self._allow(left)
        else:
            self.transport.abort()

    def _body_time_left(self, began: float) -> float:
        allowed = self.body_seconds + self._body_size / self.bytes_per_second
        return min(allowed, self.longest_body_seconds) - (self.loop.time() - began)
