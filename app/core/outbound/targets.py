"""Addresses of the web as they are taken here: one spelling of each, and none that two readers could read differently."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

MAX_URL = 2_048
DEFAULT_PORTS = {"https": 443, "http": 80}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ENCODED = "%(?:[2-689A-Fa-f][0-9A-Fa-f]|7[0-9A-Ea-e])"
_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_URL = re.compile(
    r"(?P<scheme>[a-z]+)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?"
    rf"(?P<path>/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|{_ENCODED})*)?"
    rf"(?P<query>\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|{_ENCODED})*)?"
)
_HEAD = re.compile("[A-Za-z]+://[^/?#]*")

Address = IPv4Address | IPv6Address


class TargetRefused(Exception):
    """An address that must not be called. It names neither the address nor what it leads to."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes. `host` is a name in lower case, or an IP address in its one canonical spelling.

    `address`: that IP address; None for a name. `path` holds the query too.
    """

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None

    @property
    def authority(self) -> str:
        """As the `Host` header says it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def parse_target(url: str) -> Target:
    """Read an address, scheme and host in any case.

    Raises `TargetRefused` for credentials, fragments, backslashes, blanks, controls, encoded controls, what is not ASCII
    (names of other scripts are written as `xn--`), a dot at the end, other schemes, and IP addresses in numbers of other
    bases or fewer parts.
    """
    head = _HEAD.match(url)
    found = (
        _URL.fullmatch(head[0].lower() + url[head.end() :]) if head and url.isascii() and len(url) <= MAX_URL else None
    )
    if found is None or found["scheme"] not in DEFAULT_PORTS:
        raise TargetRefused
    port = int(found["port"] or DEFAULT_PORTS[found["scheme"]])
    if port > 65_535:
        raise TargetRefused
    host, address = parse_host(found["host"])
    return Target(found["scheme"], host, port, (found["path"] or "/") + (found["query"] or ""), address)


def parse_host(host: str) -> tuple[str, Address | None]:
    """A host in its one spelling, and the address that it is. Raises `TargetRefused`."""
    try:
        if host.startswith("["):
            address: Address = IPv6Address(host[1:-1])
            return str(address), address
        if _NUMBER.fullmatch(host.rpartition(".")[2]):  # what ends in a number is an IPv4 address to some resolver
            address = IPv4Address(host)
            return str(address), address
    except AddressValueError:
        raise TargetRefused from None
    if len(host) > 253 or not _NAME.fullmatch(host):
        raise TargetRefused
    return host, None
