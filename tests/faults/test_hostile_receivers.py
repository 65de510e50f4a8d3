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
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.core.outbound.client import READ_BYTES
from app.main import Process
from app.workers import jobs
from app.workers.loop import Loop
from tests.support.api import Api
from tests.support.consents import given
from tests.support.database import Database
from tests.support.loops import running
from tests.support.members import register
from tests.support.receiver import Receiver, endless, hanging, http, raw, redirection
from tests.support.vouched import Authority, self_signed
from tests.support.webhooks import names_of, registered, sequenced

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
OF_EACH_ENDLESS = 12 if ROUNDS else 6
MANY = 600 if ROUNDS else 12
SOUND = 2
HOST = "core.coop.example"
CANARY = "canary-5f1c"
OK = f"HTTP/1.1 200 {CANARY}\r\nX-Canary: {CANARY}\r\n".encode()
COPIES = """
INSERT INTO outgoing_event SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(), 'position', NULL))).*
FROM outgoing_event e, generate_series(1, $1) WHERE e.id = (SELECT id FROM outgoing_event ORDER BY id LIMIT 1)
"""
STORED = """
SELECT d.endpoint_id::text, d.status, d.log, d.not_before - d.created_at AS patience, octet_length(d.log::text) AS size
FROM webhook_delivery d
"""
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


@dataclass
class Receivers:
    """Who is told. `made`: the endpoints of each kind; `expected`: how a call ends of each kind where it ends at all."""

    api: Api
    authority: Authority
    folder: Path
    stack: AsyncExitStack
    sound: Receiver
    made: dict[str, list[str]] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)

    async def register(self, kind: str, url: str, ending: str) -> None:
        """One more of a kind; nobody may have many endpoints."""
        caller = self.api.as_role("partner", sub=f"partner-{sum(map(len, self.made.values())) // 20}")
        self.made.setdefault(kind, []).append((await registered(caller, url))["id"])
        self.expected[kind] = ending

    async def hostile(self) -> None:
        """All that do harm."""
        for kind, answer in ENDLESS.items():
            receiver = await self.stack.enter_async_context(Receiver.running())
            receiver.usual = answer
            for number in range(OF_EACH_ENDLESS):
                await self.register(kind, f"{receiver.url}/{number}", "")
        for kind, (answer, ending) in ANSWERS.items():
            receiver = await self.stack.enter_async_context(Receiver.running())
            receiver.usual = answer
            await self.register(kind, receiver.url, ending)
        for number in range(OF_EACH_ENDLESS):
            mute = await self.stack.enter_async_context(Receiver.running(silent=True))
            await self.register("mute", f"https://{HOST}:{mute.port}/{number}", "timeout")
        for kind, tls in {
            "expired": self.authority.server(self.folder, HOST, ended=True),
            "misnamed": self.authority.server(self.folder, "other.coop.example"),
            "self-signed": self_signed(self.folder, HOST),
        }.items():
            receiver = await self.stack.enter_async_context(Receiver.running(tls))
            await self.register(kind, f"https://{HOST}:{receiver.port}/", "tls_failed")
        for serve, ending in ((resetting, "tls_failed"), (speaking_plainly, "tls_failed")):
            server = await self.stack.enter_async_context(await asyncio.start_server(serve, "127.0.0.1", 0))
            port = server.sockets[0].getsockname()[1]
            await self.register(serve.__name__, f"https://{HOST}:{port}/", ending)


@asynccontextmanager
async def receivers(api: Api, folder: Path) -> AsyncIterator[Receivers]:
    """The sound ones, at a host that an authority of the tests vouches for."""
    authority = Authority.fresh()
    async with Receiver.running(authority.server(folder, HOST)) as sound, AsyncExitStack() as stack:
        names_of(api).point(HOST, ["127.0.0.1"])
        made = Receivers(api, authority, folder, stack, sound)
        for number in range(SOUND):
            await made.register("sound", f"https://{HOST}:{sound.port}/{number}", "204")
        yield made


def delivering(process: Process, authority: Authority) -> Any:
    """The worker's lanes, which trust the authority and wait longer than the test takes."""
    tls = ssl.create_default_context(cadata=authority.pem.decode())
    outbound = replace(process.outbound, tls=tls, patience=60.0)
    lanes = [job for job in jobs.of(process.settings, outbound) if job.name.startswith("webhooks")]
    return running(process.background, *lanes)


async def attempts(database: Database) -> dict[str, list[Mapping[str, Any]]]:
    """What is kept of each attempt, by endpoint."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in await database.fetch(STORED):
        found.setdefault(row["endpoint_id"], []).extend(json.loads(row["log"]))
    return found


async def told(receiver: Receiver, calls: int) -> float:
    """Returns once a receiver has had so many calls: after how many seconds."""
    began = time.monotonic()
    async with asyncio.timeout(60):
        while len(receiver.got) < calls:  # noqa: ASYNC110  (a receiver tells nobody)
            await asyncio.sleep(0.02)
    return time.monotonic() - began


async def test_whatever_some_do_the_others_get_theirs_meanwhile_and_nothing_of_it_is_kept(
    api: Api, database: Database, tmp_path: Path
) -> None:
    async with receivers(api, tmp_path) as all_of_them:
        sound, process = all_of_them.sound, api.process
        await register(api)
        await given(api)
        await database.execute(COPIES, MANY - 1)
        await sequenced(process)
        async with delivering(process, all_of_them.authority):
            alone = await told(sound, SOUND * MANY)
        await all_of_them.hostile()
        await database.execute(COPIES, MANY)
        await sequenced(process)
        with capture_logs() as logs:
            async with delivering(process, all_of_them.authority) as loop:
                beside = await told(sound, 2 * SOUND * MANY)
                still = await attempts(database)
                for kind in ENDLESS:
                    assert not any(still[one] for one in all_of_them.made[kind]), f"{kind}: to no end yet"
                await all_tried(all_of_them, database, loop)
        assert len(set(sound.ids)) == 2 * MANY
        assert len(sound.ids) == 2 * SOUND * MANY
        if ROUNDS:
            sys.stdout.write(
                f"\n{SOUND * MANY / alone:.0f} deliveries a second to the sound ones alone, "
                f"{SOUND * MANY / beside:.0f} beside {sum(map(len, all_of_them.made.values())) - SOUND} that do harm\n"
            )
        await check(all_of_them, database)
        assert CANARY not in str(logs)


async def all_tried(all_of_them: Receivers, database: Database, loop: Loop) -> None:
    """Returns once each endpoint whose calls end soon was called, and stops the loop."""
    soon = all_of_them.made.keys() - ENDLESS.keys() - {"mute"}
    ends = [one for kind in soon for one in all_of_them.made[kind]]
    async with asyncio.timeout(60):
        while kept := await attempts(database):
            if all(kept[one] for one in ends):
                break
            await asyncio.sleep(0.1)
    loop.stop(at_once=True)


async def check(all_of_them: Receivers, database: Database) -> None:
    """How each call ended is kept, by a code or a number alone."""
    kept = await attempts(database)
    for kind, ending in all_of_them.expected.items():
        for one in all_of_them.made[kind]:
            endings = {str(attempt["failure"] or attempt["status_code"]) for attempt in kept[one]}
            assert endings <= {ending}, kind
            assert all(attempt.keys() == {"at", "status_code", "failure", "milliseconds"} for attempt in kept[one])
    for table in TABLES:
        assert not [row for row in await database.fetch(f"SELECT t::text FROM {table} t") if CANARY in row[0]], table
    rows = await database.fetch(STORED)
    assert max(row["size"] for row in rows) <= READ_BYTES
    patience = [
        row["patience"] for row in rows if row["endpoint_id"] in all_of_them.made["busy"] and row["log"] != "[]"
    ]
    assert min(patience) >= timedelta(hours=2)
    [gone] = all_of_them.made["gone"]
    assert {row["status"] for row in rows if row["endpoint_id"] == gone} == {"failed", "cancelled"}
    assert [
        tuple(row)
        for row in await database.fetch(
            "SELECT id::text, disabled_reason FROM webhook_endpoint WHERE status = 'disabled'"
        )
    ] == [(gone, "gone")]
