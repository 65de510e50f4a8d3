"""Scenes in a process with a network of its own: each address of an inside and an outside, and every packet counted."""

import asyncio
import ctypes
import os
import socket
import struct
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import FORKS

NAME_SERVER = "9.9.9.9"
SECONDS = 100
"""So long a scene may take."""
SHOWN = 60
"""So many lines of what it said are told when it fails."""
_NEW_MOUNTS, _NEW_NETWORK = 0x00020000, 0x40000000
_EVERY_PROTOCOL, _IP, _IPV6 = 0x0003, 0x0800, 0x86DD
_LEAVING = 4  # the packet type of what a host sends
_FORCED_RECEIVE_BUFFER, _PACKET_LEVEL, _STATISTICS = 33, 263, 6
_BUFFER = 64 * 2**20

Scene = Callable[..., Coroutine[Any, Any, None]]


def _is_possible() -> bool:
    """Whether this machine lets us have a network of our own."""
    orders = ["unshare", "--net", "--mount", "ip", "link", "set", "lo", "up"]
    try:
        return subprocess.run(orders, capture_output=True, check=False).returncode == 0  # noqa: S603
    except OSError:
        return False


needs_a_network = pytest.mark.skipif(
    not _is_possible(), reason="needs root, `ip` and `unshare` for a network of its own"
)


def play(scene: Scene, addresses: Sequence[str], *arguments: object) -> None:
    """Play a scene in a process of its own, whose only network holds these addresses. See `needs_a_network`."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "told")
        process = FORKS.Process(target=_apart, args=(scene, addresses, arguments, Path(folder)))
        process.start()
        process.join()
        assert process.exitcode == 0, "\n".join(told.read_text().splitlines()[-SHOWN:])
        process.close()


def _apart(scene: Scene, addresses: Sequence[str], arguments: Sequence[object], folder: Path) -> None:
    with Path(folder, "told").open("w", buffering=1) as told:
        os.dup2(told.fileno(), 1)
        os.dup2(told.fileno(), 2)
        _leave(folder, addresses)
        asyncio.run(asyncio.wait_for(scene(*arguments), SECONDS))


def _leave(folder: Path, addresses: Sequence[str]) -> None:
    """For a network and mounts of its own. All packets stay on its loopback interface, also those to any other address."""
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_MOUNTS | _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "no network of one's own (this takes root)")
    (folder / "resolv.conf").write_text(f"nameserver {NAME_SERVER}\noptions timeout:5 attempts:1\n")
    _run("mount", "--make-rprivate", "/")
    _run("mount", "--bind", str(folder / "resolv.conf"), "/etc/resolv.conf")
    orders = ["link set lo up"]
    orders += [f"addr add {one} dev lo" for one in (*addresses, NAME_SERVER) if not ip_address(one).is_loopback]
    orders += ["route add 0.0.0.0/0 dev lo", "route add ::/0 dev lo"]
    _run("ip", "-batch", "-", told="\n".join(orders))


def _run(*words: str, told: str = "") -> None:
    done = subprocess.run(words, input=told, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"


class Packets:
    """Counts what leaves, by where it goes."""

    def __init__(self, listening: socket.socket) -> None:
        self._socket = listening
        self._seen: Counter[IPv4Address | IPv6Address] = Counter()

    def __getitem__(self, address: str) -> int:
        """How many packets went to an address. Fails when one went by uncounted."""
        return self.counts[ip_address(address)]

    @property
    def counts(self) -> Counter[IPv4Address | IPv6Address]:
        """How many packets went to each address. Fails when one went by uncounted."""
        self.read()
        _, lost = struct.unpack("II", self._socket.getsockopt(_PACKET_LEVEL, _STATISTICS, 8))
        assert lost == 0, f"{lost} packets were not counted"
        return self._seen

    def read(self) -> None:
        """Count what has come."""
        while True:
            try:
                packet, (_, protocol, kind, *_) = self._socket.recvfrom(64)
            except BlockingIOError:
                return
            if kind == _LEAVING and protocol == _IP:
                self._seen[IPv4Address(packet[16:20])] += 1
            elif kind == _LEAVING and protocol == _IPV6:
                self._seen[IPv6Address(packet[24:40])] += 1

    @classmethod
    @contextmanager
    def counted(cls) -> Iterator["Packets"]:
        """A counter of all packets from now on."""
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_EVERY_PROTOCOL)) as listening:
            listening.setsockopt(socket.SOL_SOCKET, _FORCED_RECEIVE_BUFFER, _BUFFER)
            listening.setblocking(False)
            self = cls(listening)
            loop = asyncio.get_running_loop()
            loop.add_reader(listening, self.read)
            try:
                yield self
            finally:
                loop.remove_reader(listening)
