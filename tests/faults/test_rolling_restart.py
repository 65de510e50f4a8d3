"""Nobody notices that every process is stopped and started again in turn (RELIABILITY.md 5, promise 35).

Two `sitthi serve` and two `sitthi worker` over one database, each in turn ended by SIGTERM under load and replaced, again and
again. Half of the callers come through a proxy that watches `/readyz` and keeps its connections, half through one that knows
nothing of readiness; neither repeats a POST that it has sent. `SITTHI_FAULT_ROUNDS` says how many rounds, three at most, of more
restarts each and with the drain that a deployer gets; when it is unset, there is one small round. Each draws its order from a
seed.
"""

import asyncio
import hashlib
import json
import os
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from app.core.embedded import start_embedded
from app.core.settings import Mode, Settings
from app.main import create_app
from app.startup import process
from tests.cli.running import sandbox
from tests.embedded_processes import fresh_data_dir
from tests.support.api import Api
from tests.support.errands import TABLES, Book
from tests.support.evaluations import ONE, question
from tests.support.holds import hold
from tests.support.members import push, record, register
from tests.support.packages import asked, built, claimed, row
from tests.support.proxy import Proxy, Upstream, proxying
from tests.support.receiver import Receiver
from tests.support.webhooks import registered
from tests.support.workers import Worker, with_errands

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
RESTARTS, DRAIN = (3, None) if ROUNDS else (1, "1")
"""How often each process is restarted in a round; the drain, None for the one that a deployer gets."""
LONGEST_STOP = 40.0
SYSTEM, MEMBER, COLLECTED = "core_banking", "M-1", "M-2"
PIECE = 64 * 1024
REFS = [f"D-{number}" for number in range(12)]
"""The records of the package, each of some 256 KiB that nothing compresses well."""
ADD_ERRANDS = "INSERT INTO toy (id, seconds) VALUES ($1, random() * 0.3)"
pytestmark = [pytest.mark.faults, pytest.mark.timeout(120 + 120 * RESTARTS)]


@dataclass
class Callers:
    """Who calls through one proxy. `failed`: what went otherwise than it must; `made`: what each was told, by kind."""

    proxy: Proxy
    http: httpx.AsyncClient
    api: Api
    name: str
    request: str
    parts: str
    refs: list[str]
    digest: str = ""
    stopping: bool = False
    made: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))

    def everybody(self) -> list[Callable[[], Awaitable[None]]]:
        return [self.read, self.read, *[self.decide] * 4, self.write, self.write, self.download, self.upload]

    async def keep(self, doing: Callable[[], Awaitable[None]]) -> None:
        """One caller, on and on; what fails is noted, and does not end it."""
        while not self.stopping:
            try:
                await doing()
            except (httpx.HTTPError, AssertionError) as error:
                self.failed.append(f"{self.name} {getattr(doing, '__name__', '')}: {type(error).__name__} {error}")
            await asyncio.sleep(0.05)

    async def call(self, method: str, path: str, caller: Api, status: int, **options: Any) -> httpx.Response:
        """One call, made once; a POST has its key, and is told of nothing that it did before."""
        headers = {"Authorization": f"Bearer {caller.token}", **options.pop("headers", {})}
        if method == "POST":
            headers["Idempotency-Key"] = f"{self.name}-{next(self.numbers)}"
        answer = await self.http.request(method, path, headers=headers, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:200]}"
        assert "Idempotency-Replayed" not in answer.headers, "nobody had asked before"
        self.made[f"{method} {status}"] += 1
        return answer

    async def read(self) -> None:
        await self.call("GET", "/v1/purposes", self.api.staff, 200)

    async def decide(self) -> None:
        asked = await self.call("POST", ONE, self.api.core, 200, json=question(of=MEMBER))
        assert asked.json()["decision"] is True

    async def write(self) -> None:
        placed = await self.call("POST", "/v1/legal-holds", self.api.dpo, 201, json=hold(MEMBER))
        self.holds.append(placed.json()["id"])
        body = {"reason": "over"}
        await self.call("POST", f"/v1/legal-holds/{self.holds[-1]}/release", self.api.dpo, 200, json=body)

    async def download(self) -> None:
        """A package, read slowly to its end."""
        member = self.api.member(MEMBER)
        made = await self.call("POST", f"{self.request}/package/links", member, 201)
        path, digest = made.json()["url"].removeprefix("http://sitthi.test"), hashlib.sha256()
        headers = {"Authorization": f"Bearer {member.token}"}
        async with self.http.stream("GET", path, headers=headers) as answer:
            assert answer.status_code == 200, f"download: {answer.status_code}"
            async for piece in answer.aiter_raw(PIECE):
                digest.update(piece)
                await asyncio.sleep(0.02)
        self.digest = self.digest or digest.hexdigest()
        assert digest.hexdigest() == self.digest, "not the same package"
        self.made["downloads"] += 1

    async def upload(self) -> None:
        """A part of a package, sent slowly; the proxy streams it, and so could not send it a second time."""
        sent = json.dumps(rows(self.refs)).encode()

        async def slowly() -> AsyncIterator[bytes]:
            for at in range(0, len(sent), PIECE):
                yield sent[at : at + PIECE]
                await asyncio.sleep(0.05)

        headers = {"Content-Type": "application/json"}
        answer = await self.call("PUT", self.parts, self.api.core, 200, content=slowly(), headers=headers)
        assert answer.json()["size"] == len(sent)
        self.made["uploads"] += 1


@dataclass
class Rig:
    """Two processes that serve and two that work. `stops`: how long each took to end."""

    data_dir: Path
    owner: str
    place: Path
    book: Book
    closed: str
    upstreams: list[list[Upstream]] = field(default_factory=list)
    serving: list[Worker] = field(default_factory=list)
    working: list[Worker] = field(default_factory=list)
    stops: list[float] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))

    def start(self, word: str) -> Worker:
        drain = {"SITTHI_DRAIN_SECONDS": DRAIN} if DRAIN else {}
        variables = {
            "SITTHI_PUBLIC_URL": "http://sitthi.test",
            "SITTHI_WORKER": "separate",
            "SITTHI_PORT": "0",
            **drain,
        }
        first = partial(with_long_leases, self.book.path)
        return Worker(sandbox(self.data_dir, **variables), self.place / str(next(self.numbers)), first, word)

    async def begin(self) -> None:
        """All four, at work."""
        self.serving, self.working = [self.start("serve") for _ in range(2)], [self.start("worker") for _ in range(2)]
        for number in range(2):
            await asyncio.to_thread(self.working[number].ready)
            await self.known(number)

    async def known(self, number: int) -> None:
        """The proxies know the address of a process, once it serves; who watches has seen that it is ready."""
        await asyncio.to_thread(self.serving[number].ready)
        for upstreams in self.upstreams:
            upstreams[number].url = self.serving[number].url
        while not self.upstreams[0][number].ready:  # noqa: ASYNC110  (as a person waits who restarts one after the other)
            await asyncio.sleep(0.02)

    async def stop(self, one: Worker) -> None:
        """Told to stop, it ends well; one that does not end at all is killed."""
        begun = time.monotonic()
        os.kill(one.pid, 15)
        await asyncio.to_thread(one.process.join, LONGEST_STOP)
        self.stops.append(time.monotonic() - begun)
        assert one.process.exitcode == 0, f"{one.process.exitcode} after {self.stops[-1]:.0f} s: {one.err.read_text()}"

    async def restart_serving(self, draw: random.Random) -> None:
        for number in draw.sample(range(2), 2):
            await asyncio.sleep(draw.uniform(0, 0.3))
            await self.stop(self.serving[number])
            for upstreams in self.upstreams:
                upstreams[number].url = self.closed
            self.serving[number] = self.start("serve")
            await self.known(number)

    async def restart_working(self, draw: random.Random) -> None:
        for number in draw.sample(range(2), 2):
            await asyncio.sleep(draw.uniform(0, 0.3))
            await self.stop(self.working[number])
            self.working[number] = self.start("worker")
            await asyncio.to_thread(self.working[number].ready)

    async def fall_due(self) -> None:
        """An errand, again and again."""
        while True:
            await self.ask(ADD_ERRANDS, next(self.numbers))
            await asyncio.sleep(0.2)

    async def ask(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.owner)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(query, *arguments)
            return rows
        finally:
            await connection.close()

    async def all_done(self) -> None:
        """Returns once no errand and no delivery waits."""
        left = """
        SELECT (SELECT count(*) FROM toy WHERE NOT done) + (SELECT count(*) FROM outgoing_event WHERE position IS NULL)
             + (SELECT count(*) FROM webhook_delivery WHERE status = 'pending') AS waiting
        """
        for _ in range(600):
            if not (await self.ask(left))[0]["waiting"]:
                return
            await asyncio.sleep(0.2)
        raise AssertionError("something is never done")


def with_long_leases(book: Path) -> None:
    """Nobody takes over what a process that was told to stop has begun: it is to finish that itself."""
    with_errands(book, timedelta(minutes=5))


@asynccontextmanager
async def prepared_rig(receiver: Receiver) -> AsyncIterator[tuple[Rig, Api, str, str]]:
    """A database with a member whose package is built, and a task of another's to deliver parts for."""
    with (
        fresh_data_dir() as data_dir,
        tempfile.TemporaryDirectory() as place,
        start_embedded(data_dir) as server,
        socket.socket() as closed,
    ):
        closed.bind(("127.0.0.1", 0))
        settings = Settings(mode=Mode.SANDBOX, data_dir=data_dir, public_url="http://sitthi.test")
        async with process(settings, lambda _: nullcontext()) as parts, Api.over(create_app(parts), parts) as api:
            address = f"http://127.0.0.1:{closed.getsockname()[1]}"
            rig = Rig(data_dir, server.dsn_owner, Path(place), Book(Path(place, "book")), address)
            for statement in TABLES.split(";")[:3]:
                await rig.ask(statement)
            wanted = ["legal_hold.placed", "legal_hold.released"]
            await registered(api.core, receiver.url, event_types=wanted)
            yield rig, api, await packed(api), await to_deliver(api)


def rows(refs: list[str]) -> list[dict[str, Any]]:
    """Records as a system delivers them."""
    return [row(ref, **{f"scan_{number}": os.urandom(PIECE // 2).hex() for number in range(4)}) for ref in refs]


async def packed(api: Api) -> str:
    """The path of a request whose package can be downloaded."""
    await register(api, MEMBER)
    await push(api, MEMBER, *map(record, REFS))
    path = await asked(api, subject_ref=MEMBER)
    task = await claimed(api, path)
    assert (await task.put("a", rows(REFS))).status_code == 200
    assert (await task.complete(parts=["a"])).status_code == 200
    assert await built(api)
    return path


async def to_deliver(api: Api) -> str:
    """The path of a part, under a claim that lasts."""
    await register(api, COLLECTED)
    await push(api, COLLECTED, *map(record, REFS))
    task = await claimed(api, await asked(api, subject_ref=COLLECTED), seconds=3600)
    return f"/v1/tasks/{task.id}/parts"


@asynccontextmanager
async def calling(rig: Rig, api: Api, request: str, parts: str) -> AsyncIterator[list[Callers]]:
    """Both proxies, and all who call through them, until the end of the block."""
    async with AsyncExitStack() as stack:
        everybody = []
        for name, watching, refs in (("watching", True, REFS[:4]), ("plain", False, REFS[4:8])):
            rig.upstreams.append([Upstream(rig.closed), Upstream(rig.closed)])
            proxy = await stack.enter_async_context(proxying(rig.upstreams[-1], watching=watching))
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=proxy.url, timeout=60, trust_env=False))
            everybody.append(Callers(proxy, http, api, name, request, f"{parts}/{name}", refs))
        await rig.begin()
        running = [asyncio.create_task(callers.keep(one)) for callers in everybody for one in callers.everybody()]
        due = asyncio.create_task(rig.fall_due())
        try:
            yield everybody
            for callers in everybody:
                callers.stopping = True
            due.cancel()
            await asyncio.gather(*running)
        finally:
            for task in (due, *running):
                task.cancel()
            await asyncio.gather(due, *running, return_exceptions=True)


@pytest.mark.parametrize("seed", range(min(ROUNDS, 3) or 1))
async def test_no_request_fails_and_no_job_stays_half_done_while_all_are_restarted(seed: int) -> None:
    draw = random.Random(seed)
    async with Receiver.running() as receiver, prepared_rig(receiver) as (rig, api, request, parts):
        try:
            async with calling(rig, api, request, parts) as everybody:
                for _ in range(RESTARTS):
                    await asyncio.gather(rig.restart_serving(draw), rig.restart_working(draw))
            await rig.all_done()
            for one in (*rig.serving, *rig.working):
                await rig.stop(one)
        finally:
            for one in (*rig.serving, *rig.working):
                await asyncio.to_thread(one.kill)
        told = f"seed {seed}: {tell(rig, everybody)}"
        sys.stdout.write(f"{told}\n")
        await check(rig, everybody, receiver, told)


def tell(rig: Rig, everybody: list[Callers]) -> str:
    seen = {callers.name: {**callers.made, **callers.proxy.seen} for callers in everybody}
    return f"{len(rig.stops)} stops of {min(rig.stops):.1f} to {max(rig.stops):.1f} s; {seen}"


async def check(rig: Rig, everybody: list[Callers], receiver: Receiver, told: str) -> None:
    """No caller was told anything wrong; what they were told is there once; each job was ended by who began it."""
    assert [failure for callers in everybody for failure in callers.failed] == [], told
    smooth = {"refused, so asked the next", "connection used again"}
    assert all(callers.proxy.seen.keys() <= smooth for callers in everybody), f"{told}: cut, though perhaps sent again"
    assert all(callers.made["downloads"] and callers.made["uploads"] for callers in everybody), told
    placed = [str(row["id"]) for row in await rig.ask("SELECT id FROM legal_hold")]
    assert sorted(placed) == sorted(one for callers in everybody for one in callers.holds), told
    begun = Counter((line.id, line.fence, line.pid) for line in rig.book.lines("began"))
    settled = await rig.ask("SELECT id, fence, pid FROM toy_settled")
    assert begun == Counter(map(tuple, settled)), f"{told}: what one began, that one settled"
    [toys] = await rig.ask("SELECT count(*) AS all, count(*) FILTER (WHERE done AND attempts = 1) AS once FROM toy")
    assert toys["all"] == toys["once"] == len(settled) > 0, told
    events = [str(row["id"]) for row in await rig.ask("SELECT id FROM outgoing_event WHERE type ~ '^legal_hold'")]
    assert sorted(receiver.ids) == sorted(events), f"{told}: each webhook was sent once"
