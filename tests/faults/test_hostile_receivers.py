"""Whatever receivers of webhooks do, the others get theirs, and nothing of it is kept (RELIABILITY.md 5, promise 13).

The worker's own lanes in one process, and more receivers that come to no end than there are lanes; others answer with what
could hurt. A full round (`SITTHI_FAULT_ROUNDS`) has more of them, and prints how much the sound ones lose by it.
"""

import asyncio
import gzip
import json
import os
import ssl
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from structlog.testing import capture_logs

from app.core.outbound.client import READ_BYTES
from app.main import Process
from app.services import webhook_deliveries
from app.workers import jobs
from app.workers.loop import Loop
from tests.cli.running import FORKS
from tests.support.api import Api
from tests.support.consents import given
from tests.support.database import Database
from tests.support.loops import running
from tests.support.members import register
from tests.support.receiver import Receiver, endless, hanging, http, raw, redirection
from tests.support.vouched import Authority, self_signed
from tests.support.webhooks import names_of, registered

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
OF_EACH_ENDLESS = 12 if ROUNDS else 5
OF_EACH = 2 if ROUNDS else 1
EACH = 100 if ROUNDS else 12
MANY = 3_000 if ROUNDS else 12
SOUND = 2
PATIENCE = timedelta(minutes=4)
HOST = "core.coop.example"
CANARY = "canary-5f1c"
OK = f"HTTP/1.1 200 {CANARY}\r\nX-Canary: {CANARY}\r\n".encode()
COPIES = """
INSERT INTO outgoing_event SELECT (jsonb_populate_record(e, jsonb_build_object(
    'id', gen_random_uuid(), 'position', NULL, 'type', $1::text))).*
FROM outgoing_event e, generate_series(1, $2) WHERE e.id = (SELECT id FROM outgoing_event ORDER BY id LIMIT 1)
"""
TO_SOUND_ONES, TO_ALL = "consent.withdrawn", "consent.granted"
TABLES = ("webhook_delivery", "webhook_endpoint", "audit_entry", "outgoing_event", "outgoing_message")

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

ENDLESS = {
    "slow": hanging,
    "dripping": endless(OK + b"X-Slow: ", b"x", 0.2),
    "hinting": endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.2),
}
HUGE = endless(OK + b"Content-Length: 1000000000\r\n\r\n", CANARY.encode() * 6_000)
FLOOD = raw(OK + b"".join(b"X-%d: %s\r\n" % (number, b"y" * 200) for number in range(20_000)) + b"\r\n")
ANSWERS: Mapping[str, tuple[Any, str]] = {
    "huge": (HUGE, "200"),
    "bomb": (http(gzip.compress(CANARY.encode() + bytes(10_000_000)), content_encoding="gzip"), "200"),
    "redirecting": (redirection(f"http://127.0.0.1:1/{CANARY}"), "307"),
    "gone": (http(CANARY.encode(), "410 Gone"), "410"),
    "busy": (http(CANARY.encode(), f"429 {CANARY}", retry_after="7200"), "429"),
    "refusing": (http(CANARY.encode() * 10_000, f"500 {CANARY}", set_cookie=CANARY), "500"),
    "flooding": (FLOOD, "protocol_error"),
    "raving": (raw(b"SSH-2.0-" + CANARY.encode() + b"\r\n"), "protocol_error"),
    "silent": (raw(b""), "protocol_error"),
}


NEVER_ENDING = ENDLESS.keys() | {"mute"}
HANDSHAKES = ("expired", "misnamed", "self-signed", "resetting", "speaking_plainly")
ENDINGS = {
    **{kind: ending for kind, (_, ending) in ANSWERS.items()},
    **dict.fromkeys(HANDSHAKES, "tls_failed"),
    "mute": "timeout",
    "sound": "204",
}
"""How a call ends, of those that end at all."""


class Harmful(NamedTuple):
    """Where they are, by kind, and the certificate of their authority."""

    urls: Mapping[str, str]
    authority: str


async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """In the middle of the handshake."""
    await reader.read(64)
    writer.transport.abort()


async def speaking_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Where a handshake is expected."""
    await reader.read(64)
    writer.write(OK + b"\r\n")
    await writer.drain()
    writer.close()


@asynccontextmanager
async def harmful(folder: Path) -> AsyncIterator[Harmful]:
    """A receiver of each kind, and those whose handshakes go wrong; who is to call them trusts their authority."""
    authority, found = Authority.fresh(), dict[str, str]()
    async with AsyncExitStack() as stack:
        for kind, answer in {**ENDLESS, **{kind: answer for kind, (answer, _) in ANSWERS.items()}}.items():
            receiver = await stack.enter_async_context(Receiver.running())
            receiver.usual, found[kind] = answer, receiver.url
        mute = await stack.enter_async_context(Receiver.running(silent=True))
        found["mute"] = f"https://{HOST}:{mute.port}"
        for kind, tls in {
            "expired": authority.server(folder, HOST, ended=True),
            "misnamed": authority.server(folder, "other.coop.example"),
            "self-signed": self_signed(folder, HOST),
        }.items():
            receiver = await stack.enter_async_context(Receiver.running(tls))
            found[kind] = f"https://{HOST}:{receiver.port}"
        for serve in (resetting, speaking_plainly):
            server = await stack.enter_async_context(await asyncio.start_server(serve, "127.0.0.1", 0))
            found[serve.__name__] = f"https://{HOST}:{server.sockets[0].getsockname()[1]}"
        yield Harmful(found, authority.pem.decode())


def do_harm(folder: Path, told: Connection) -> None:
    """In a process of their own: be the receivers that do harm, until killed."""

    async def serve() -> None:
        async with harmful(folder) as receivers:
            told.send(receivers)
            await asyncio.Event().wait()

    asyncio.run(serve())


@contextmanager
def harmful_elsewhere(folder: Path) -> Iterator[Harmful]:
    """Receivers that do harm, in a process of their own: what they do costs no time here."""
    ours, theirs = FORKS.Pipe()
    process = FORKS.Process(target=do_harm, args=(folder, theirs))
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


@dataclass
class Endpoints:
    """The endpoints of each kind of receiver; nobody may have many."""

    api: Api
    made: dict[str, list[str]] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return sum(map(len, self.made.values()))

    async def register(self, kind: str, url: str, many: int, *types: str) -> None:
        """So many of a kind, which want to hear of these types."""
        for number in range(many):
            caller = self.api.as_role("partner", sub=f"partner-{self.number // 20}")
            made = await registered(caller, f"{url}/{number}", event_types=types)
            self.made.setdefault(kind, []).append(made["id"])

    def of(self, kinds: Collection[str]) -> Sequence[str]:
        """Those of some kinds."""
        return [one for kind in kinds for one in self.made[kind]]


def delivering(process: Process, *trusted: str) -> AbstractAsyncContextManager[Loop]:
    """The worker's lanes, which trust these authorities and wait longer than a test takes."""
    tls = ssl.create_default_context(cadata="".join(trusted))
    outbound = replace(process.outbound, tls=tls, patience=PATIENCE.total_seconds())
    lanes = [job for job in jobs.of(process.settings, outbound) if job.name.startswith(("webhooks", "event_feed"))]
    return running(process.background, *lanes)


async def told(sound: Receiver, database: Database, loop: Loop, events: int) -> float:
    """Much happens that these alone want to know; returns once they know of all `events`: after how many seconds."""
    began = time.monotonic()
    await database.execute(COPIES, TO_SOUND_ONES, MANY)
    loop.wake()
    await until(lambda: has_got(sound, SOUND * events))
    return time.monotonic() - began


async def has_got(receiver: Receiver, calls: int) -> bool:
    return len(receiver.got) >= calls


async def until(ready: Callable[[], Awaitable[bool]]) -> None:
    """Returns once it is so."""
    async with asyncio.timeout(200 if ROUNDS else 60):
        while not await ready():  # noqa: ASYNC110  (what is waited for tells nobody)
            await asyncio.sleep(0.1)


async def test_whatever_some_do_the_others_get_theirs_meanwhile_and_nothing_of_it_is_kept(
    api: Api, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_deliveries, "LEASE", PATIENCE * 2)
    authority, endpoints = Authority.fresh(), Endpoints(api)
    names_of(api).point(HOST, ["127.0.0.1"])
    trusted = authority.pem.decode()
    async with Receiver.running(authority.server(tmp_path, HOST)) as sound:
        with harmful_elsewhere(tmp_path) as harmful:
            await endpoints.register("sound", f"https://{HOST}:{sound.port}", SOUND, TO_SOUND_ONES, TO_ALL)
            await register(api)
            await given(api)
            async with delivering(api.process, trusted) as loop:
                alone = await told(sound, database, loop, 1 + MANY)
            for kind, url in harmful.urls.items():
                await endpoints.register(kind, url, OF_EACH_ENDLESS if kind in NEVER_ENDING else OF_EACH, TO_ALL)
            await database.execute(COPIES, TO_ALL, EACH)
            with capture_logs() as logs:
                async with delivering(api.process, trusted, harmful.authority) as loop:
                    try:
                        await until(lambda: all_hang(endpoints, database))
                        beside = await told(sound, database, loop, 1 + MANY + EACH + MANY)
                        assert await all_hang(endpoints, database)
                        await until(lambda: all_tried(endpoints, database))
                    finally:
                        loop.stop(at_once=True)
        assert len(set(sound.ids)) * SOUND == len(sound.ids) == SOUND * (1 + MANY + EACH + MANY)
        assert CANARY not in str(logs)
        await check(endpoints, database)
    if ROUNDS:
        rates = [f"{SOUND * MANY / seconds:.0f}" for seconds in (alone, beside)]
        sys.stdout.write(
            f"\n{rates[0]} deliveries a second to {SOUND} alone, {rates[1]} beside {endpoints.number - SOUND} that do harm\n"
        )


async def attempts(database: Database) -> dict[str, list[Mapping[str, Any]]]:
    """What is kept of each attempt, by endpoint."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in await database.fetch("SELECT endpoint_id::text, log FROM webhook_delivery"):
        found.setdefault(row["endpoint_id"], []).extend(json.loads(row["log"]))
    return found


async def those(database: Database, condition: str) -> set[str]:
    """Endpoints with such a delivery."""
    rows = await database.fetch(f"SELECT DISTINCT endpoint_id::text AS id FROM webhook_delivery WHERE {condition}")
    return {row["id"] for row in rows}


async def all_hang(endpoints: Endpoints, database: Database) -> bool:
    """Whether each that never ends a call is being called, and no call of it has come to an end."""
    never = set(endpoints.of(ENDLESS))
    return never <= await those(database, "lease_until > now()") and not never & await those(database, "log <> '[]'")


async def all_tried(endpoints: Endpoints, database: Database) -> bool:
    """Whether each was called whose call ends."""
    return set(endpoints.of(endpoints.made.keys() - NEVER_ENDING)) <= await those(database, "log <> '[]'")


async def check(endpoints: Endpoints, database: Database) -> None:
    """How each call ended is kept, by a code or a number alone."""
    kept = await attempts(database)
    for kind, made in endpoints.made.items():
        for attempt in (attempt for one in made for attempt in kept[one]):
            assert str(attempt["failure"] or attempt["status_code"]) == ENDINGS[kind], kind
            assert attempt.keys() == {"at", "status_code", "failure", "milliseconds"}
    for table in TABLES:
        assert not [row for row in await database.fetch(f"SELECT t::text FROM {table} t") if CANARY in row[0]], table
    [largest] = await database.fetch("SELECT max(octet_length(log::text)) AS bytes FROM webhook_delivery")
    assert largest["bytes"] <= READ_BYTES
    busy, gone = endpoints.made["busy"], endpoints.made["gone"]
    patience = (
        "SELECT not_before - created_at AS patience FROM webhook_delivery WHERE endpoint_id = ANY($1) AND log <> '[]'"
    )
    assert all(row["patience"] >= timedelta(hours=2) for row in await database.fetch(patience, busy))
    states = await database.fetch("SELECT DISTINCT status FROM webhook_delivery WHERE endpoint_id = ANY($1)", gone)
    assert {row["status"] for row in states} == {"failed", "cancelled"}
    disabled = await database.fetch("SELECT id::text, disabled_reason FROM webhook_endpoint WHERE status = 'disabled'")
    assert {tuple(row) for row in disabled} == {(one, "gone") for one in gone}
