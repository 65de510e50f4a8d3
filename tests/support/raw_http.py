"""Uvicorn as it runs in production, spoken to over raw sockets."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from app.core.receive_deadline import DeadlineProtocol

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass
class Recorder:
    """An application that reads the whole request and answers `answer`, after waiting `reads_after` seconds.

    `early`: answers without reading. `heard` holds scope and body of each request, `left` counts clients gone before its end.
    """

    answer: bytes = b"ok"
    reads_after: float = 0
    early: bool = False
    heard: list[tuple[dict[str, Any], bytes]] = field(default_factory=list)
    left: int = 0

    def forget(self) -> None:
        """As if nothing had been heard."""
        self.heard.clear()
        self.left = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await asyncio.sleep(self.reads_after)
        body, more = b"", not self.early
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left += 1
                return
            body += message["body"]
            more = message["more_body"]
        self.heard.append((scope, body))
        length = str(len(self.answer)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": self.answer})


@dataclass
class Served:
    """A running server and its application."""

    app: Recorder
    server: uvicorn.Server
    port: int
    clients: list["Connection"] = field(default_factory=list)

    @property
    def open_connections(self) -> int:
        """How many clients are connected, as the server sees it."""
        return len(self.server.server_state.connections)

    async def connect(self) -> "Connection":
        """A new client."""
        self.clients.append(Connection(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.clients[-1]

    async def exchange(self, data: bytes) -> bytes:
        """What a client hears that sends these bytes and waits until the server ends the connection."""
        connection = await self.connect()
        await connection.send(data)
        return await connection.rest()


@dataclass
class Connection:
    """One client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> bool:
        """Send; False when the server has ended the connection."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError:
            return False
        return not self.reader.at_eof()

    async def answer(self) -> bytes:
        """One answer of 200 with the body `ok`."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        return head + await self.reader.readexactly(2)

    async def rest(self) -> bytes:
        """All that comes until the server ends the connection."""
        heard = b""
        with contextlib.suppress(ConnectionError):
            while chunk := await self.reader.read(65_536):
                heard += chunk
        return heard

    async def ends_while_sending(self, data: bytes, pause: float) -> None:
        """Send the same bytes again and again until the server ends the connection."""
        while await self.send(data):  # noqa: ASYNC110  (the pace is the point)
            await asyncio.sleep(pause)


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition inside the server, which has no event for it."""
    while not condition():  # noqa: ASYNC110  (see above)
        await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(app: Recorder, **limits: float) -> AsyncIterator[Served]:
    """The application behind `DeadlineProtocol` with other limits, for the time of the block."""
    protocol = type("Limited", (DeadlineProtocol,), limits)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=protocol, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started)
    served = Served(app, server, listener.getsockname()[1])
    try:
        yield served
    finally:
        for client in served.clients:
            client.writer.close()
        server.should_exit = server.force_exit = True
        await running
        listener.close()
