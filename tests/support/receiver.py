"""A receiver of webhooks on the loopback interface, which answers as it is told and keeps what it got."""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.support.key_server import Answer, http, raw

ACCEPTED = http(b"", "204 No Content")


@dataclass(frozen=True)
class Got:
    """One call: header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


async def hanging(_: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.Event().wait()


def endless(head: bytes, part: bytes, pause: float = 0.0) -> Answer:
    """Begins an answer and goes on with the same part until the caller leaves."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)

    return send


class Receiver:
    """Answers with what stands in `answers`, one each, and then with `usual`. `connections` counts every one that came."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self._running: set[asyncio.Task[None]] = set()
        self.got: list[Got] = []
        self.answers: deque[Answer] = deque()
        self.usual: Answer = ACCEPTED
        self.connections = 0
        self.port = 0

    @property
    def url(self) -> str:
        """Its address in plain HTTP."""
        return f"http://127.0.0.1:{self.port}/hooks"

    @property
    def ids(self) -> list[str]:
        """The `webhook-id` of each call, in order."""
        return [one.headers["webhook-id"] for one in self.got]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._running.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._silent:
            await asyncio.Event().wait()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.got.append(Got(head[0].split(" ")[1], headers, body))
        await (self.answers.popleft() if self.answers else self.usual)(writer)

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        tls: ssl.SSLContext | None = None,
        *,
        silent: bool = False,
        at: Sequence[str] = ("127.0.0.1",),
        port: int = 0,
    ) -> AsyncIterator["Receiver"]:
        """A receiver at some addresses for the time of the block; a silent one takes connections and says nothing."""
        self = cls(silent=silent)
        server = await asyncio.start_server(self._accept, at, port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)


def redirection(location: str) -> Answer:
    """Sends the caller elsewhere."""
    return http(b"", "307 Temporary Redirect", location=location)


__all__ = ["ACCEPTED", "Got", "Receiver", "endless", "hanging", "http", "raw", "redirection"]
