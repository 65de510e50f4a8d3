"""An issuer's key endpoint on the loopback interface that answers as it is told."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def raw(data: bytes) -> Answer:
    """Sends these bytes and closes."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return send


def http(body: bytes, status: str = "200 OK", **headers: str) -> Answer:
    """Sends a whole HTTP answer; header names with `_` for `-`."""
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return raw(f"HTTP/1.1 {status}\r\n{head}Connection: close\r\n\r\n".encode() + body)


def key_set(*keys: Mapping[str, Any]) -> Answer:
    """Sends these keys as a set."""
    return http(json.dumps({"keys": keys}).encode())


class KeyServer:
    """Answers each request with `answer`; `paths` are those that were asked for."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.paths: list[str] = []
        self.url = ""

    @property
    def hits(self) -> int:
        """How often it was asked."""
        return len(self.paths)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await reader.readuntil(b"\r\n\r\n")
            self.paths.append(request.split(b" ")[1].decode())
            await self.answer(writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    @classmethod
    @asynccontextmanager
    async def running(cls, answer: Answer) -> AsyncIterator["KeyServer"]:
        """A server for the time of the block."""
        self = cls(answer)
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks"
        try:
            yield self
        finally:
            server.close()
