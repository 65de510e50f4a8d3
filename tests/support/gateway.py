"""A gateway for short messages on the loopback interface that answers as it is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.key_server import Answer, http

TAKEN = http(b'{"status": "OK"}')


@dataclass(frozen=True)
class Posted:
    """One request: its line, headers in lower case, and body."""

    line: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class SmsGateway:
    """`answer`: what it says to each request."""

    answer: Answer = TAKEN
    url: str = ""
    posted: list[Posted] = field(default_factory=list)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            pairs = [line.split(": ", 1) for line in head[1:] if line]
            headers = {name.lower(): value for name, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.posted.append(Posted(head[0], headers, body))
            await self.answer(writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator["SmsGateway"]:
        """A gateway for the time of the block."""
        self = cls()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/send"
        try:
            yield self
        finally:
            server.close()
