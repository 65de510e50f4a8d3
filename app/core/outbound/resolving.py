"""From names to addresses."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from app.core.outbound.targets import Address

Resolve = Callable[[str], Awaitable[Sequence[Address]]]
"""Every address that a name has now. Raises `Unresolvable`."""
_THREADS = 8


class Unresolvable(Exception):
    """A name without an address, or whose servers do not answer."""


class SystemResolver:
    """Asks as this machine is set up to; a server that does not answer holds up no thread but those for this."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="resolve")

    async def __call__(self, host: str) -> Sequence[Address]:
        """Every address of a name. Raises `Unresolvable`."""
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host)
        except (OSError, UnicodeError):
            raise Unresolvable from None
        return [ip_address(address) for address in dict.fromkeys(found)]


def _look_up(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]
