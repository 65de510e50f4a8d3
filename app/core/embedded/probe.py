"""Whether a server lives, found out by connecting to it: a process id proves nothing (a zombie has one too)."""

import socket
import struct
from pathlib import Path

TIMEOUT = 2.0
STATUS_LINE = 7
PROTOCOL_3 = 196608
CANNOT_CONNECT_NOW = b"C57P03\0"
STARTUP = b"user\0sitthi_service\0database\0sitthi\0\0"


def answers(address: Path, pidfile: Path) -> bool:
    """Whether the server at this Unix socket takes connections; not so while it starts, recovers or stops.

    It is not asked before its `pidfile` says that it is ready, for it would log every such question.
    """
    try:
        if pidfile.read_text().split("\n")[STATUS_LINE].strip() != "ready":
            return False
        with _connect(address) as connection:
            connection.sendall(struct.pack("!ii", len(STARTUP) + 8, PROTOCOL_3) + STARTUP)
            answer = connection.recv(1024)
            return answer[:1] == b"R" or (answer[:1] == b"E" and CANNOT_CONNECT_NOW not in answer)
    except (OSError, IndexError):
        return False


def listener(address: Path, pidfile: Path) -> int | None:
    """The process id of whoever listens at this socket, as the kernel knows it; None when nobody does.

    Where the kernel does not tell (not Linux), the first line of `pidfile`, which is true while somebody listens.
    """
    try:
        with _connect(address) as connection:
            if hasattr(socket, "SO_PEERCRED"):
                credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
                return int(struct.unpack("3i", credentials)[0])
            return int(pidfile.read_text().split("\n", maxsplit=1)[0])
    except (OSError, ValueError):
        return None


def _connect(address: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(TIMEOUT)
        connection.connect(str(address))
    except OSError:
        connection.close()
        raise
    return connection
