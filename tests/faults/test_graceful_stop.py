"""A process that was told to stop cuts nobody off, whatever it was about to hear (RELIABILITY.md 5, promise 35).

Raw connections to a real `sitthi serve`, without a proxy that would smooth anything over.
"""

import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from app.cli.listening import let_nobody_connect
from app.core.receive_deadline import DeadlineProtocol
from tests.cli.running import sandbox
from tests.embedded_processes import fresh_data_dir
from tests.support.raw_http import Connection
from tests.support.workers import Worker

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: probe\r\n\r\n"
CALLERS = 32
BUSY_SECONDS = 0.01
SO_LOCK_FILTER = 44
"""A socket that is locked so refuses every filter."""
pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    with fresh_data_dir() as directory:
        yield directory


def nothing() -> None:
    """The service is as it always is."""


def busy() -> None:
    """Each request holds up the whole process for a while."""
    parsed = DeadlineProtocol.on_headers_complete

    def slowly(self: DeadlineProtocol) -> None:
        time.sleep(BUSY_SECONDS)
        parsed(self)

    DeadlineProtocol.on_headers_complete = slowly  # type: ignore[method-assign]


@pytest.fixture
def serving(data_dir: Path) -> Iterator[Callable[..., Worker]]:
    """A service with a drain of so many seconds, ready; what it does `first` changes how it is."""
    begun: list[Worker] = []
    with tempfile.TemporaryDirectory() as place:

        def start(drain: int, first: Callable[[], None] = nothing) -> Worker:
            variables = sandbox(data_dir, SITTHI_PORT="0", SITTHI_DRAIN_SECONDS=str(drain), SITTHI_WORKER="separate")
            begun.append(Worker(variables, Path(place, str(len(begun))), first, "serve"))
            begun[-1].ready()
            return begun[-1]

        yield start
        for one in begun:
            one.kill()


async def connect(url: str) -> Connection:
    address = urlsplit(url)
    return Connection(*await asyncio.open_connection(address.hostname, address.port))


async def asked(connection: Connection, request: bytes = REQUEST) -> bytes:
    """The head of the answer to a request, in lower case; its body is read too. Raises where the connection is cut."""
    connection.writer.write(request)
    head = (await connection.reader.readuntil(b"\r\n\r\n")).lower()
    size = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length"))
    await connection.reader.readexactly(int(size.rpartition(b":")[2]))
    return head


async def readiness(url: str) -> tuple[int, dict[str, str]]:
    """The status, and each check."""
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{url}/readyz")
        return answer.status_code, answer.json()["checks"]


async def refuses(url: str) -> None:
    """Returns once nobody can connect any more."""
    while True:
        try:
            (await connect(url)).writer.close()
        except ConnectionRefusedError:
            return
        await asyncio.sleep(0.02)


@pytest.fixture
async def connections() -> AsyncIterator[list[Connection]]:
    them: list[Connection] = []
    yield them
    for connection in them:
        connection.writer.close()


async def test_it_says_that_it_goes_and_answers_all_who_are_there_until_it_is_gone(
    serving: Callable[..., Worker], connections: list[Connection]
) -> None:
    one = await asyncio.to_thread(serving, 1)
    url = one.url
    idle, early, late = connections[:] = [await connect(url) for _ in range(3)]
    assert b"connection: close" not in await asked(idle)
    assert (await readiness(url))[0] == 200
    one.send(signal.SIGTERM)
    while not one.says("Stopping"):  # noqa: ASYNC110  (a process tells nobody)
        await asyncio.sleep(0.01)
    status, checks = await readiness(url)
    assert (status, checks["serving"]) == (503, "failed")
    new, begun, silent = connections[3:] = [await connect(url) for _ in range(3)]
    for connection in (idle, early, new):
        head = await asked(connection)
        assert head.startswith(b"http/1.1 200"), "whoever comes is served"
        assert b"connection: close" in head, "and told to come no more"
        assert await connection.rest() == b""
    begun.writer.write(REQUEST[:20])
    await refuses(url)
    assert b"connection: close" in await asked(begun, REQUEST[20:]), "what had begun to come"
    for connection in (silent, late):
        assert b"connection: close" in await asked(connection), "who had connected and not asked yet"
    await asyncio.to_thread(one.process.join, 30)
    assert one.process.exitcode == 0


@pytest.mark.parametrize("_round", range(max(ROUNDS, 1)))
async def test_whoever_connects_while_it_ends_is_answered_or_was_refused(
    serving: Callable[..., Worker], _round: int
) -> None:
    await answered_or_refused(await asyncio.to_thread(serving, 0))


async def test_whoever_has_connected_is_answered_by_a_process_that_is_busy(serving: Callable[..., Worker]) -> None:
    await answered_or_refused(await asyncio.to_thread(serving, 0, busy))


@pytest.mark.skipif(sys.platform != "linux", reason="packet filters are Linux's")
def test_a_kernel_that_takes_no_packet_filter_keeps_no_process_from_ending() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, SO_LOCK_FILTER, 1)
        let_nobody_connect(listener)


async def answered_or_refused(one: Worker) -> None:
    """Told to stop while many connect, it answers each or refuses it, and ends well."""
    url, heard = one.url, Counter[str]()
    callers = [asyncio.create_task(keep_calling(url, heard)) for _ in range(CALLERS)]
    while heard["answered"] <= CALLERS:  # noqa: ASYNC110  (some have come twice, however slow the machine)
        await asyncio.sleep(0.01)
    one.send(signal.SIGTERM)
    await asyncio.gather(*callers)
    assert set(heard) == {"answered", "refused"}, heard
    assert heard["refused"] == CALLERS, heard
    await asyncio.to_thread(one.process.join, 30)
    assert one.process.exitcode == 0


async def keep_calling(url: str, heard: Counter[str]) -> None:
    """A connection for each request, until one is refused or cut."""
    while True:
        try:
            connection = await connect(url)
        except ConnectionRefusedError:
            heard["refused"] += 1
            return
        try:
            await asked(connection)
            heard["answered"] += 1
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            heard[f"cut: {type(error).__name__}"] += 1
            return
        finally:
            connection.writer.close()
