"""A reverse proxy before several processes of the service, with nginx's rules of what may be sent a second time.

As nginx has it by default (`proxy_next_upstream error timeout`): where no connection comes about, the next process gets the
request, whatever it is. Where one breaks before the answer begins, only a request of an idempotent method is sent again
(POST is not, key or no key), and only if its body was not streamed. Otherwise the client is told 502. An answer that breaks
off breaks off at the client too.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

IDEMPOTENT = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}
BUFFERED = 64 * 1024
PIECE = 64 * 1024
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
READINESS = b"GET /readyz HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n"
BROKEN = (OSError, asyncio.IncompleteReadError, TimeoutError)


class Unanswered(Exception):
    """The connection broke before the answer began."""


@dataclass
class Head:
    """The first line of a request or an answer, and its fields, names in lower case."""

    first: str
    fields: list[tuple[str, str]]

    @classmethod
    async def read(cls, reader: asyncio.StreamReader) -> "Head":
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        pairs = (line.partition(":") for line in lines[1:])
        return cls(lines[0], [(name.lower(), value.strip()) for name, _, value in pairs])

    def get(self, name: str) -> str | None:
        return next((value for known, value in self.fields if known == name), None)

    @property
    def length(self) -> int | None:
        """How long the body is; None: it is chunked."""
        return None if self.get("transfer-encoding") else int(self.get("content-length") or 0)

    def bytes(self, connection: str) -> bytes:
        fields = [(name, value) for name, value in self.fields if name != "connection"]
        lines = [self.first, *(f"{name}: {value}" for name, value in fields), f"connection: {connection}"]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


@dataclass
class Pipe:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def close(self) -> None:
        self.writer.close()

    @property
    def over(self) -> bool:
        return self.reader.at_eof() or self.reader.exception() is not None or self.writer.is_closing()


@dataclass(eq=False)
class Upstream:
    """A process of the service, as the proxy knows it. `ready`: what it last said of itself."""

    url: str = ""
    ready: bool = False
    idle: list[Pipe] = field(default_factory=list)

    async def connect(self) -> Pipe:
        address = urlsplit(self.url)
        return Pipe(*await asyncio.open_connection(address.hostname, address.port))

    async def probe(self) -> bool:
        """Whether it says that it is ready; what it said last where it says nothing."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                try:
                    pipe = await self.connect()
                    try:
                        pipe.writer.write(READINESS)
                        return (await pipe.reader.readline()).split(b" ")[1:2] == [b"200"]
                    finally:
                        pipe.close()
                except OSError:
                    return False
        return self.ready

    def let_go(self) -> None:
        while self.idle:
            self.idle.pop().close()


@dataclass
class Proxy:
    """`watching`: it asks `/readyz` all the time, gives nothing to who is not ready, and keeps connections.

    Else it knows nothing of readiness and opens a connection for each request, as nginx from a distribution does.
    `seen`: how often what happened that is not an answer from the first process asked.
    """

    watching: bool
    upstreams: list[Upstream]
    port: int = 0
    turn: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    running: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def watch(self, upstream: Upstream, seconds: float = 0.2) -> None:
        """Until cancelled."""
        while True:
            upstream.ready = bool(upstream.url) and await upstream.probe()
            if not upstream.ready:
                upstream.let_go()
            await asyncio.sleep(seconds)

    def candidates(self) -> list[Upstream]:
        """Whom to ask, one after the other."""
        self.turn += 1
        there = [one for one in self.upstreams if one.ready or not self.watching]
        return [there[(self.turn + number) % len(there)] for number in range(len(there))]

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self.serve(Pipe(reader, writer)))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def serve(self, client: Pipe) -> None:
        """One connection of a client's, request after request."""
        try:
            with contextlib.suppress(*BROKEN):
                while await self.pass_on(client, await Head.read(client.reader)):
                    pass
        finally:
            client.close()

    async def pass_on(self, client: Pipe, head: Head) -> bool:
        """One request; tells whether the connection goes on."""
        method, length = head.first.split(" ")[0], head.length
        streamed = length is None or length > BUFFERED
        body = b"" if streamed else await client.reader.readexactly(length or 0)
        for upstream in self.candidates():
            try:
                pipe = self.kept(upstream) or await upstream.connect()
            except OSError:
                self.seen["refused, so asked the next"] += 1
                continue
            try:
                return await self.exchange(client, upstream, pipe, head, None if streamed else body)
            except Unanswered:
                pipe.close()
                if streamed or method not in IDEMPOTENT:
                    self.seen[f"{method} cut"] += 1
                    break
                self.seen[f"{method} sent again"] += 1
        self.seen["told 502"] += 1
        client.writer.write(BAD_GATEWAY)
        await client.writer.drain()
        return False

    def kept(self, upstream: Upstream) -> Pipe | None:
        """A connection from before that nobody has closed, the one used last first."""
        while upstream.idle:
            pipe = upstream.idle.pop()
            if not pipe.over:
                self.seen["connection used again"] += 1
                return pipe
            pipe.close()
        return None

    async def exchange(self, client: Pipe, upstream: Upstream, pipe: Pipe, head: Head, body: bytes | None) -> bool:
        """The request there and the answer back. Raises `Unanswered`."""
        try:
            pipe.writer.write(head.bytes("keep-alive" if self.watching else "close") + (body or b""))
            if body is None:
                await relay(client, pipe, head)
            await pipe.writer.drain()
            answer = await Head.read(pipe.reader)
        except BROKEN:
            raise Unanswered from None
        try:
            client.writer.write(answer.bytes("keep-alive"))
            if head.first.split(" ")[0] != "HEAD":
                await relay(pipe, client, answer)
            await client.writer.drain()
        except BROKEN:
            self.seen["answer cut"] += 1
            pipe.close()
            return False
        if self.watching and answer.get("connection") != "close" and upstream.ready:
            upstream.idle.append(pipe)
        else:
            pipe.close()
        return True


async def relay(source: Pipe, sink: Pipe, head: Head) -> None:
    """A body as it comes, no faster than it is taken."""
    if head.length is None:
        while size := int(line := await source.reader.readuntil(b"\r\n"), 16):
            sink.writer.write(line + await source.reader.readexactly(size + 2))
            await sink.writer.drain()
        sink.writer.write(line + await source.reader.readexactly(2))
        return
    left = head.length
    while left:
        piece = await source.reader.read(min(left, PIECE))
        if not piece:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(piece)
        sink.writer.write(piece)
        await sink.writer.drain()


@asynccontextmanager
async def proxying(upstreams: list[Upstream], *, watching: bool) -> AsyncIterator[Proxy]:
    """A proxy for the time of the block."""
    proxy = Proxy(watching, upstreams)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    watches = [asyncio.create_task(proxy.watch(upstream)) for upstream in upstreams if watching]
    try:
        yield proxy
    finally:
        server.close()
        for task in (*watches, *proxy.running):
            task.cancel()
        await asyncio.gather(*watches, *proxy.running, return_exceptions=True)
        for upstream in upstreams:
            upstream.let_go()
