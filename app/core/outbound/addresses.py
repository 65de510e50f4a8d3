"""Which addresses may be called: no private one and none that leads to one, but for those that the operator lists."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from app.core.outbound.targets import Address, Target, TargetRefused, parse_host

LOOPBACK = ("127.0.0.0/8", "::1/128")
_V4 = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
    *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24"),
    *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
)
_V6 = (
    *("::/3", "4000::/2", "8000::/1"),  # all but 2000::/3: unspecified, loopback, v4-mapped, NAT64, local, multicast
    *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),  # Teredo and its like, documentation, 6to4
)
_BLOCKED: Sequence[IPv4Network | IPv6Network] = tuple(ip_network(one) for one in (*_V4, *_V6))


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, by our own list of those that are not."""
    return not any(address in network for network in _BLOCKED)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the operator lists: a name or a network, on one port or on all."""

    name: str | None
    network: IPv4Network | IPv6Network | None
    port: int | None

    def names(self, target: Target) -> bool:
        """Whether it lists a target by its name."""
        return self.name is not None and self.name == target.host and self.port in {None, target.port}

    def holds(self, address: Address, port: int) -> bool:
        """Whether it lists an address on a port."""
        return self.network is not None and address in self.network and self.port in {None, port}


@dataclass(frozen=True, slots=True)
class AllowList:
    """Names and networks that may be called although they are private, on other ports, and without TLS."""

    entries: tuple[Entry, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "AllowList":
        """Read `host`, `host:port`, `10.1.2.3`, `10.1.2.3:8443`, `10.0.0.0/8`, `fd00::/8`, `[::1]:9000`. Raises `ValueError`."""
        return cls(tuple(_entry(text.strip()) for text in entries if text.strip()))

    def check(self, target: Target, addresses: Sequence[Address]) -> None:
        """Whether a target with these addresses, all it has, may be called. Raises `TargetRefused`."""
        if any(entry.names(target) for entry in self.entries):
            return
        usual = target.scheme == "https" and target.port == 443
        for address in addresses:
            listed = any(entry.holds(address, target.port) for entry in self.entries)
            if not listed and not (usual and is_public(address)):
                raise TargetRefused

    def may_pass(self, target: Target) -> bool:
        """Whether a name that has no address yet may be called later: over TLS as usual, else only where it is listed itself."""
        usual = target.scheme == "https" and target.port == 443
        return usual or any(entry.names(target) for entry in self.entries)


def _entry(text: str) -> Entry:
    if "/" in text:
        return Entry(None, ip_network(text), None)
    if text.count(":") > 1 and not text.startswith("["):
        text = f"[{text}]"
    host, port = _split(text.lower())
    try:
        name, address = parse_host(host)
    except TargetRefused:
        raise ValueError("neither a host nor a network") from None
    return Entry(name, None, port) if address is None else Entry(None, ip_network(str(address)), port)


def _split(text: str) -> tuple[str, int | None]:
    found = re.fullmatch(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(?::([1-9][0-9]{0,4}))?", text)
    if found is None or int(found[2] or 1) > 65_535:
        raise ValueError("neither a host nor a network")
    return found[1], int(found[2]) if found[2] else None
