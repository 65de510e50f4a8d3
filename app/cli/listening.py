"""The socket that a process listens on: taken before it can serve, and closed so that nobody is cut off."""

import contextlib
import ctypes
import errno
import socket
import struct
import sys
from collections.abc import Iterator

from app.core.settings import Settings
from app.startup import CannotStart

SO_ATTACH_FILTER = 26
NO_NEW_CONNECTION = (
    (0x30, 0, 0, 13),
    (0x54, 0, 0, 0x12),
    (0x15, 0, 1, 0x02),
    (0x06, 0, 0, 0),
    (0x06, 0, 0, 0xFFFFFFFF),
)
"""A packet filter: of the TCP flags SYN and ACK, those with SYN alone are dropped."""
UNACCEPTED = struct.Struct("24xI")
"""The start of `struct tcp_info`, up to `tcpi_unacked`: of a socket that listens, who waits to be accepted."""


def bind(settings: Settings) -> socket.socket:
    """A socket with the port taken, not yet listening: who connects too early is refused, not left to wait."""
    with port_refusals(settings):
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
        return listener


@contextlib.contextmanager
def port_refusals(settings: Settings) -> Iterator[None]:
    """Raises `CannotStart` for a port that can't be had."""
    try:
        yield
    except OSError as error:
        where = f"{settings.host} port {settings.port}"
        if error.errno == errno.EADDRINUSE:
            hint = "Stop what listens there, or set another port (SITTHI_PORT; a worker's SITTHI_WORKER_PORT; 0 takes a free one)."
            raise CannotStart(f"Another program listens on {where}.", hint) from None
        hint = "SITTHI_HOST must be an address of this machine, and SITTHI_PORT one that this account may use."
        raise CannotStart(f"Can't listen on {where}: {error.strerror}.", hint) from None


def let_nobody_connect(listener: socket.socket) -> None:
    """From now on the kernel ignores who wants to connect; refused once the socket is closed, they have sent nothing yet.

    Without it, as on a kernel that knows no packet filters, closing the socket cuts those who are connected and whom
    nobody has accepted.
    """
    if sys.platform == "linux":
        code = b"".join(struct.pack("HBBI", *instruction) for instruction in NO_NEW_CONNECTION)
        place = ctypes.create_string_buffer(code)
        program = struct.pack("HL", len(NO_NEW_CONNECTION), ctypes.addressof(place))
        with contextlib.suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def unaccepted(listener: socket.socket) -> int:
    """How many have connected whom nobody has accepted yet; 0 where the kernel does not say."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, struct.error):
            told = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, UNACCEPTED.size)
            (waiting,) = UNACCEPTED.unpack(told)
            return int(waiting)
    return 0
