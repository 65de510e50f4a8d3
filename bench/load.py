"""A light HTTP/1.1 client that keeps its connections: whole requests as bytes, of the answers status and length alone.

One request at a time on each connection. Any status but the expected one ends the measurement: failures have no rate.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

END = b"\r\n\r\n"
PATIENCE = 60.0
LENGTH = b"\r\ncontent-length: "


@dataclass(frozen=True)
class Figures:
    """What one round of a load came to; times in milliseconds."""

    answers: int
    per_second: float
    p50: float
    p99: float


@dataclass
class _Round:
    """What the connections of one round share."""

    requests: Iterator[bytes]
    expected: bytes
    until: float
    took: list[float] = field(default_factory=list)
    bodies: list[bytes] | None = None


class _Connection(asyncio.Protocol):
    """One connection: asks, waits for the whole answer, asks again until the time is over."""

    def __init__(self, load: _Round) -> None:
        self._load = load
        self._received = b""
        self._whole = 0
        self._asked = 0.0
        self._transport: asyncio.Transport
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the first time."""
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Take a piece of an answer, usually all of it."""
        self._received = self._received + data if self._received else data
        if not self._whole:
            self._read_head()
        if self._whole and len(self._received) >= self._whole:
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        """An end that was not asked for is a failure."""
        if not self.done.done():
            self.done.set_exception(ConnectionError(f"connection lost: {exc}"))

    def close(self) -> None:
        """Let go of the connection, whatever is under way."""
        self.done.cancel()
        self._transport.abort()

    def _ask(self) -> None:
        try:
            request = next(self._load.requests)
        except StopIteration:
            self._fail("there are too few prepared requests; the population is too small for this machine")
            return
        self._received, self._whole, self._asked = b"", 0, time.perf_counter()
        self._transport.write(request)

    def _read_head(self) -> None:
        head = self._received.find(END)
        if head < 0:
            return
        if self._received[9:12] != self._load.expected:
            self._fail(f"answered {self._received[:400].decode(errors='replace')}")
            return
        at = self._received.find(LENGTH, 0, head)
        if at < 0:
            self._fail("an answer without content-length")
            return
        begins = at + len(LENGTH)
        self._whole = head + len(END) + int(self._received[begins : self._received.find(b"\r", begins)])

    def _finish(self) -> None:
        now = time.perf_counter()
        self._load.took.append(now - self._asked)
        if self._load.bodies is not None:
            self._load.bodies.append(self._received[self._received.find(END) + len(END) :])
        if now < self._load.until:
            self._ask()
        else:
            self.done.set_result(None)
            self._transport.close()

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(why))
        self._transport.abort()


async def measure(
    url: str, requests: Iterator[bytes], *, connections: int, seconds: float, expected: int = 200
) -> Figures:
    """The rate and the times of requests over some connections, each begun within `seconds`.

    Raises RuntimeError for any status but the expected one, and where the requests run out.
    """
    load = _Round(requests, str(expected).encode(), time.perf_counter() + seconds)
    began = time.perf_counter()
    await _run(url, load, connections)
    elapsed = time.perf_counter() - began
    took = sorted(load.took)
    return Figures(len(took), len(took) / elapsed, _milliseconds(took, 0.5), _milliseconds(took, 0.99))


async def ask(url: str, requests: Iterable[bytes], *, expected: int = 200) -> list[bytes]:
    """The bodies of the answers to some requests, one after the other."""
    bodies: list[bytes] = []
    asked = list(requests)
    for request in asked:
        await _run(url, _Round(iter((request,)), str(expected).encode(), 0.0, bodies=bodies), 1)
    return bodies


def request(method: str, url: str, path: str, token: str = "", body: bytes = b"", **headers: str) -> bytes:
    """A whole request as it goes over the wire; `headers` with _ for -."""
    fields = {"Host": urlsplit(url).netloc, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if token:
        fields["Authorization"] = f"Bearer {token}"
    if body:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode() + END + body


async def _run(url: str, load: _Round, connections: int) -> None:
    host, _, port = urlsplit(url).netloc.partition(":")
    loop = asyncio.get_running_loop()
    made = [(await loop.create_connection(lambda: _Connection(load), host, int(port)))[1] for _ in range(connections)]
    try:
        async with asyncio.timeout_at(loop.time() + max(0.0, load.until - time.perf_counter()) + PATIENCE):
            await asyncio.gather(*(connection.done for connection in made))
    finally:
        for connection in made:
            connection.close()


def _milliseconds(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000
