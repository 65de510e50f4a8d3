"""A name server that says what it is told: another thing each time it is asked, several things at once, other names."""

import asyncio
import struct
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import cast

_A, _CNAME, _AAAA, _INTERNET = 1, 5, 28, 1
_KINDS = {4: _A, 6: _AAAA}
_ANSWER, _NO_SUCH_NAME = 0x8180, 0x8183


class NameServer(asyncio.DatagramProtocol):
    """Answers a question for a name with the next of its answers, and then with the last one for ever; lifetime zero.

    An answer is addresses, and names that the name is another one for. `asked` counts the questions for addresses of the
    fourth version by name; each look-up asks one.
    """

    def __init__(self) -> None:
        self._answers: dict[str, Sequence[Sequence[str]]] = {}
        self._asked: Counter[tuple[str, int]] = Counter()
        self._transport: asyncio.DatagramTransport | None = None

    def point(self, host: str, *answers: Sequence[str]) -> None:
        """Give a name its answers, one after the other."""
        self._answers[host] = answers

    def asked(self, host: str) -> int:
        """How often a name was looked up."""
        return self._asked[host, _A]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | None, int]) -> None:
        host, end = _name(data, 12)
        kind = struct.unpack_from("!H", data, end)[0]
        records = [*self._records(host, kind)]
        flags = _ANSWER if host in self._answers else _NO_SUCH_NAME
        head = data[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0)
        assert self._transport
        self._transport.sendto(head + data[12 : end + 4] + b"".join(records), addr)

    def _records(self, host: str, kind: int) -> Iterator[bytes]:
        answers = self._answers.get(host, [()])
        answer = answers[min(self._asked[host, kind], len(answers) - 1)]
        self._asked[host, kind] += 1
        for one in answer:
            address = _address(one)
            if address is None:
                yield _record(host, _CNAME, _encoded(one))
                yield from self._records(one, kind)
            elif _KINDS[address.version] == kind:
                yield _record(host, kind, address.packed)

    @classmethod
    @asynccontextmanager
    async def running(cls, address: str) -> AsyncIterator["NameServer"]:
        """A name server at an address, for the time of the block."""
        loop = asyncio.get_running_loop()
        transport, self = await loop.create_datagram_endpoint(cls, local_addr=(address, 53))
        try:
            yield self
        finally:
            transport.close()


def _name(data: bytes, at: int) -> tuple[str, int]:
    labels = []
    while length := data[at]:
        labels.append(data[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels).lower(), at + 1


def _encoded(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def _record(host: str, kind: int, content: bytes) -> bytes:
    return _encoded(host) + struct.pack("!HHIH", kind, _INTERNET, 0, len(content)) + content


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
