"""What was acknowledged is there, once, whoever is killed (RELIABILITY.md 5, promises 21 and 26).

A real service on a real disk. Clients repeat each call under its Idempotency-Key until it is acknowledged, while the
service and its PostgreSQL are killed at random. `SITTHI_FAULT_ROUNDS` says how often (1 when unset), each time with more
kills than in the one round of every day; each round draws from a seed that it names on failure.
"""

import asyncio
import os
import random
import ssl
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from app.core.embedded import start_embedded
from tests.cli.running import Serving, sandbox, serving
from tests.embedded_processes import fresh_data_dir, kill_all, postmaster, server_processes
from tests.support.members import particulars
from tests.support.requests import erasure

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
KILLS = 8 if ROUNDS else 3
CLIENTS = 8
UNUSED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Each call is a client of its own, and need not read all authorities for it."""
VICTIMS = ("service", "postmaster", "server", "service and server")

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120 + 20 * KILLS)]


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    with fresh_data_dir(place=tempfile.gettempdir()) as directory:
        yield directory


@dataclass(frozen=True)
class Write:
    """One call, and what will name its effect in the database."""

    key: str
    path: str
    body: dict[str, Any]
    role: str


@dataclass
class Clients:
    """Callers that know what they were told; `ledger` holds the id of what each key has made."""

    draw: random.Random
    name: str
    url: str = ""
    stopping: bool = False
    tried: dict[str, Write] = field(default_factory=dict)
    ledger: dict[str, str] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    tokens: dict[str, str] = field(default_factory=dict)
    running: list["asyncio.Task[None]"] = field(default_factory=list)

    async def begin(self) -> None:
        """Tokens, and a member for each client."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:
            for who in ("dpo", "core_banking", *map(self._member, range(CLIENTS))):
                person = {"role": "member", "subject_ref": who} if who.startswith("M-") else {"role": who}
                made = await http.post("/sandbox/tokens", json=person)
                self.tokens[who] = f"Bearer {made.json()['access_token']}"
            core = {"Authorization": self.tokens["core_banking"]}
            for client in range(CLIENTS):
                put = await http.put(f"/v1/subjects/{self._member(client)}", json=particulars(), headers=core)
                assert put.status_code == 201, put.text

    async def get_on(self, writes: int) -> None:
        """Returns after so many further writes; raises what a client failed with."""
        aim = self.answers["made"] + writes
        for _ in range(3000):
            for failed in (task for task in self.running if task.done()):
                failed.result()
            if self.answers["made"] >= aim:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"nobody gets on: {self.answers}")

    def _member(self, client: int) -> str:
        return f"M-{self.name}-{client}"

    def _next(self, client: int, number: int) -> Write:
        key, member = f"{self.name}-{client}-{number}", self._member(client)
        if number % 2:
            body = {"subject_ref": member, "reason": "a case", "provision": f"case {key}", "record_refs": None}
            return Write(key, "/v1/legal-holds", body, "dpo")
        return Write(key, "/v1/requests/erasure", erasure(member, scope={"record_refs": [key]}), member)

    async def write(self, client: int) -> None:
        """One acknowledged write after the other; at the end the last one is still repeated until it is acknowledged."""
        number = 0
        while not self.stopping:
            number += 1
            write = self.tried.setdefault(f"{self.name}-{client}-{number}", self._next(client, number))
            told = [await self._acknowledged(write) for _ in range(1 if self.draw.random() < 0.7 else 2)]
            assert len(set(told)) == 1, f"{write.key} was told of two different effects"
            self.ledger[write.key] = told[0]

    async def _acknowledged(self, write: Write) -> str:
        while True:
            async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=10, verify=UNUSED) as http:
                headers = {"Authorization": self.tokens[write.role], "Idempotency-Key": write.key}
                try:
                    answer = await http.post(write.path, json=write.body, headers=headers)
                except httpx.HTTPError:
                    self.answers["none"] += 1
                else:
                    if answer.is_success:
                        self.answers["replayed" if "Idempotency-Replayed" in answer.headers else "made"] += 1
                        return str(answer.json()["id"])
                    self.answers[answer.json()["code"]] += 1
            await asyncio.sleep(self.draw.uniform(0.02, 0.2))


@asynccontextmanager
async def writing(clients: Clients) -> AsyncIterator[None]:
    """All clients at work; none of them fails, and at the end each has an answer."""
    clients.running = [asyncio.create_task(clients.write(client)) for client in range(CLIENTS)]
    try:
        yield
        clients.stopping = True
        await asyncio.gather(*clients.running)
    finally:
        for task in clients.running:
            task.cancel()
        await asyncio.gather(*clients.running, return_exceptions=True)


async def kill_at_random(clients: Clients, data_dir: Path, services: ExitStack, service: Serving) -> Serving:
    """Kills, and starts again what does not start by itself; waits each time until clients get on. The last service."""
    for _ in range(KILLS):
        await clients.get_on(CLIENTS)
        await asyncio.sleep(clients.draw.uniform(0, 0.5))
        victim = clients.draw.choice(VICTIMS)
        pids = [service.process.pid] if "service" in victim else []
        pids += [postmaster(data_dir)] if victim == "postmaster" else []
        pids += server_processes(data_dir) if "server" in victim.split() else []
        await asyncio.to_thread(kill_all, pids)
        if "service" in victim:
            service = await start(clients, data_dir, services)
    await clients.get_on(CLIENTS)
    return service


async def start(clients: Clients, data_dir: Path, services: ExitStack) -> Serving:
    """A service, once it is ready."""
    service = services.enter_context(serving(**settings(data_dir)))
    clients.url = await asyncio.to_thread(service.ready)
    return service


def settings(data_dir: Path) -> dict[str, str]:
    """The issuer of the tokens stays the same, whatever port the service gets."""
    return sandbox(data_dir, SITTHI_PUBLIC_URL="http://sitthi.test")


@pytest.mark.parametrize("seed", range(max(ROUNDS, 1)))
async def test_every_acknowledged_write_is_there_exactly_once(data_dir: Path, seed: int) -> None:
    clients = Clients(random.Random(seed), f"s{seed}")
    with ExitStack() as services:
        service = await start(clients, data_dir, services)
        await clients.begin()
        async with writing(clients):
            last = await kill_at_random(clients, data_dir, services, service)
        assert (await asyncio.to_thread(last.end)).code == 0
    with start_embedded(data_dir) as server:
        await check(clients, server.dsn_owner)
    assert set(clients.answers) <= {"made", "replayed", "none", "unavailable", "idempotency_in_progress"}, (
        clients.answers
    )


async def check(clients: Clients, dsn: str) -> None:
    """The database against the ledger: each effect once, with its event and its audit entry, and nothing besides."""
    connection = await asyncpg.connect(dsn)
    try:
        like = f"{clients.name}-%"
        holds = await connection.fetch(
            "SELECT substr(provision, 6) AS key, id::text FROM legal_hold WHERE provision LIKE 'case ' || $1", like
        )
        requests = await connection.fetch(
            "SELECT scope->'scope'->'record_refs'->>0 AS key, id::text FROM rights_request "
            "WHERE scope->'scope'->'record_refs'->>0 LIKE $1",
            like,
        )
        found = [*holds, *requests]
        assert {row["key"]: row["id"] for row in found} == clients.ledger, (
            "nothing lost, nothing that nobody was told of"
        )
        assert len(found) == len(clients.ledger) > CLIENTS, "nothing twice"
        for table, column, wanted in (
            ("audit_entry", "object_id", "action IN ('legal_hold.placed', 'request.submitted')"),
            ("outgoing_event", "coalesce(data->>'hold_id', data->>'request_id')", "type ~ '(placed|received)$'"),
        ):
            rows = await connection.fetch(f"SELECT {column} AS id FROM {table} WHERE {wanted}")
            told = Counter(row["id"] for row in rows)
            assert {told[made] for made in clients.ledger.values()} == {1}, table
        kept = await connection.fetchval("SELECT count(*) FROM kept_answer WHERE key LIKE $1", like)
        assert kept == len(clients.ledger)
    finally:
        await connection.close()
