"""The one way out over HTTP to addresses that others chose."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

import httpcore
import httpx

from app.core.outbound.addresses import AllowList
from app.core.outbound.resolving import Resolve, SystemResolver, Unresolvable
from app.core.outbound.targets import Address, Target, TargetRefused, parse_target

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 10.0
LOOK_UP_SECONDS = 2.0
CHECKS_AT_ONCE = 3
"""So many names at most are looked up for a check: who asks holds a connection to the database meanwhile."""
READ_BYTES = 4 * 1024
READ_SECONDS = 1.0
MOST_ADDRESSES = 4

Content = bytes | AsyncIterator[bytes]
Reason = Literal["not_allowed", "unresolvable", "timeout", "tls_failed", "connection_failed", "protocol_error"]


class Unreached(Exception):
    """A call without an answer; `reason` is a fixed code."""

    def __init__(self, reason: Reason) -> None:
        self.reason: Reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is kept of an answer: its status; where it asks for patience, its `Retry-After` as it stood; a short `body`."""

    status: int
    retry_after: str | None = None
    body: bytes = b""


def trusted_roots() -> ssl.SSLContext:
    """Who may vouch for a server: the public roots, and those that this machine trusts."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


@dataclass(frozen=True)
class Outbound:
    """Calls targets that the list allows. `resolve` and `tls` are the machine's own unless given.

    `patience`: how many seconds a call may take, unless it says otherwise.
    """

    allowed: AllowList
    resolve: Resolve = field(default_factory=SystemResolver)
    tls: ssl.SSLContext = field(default_factory=trusted_roots)
    patience: float = TOTAL_SECONDS
    _checks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CHECKS_AT_ONCE), repr=False)

    async def check(self, url: str) -> None:
        """Whether a target may be called, by its form and by its addresses, as far as it has any in two seconds.

        Beyond `CHECKS_AT_ONCE` by its form alone: each call checks it anew. Raises `TargetRefused`.
        """
        target = parse_target(url)
        try:
            addresses = await self._addresses(target) if target.address is not None else await self._looked_up(target)
        except (Unresolvable, TimeoutError):
            if not self.allowed.may_pass(target):
                raise TargetRefused from None
            return
        self.allowed.check(target, addresses)

    async def _looked_up(self, target: Target) -> Sequence[Address]:
        if self._checks.locked():
            raise Unresolvable
        async with self._checks, asyncio.timeout(LOOK_UP_SECONDS):
            return await self._addresses(target)

    async def post(
        self,
        url: str,
        headers: Mapping[str, str],
        content: Content,
        *,
        seconds: float | None = None,
        reading: float = READ_SECONDS,
    ) -> Reply:
        """Send a body and tell how it was answered, in `seconds` at most, else in `patience`; the answer's body in `reading`.

        A redirection is an answer like any other. The target is checked anew: its name may have other addresses by now.
        Raises `Unreached`.
        """
        try:
            async with asyncio.timeout(self.patience if seconds is None else seconds) as limit:
                target = parse_target(url)
                addresses = await self._addresses(target)
                self.allowed.check(target, addresses)
                return await self._send(target, addresses, headers, content, limit, reading)
        except TargetRefused:
            raise Unreached("not_allowed") from None
        except Unresolvable:
            raise Unreached("unresolvable") from None
        except (TimeoutError, httpcore.TimeoutException):
            raise Unreached("timeout") from None
        except httpcore.ProtocolError:
            raise Unreached("protocol_error") from None
        except (httpcore.NetworkError, OSError) as error:
            raise Unreached("tls_failed" if _is_tls(error) else "connection_failed") from None

    async def _addresses(self, target: Target) -> Sequence[Address]:
        if target.address is not None:
            return [target.address]
        addresses = await self.resolve(target.host)
        if not addresses:
            raise Unresolvable
        return addresses

    async def _send(
        self,
        target: Target,
        addresses: Sequence[Address],
        headers: Mapping[str, str],
        content: Content,
        limit: asyncio.Timeout,
        reading: float,
    ) -> Reply:
        url = httpcore.URL(
            scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
        )
        own = {"Host": target.authority, "Connection": "close", "Accept-Encoding": "identity"}
        lines = [(name.encode(), value.encode()) for name, value in {**own, **headers}.items()]
        patience = {"connect": CONNECT_SECONDS, "read": None, "write": None, "pool": None}
        network = _Checked(addresses)
        try:
            async with (
                httpcore.AsyncConnectionPool(ssl_context=self.tls, network_backend=network) as pool,
                pool.stream("POST", url, headers=lines, content=content, extensions={"timeout": patience}) as answer,
            ):
                limit.reschedule(None)  # it is answered, whatever comes of the body
                body = await _read(answer.aiter_stream(), reading)
                return Reply(answer.status, _retry_after(answer.headers), body)
        finally:
            await network.close()


class _Checked(httpcore.AsyncNetworkBackend):
    """Dials addresses that were checked, one after the other, whatever the name has become meanwhile."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._addresses = [str(address) for address in addresses[:MOST_ADDRESSES]]
        self._network = httpcore.AnyIOBackend()
        self._opened: httpcore.AsyncNetworkStream | None = None

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002  (the name is not asked again)
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (signature of the library)
        local_address: str | None = None,  # noqa: ARG002  (signature of the library)
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002  (as above)
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address that takes one."""
        for address in self._addresses[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._dial(address, port, timeout)
        return await self._dial(self._addresses[-1], port, timeout)

    async def _dial(self, address: str, port: int, seconds: float | None) -> httpcore.AsyncNetworkStream:
        self._opened = await self._network.connect_tcp(address, port, seconds)
        return self._opened

    async def close(self) -> None:
        """Leave nothing open, also where a handshake was broken off, which the library forgets."""
        if self._opened is not None:
            await self._opened.aclose()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)


async def _read(body: AsyncIterator[bytes], seconds: float) -> bytes:
    """A little of an answer's body, so that a short one ends well, and no more of a long one."""
    read = bytearray()
    with suppress(TimeoutError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
        async with asyncio.timeout(seconds):
            async for part in body:
                read += part[: READ_BYTES - len(read)]
                if len(read) == READ_BYTES:
                    break
    return bytes(read)


def _retry_after(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    found = [value for name, value in headers if name.lower() == b"retry-after"]
    return found[0].decode("latin-1")[:64] if found else None


def _is_tls(error: BaseException | None) -> bool:
    """Whether an error comes from the handshake: a certificate that does not vouch for the name, no common version."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
