"""No webhook reaches inside (RELIABILITY.md 5, promise 11; 4, SSRF): not one packet.

Each scene is played in a process that has a network of its own. There every private address is the machine's own and
listened on; a name server of the tests' own, which the machine's resolver asks, moves names about; and each packet that
leaves is counted by its destination. The service in it is the whole one, API and worker, with nothing replaced.
"""

import asyncio
import json
import os
import random
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unicodedata import is_normalized

import pytest

from app.core.clock import Clock
from app.core.database import Lane, create_engine
from app.core.sealing import KeyRing, new_key
from app.core.settings import Mode, Settings
from app.main import Process, attended, create_app, prepare
from app.policies.loader import load_pack
from tests.support.api import Api, problem
from tests.support.clock import advance
from tests.support.consents import given
from tests.support.database import Database
from tests.support.members import register
from tests.support.name_server import NameServer
from tests.support.own_network import NAME_SERVER, Packets, needs_a_network, play
from tests.support.packs import CHANTHABURI
from tests.support.receiver import ACCEPTED, Receiver, http
from tests.support.targets import PRIVATE, SPELLINGS, TRICKS
from tests.support.vouched import certified
from tests.support.webhooks import PATH, endpoint, registered

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
OUTSIDE = PUBLIC, PUBLIC_6 = "93.184.215.14", "2606:2800:220:1::14"
NOWHERE = frozenset({"0.0.0.0", "::", "224.0.0.1", "239.255.255.250", "255.255.255.255", "ff02::1", "ff0e::1"})  # noqa: S104
"""Private addresses that no connection ends at; a mapped one is the IPv4 address that it stands for."""
INSIDE = tuple(one for one in PRIVATE if one not in NOWHERE and not one.startswith("::ffff:"))
OPERATORS = "core.public.example"
PER_OWNER = 20
REDIRECTIONS = (
    *("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"),
    *("300 Multiple Choices", "305 Use Proxy"),
)
CLAIMED = """
SELECT split_part(split_part(url, '/', 3), ':', 1) AS host, fence
FROM webhook_delivery JOIN webhook_endpoint endpoint ON endpoint.id = endpoint_id
"""
"""How often each was claimed at most: a call that could not be recorded is no attempt, but was made."""
SOME = len(INSIDE) if ROUNDS else 8

pytestmark = [pytest.mark.faults, needs_a_network, pytest.mark.timeout(240)]


@dataclass
class Scenery:
    """The service in its network. `made`: the endpoints, by name."""

    api: Api
    database: Database
    names: NameServer
    packets: Packets
    inside: Receiver
    outside: Receiver
    made: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def owner(self) -> Api:
        """Whoever may still register: nobody may have many."""
        return self.owner_of(len(self.made))

    def owner_of(self, number: int) -> Api:
        """Who registered the endpoint of this number."""
        return self.api.as_role("partner", sub=f"partner-{number // PER_OWNER}")

    def reached(self) -> set[str]:
        """Every address that a packet went to, but for the name server's."""
        return {str(address) for address in self.packets.counts} - {NAME_SERVER}

    async def register(self, host: str, *answers: Sequence[str]) -> str:
        """An endpoint at a name of the outside, with the addresses that it has from then on; returns the name."""
        name = f"{host}.public.example"
        self.names.point(name, *answers)
        self.made[name] = await registered(self.owner, f"https://{name}/hooks")
        return name

    async def redeliver(self, name: str) -> None:
        """What was sent to an endpoint is sent again on request."""
        path, owner = f"{PATH}/{self.made[name]['id']}/deliveries", self.owner_of([*self.made].index(name))
        [one] = (await owner.get(path)).json()["items"]
        assert (await owner.post(f"{path}/{one['id']}/redelivery")).status_code == 200

    async def tried(self, times: int, *names: str) -> Mapping[str, Sequence[str]]:
        """How each attempt went to reach each endpoint, once the worker has tried so often with all, or with some."""
        while True:
            told = await self._told()
            if all(len(told[name]) >= times for name in names or told):
                return told
            await asyncio.sleep(0.1)

    async def _told(self) -> Mapping[str, Sequence[str]]:
        names = {made["id"]: name for name, made in self.made.items()}
        found: dict[str, list[str]] = {name: [] for name in self.made}
        for row in await self.database.fetch("SELECT endpoint_id::text, log FROM webhook_delivery"):
            attempts = [str(one["failure"] or one["status_code"]) for one in json.loads(row["log"])]
            found[names[row["endpoint_id"]]] += attempts
        return found


@asynccontextmanager
async def scenery(database: Database, *allow: str) -> AsyncIterator[Scenery]:
    """The service as it runs, over a database that it reaches by a file; and receivers everywhere."""
    with tempfile.TemporaryDirectory() as folder, Packets.counted() as packets:
        server, _ = certified(Path(folder), "*.public.example")
        os.environ["SSL_CERT_FILE"] = str(Path(folder, "authority.pem"))
        settings = Settings(
            mode=Mode.SANDBOX, public_url="http://sitthi.test", data_dir=Path(folder), webhook_allow=allow
        )
        engine, lane = create_engine(database.service, name="network"), Lane(database.service, name="network")
        pack, ring = load_pack(CHANTHABURI.name), KeyRing({"network": new_key()})
        prepared = await prepare(settings, engine, lane, Clock(), pack, ring)
        async with (
            NameServer.running(NAME_SERVER) as names,
            Receiver.running(server, at=OUTSIDE, port=443) as outside,
            Receiver.running(server, at=[_within_reach(one) for one in INSIDE], port=443) as inside,
            Api.over(create_app(prepared), prepared) as api,
        ):
            yield Scenery(api, database, names, packets, inside, outside)
        lane.close()
        await engine.dispose()


def _within_reach(address: str) -> str:
    return f"{address}%lo" if address.startswith("fe80") else address


def hiding(number: int, names: NameServer) -> Mapping[str, Sequence[str]]:
    """Answers of a name server that lead to the private address of this number, each in another way."""
    inside = PRIVATE[number]
    names.point(f"alias-{number}.example", [f"another-{number}.example"])
    names.point(f"another-{number}.example", [inside])
    return {
        "alone": [inside],
        "first": [inside, *OUTSIDE],
        "last": [*(f"93.184.215.{number}" for number in range(20, 36)), inside],
        "other-family": [PUBLIC if ":" in inside else PUBLIC_6, inside],
        "alias": [f"alias-{number}.example"],
    }


def literal(address: str) -> str:
    return f"[{address}]" if ":" in address else address


async def registration(database: Database, seed: int) -> None:
    """Endpoints that lead inside, as they are written or by their names, are registered, and another is changed to them."""
    draw = random.Random(seed)
    async with scenery(database, OPERATORS) as here:
        await here.register("kept", [PUBLIC])
        [kept] = here.made.values()
        for number, inside in enumerate(PRIVATE):
            urls = [f"https://{literal(inside)}/"]
            hidden = hiding(number, here.names)
            for way in hidden if ROUNDS else draw.sample(sorted(hidden), 2):
                here.names.point(f"{way}-{number}.public.example", hidden[way])
                urls.append(f"https://{way}-{number}.public.example/")
            for url in urls:
                assert problem(await here.owner.post(PATH, endpoint(url))) == (422, "not_allowed"), url
            for url in urls if ROUNDS else draw.sample(urls, 1):
                refused = await here.owner.call("PATCH", f"{PATH}/{kept['id']}", json={"url": url})
                assert problem(refused) == (422, "not_allowed"), url
        for url in (*TRICKS, *(f"https://{spelling}/" for spelling in SPELLINGS)):
            if is_normalized("NFC", url):  # else another address is kept, and that one is taken or not
                assert (await here.owner.post(PATH, endpoint(url))).status_code == 422, url
        assert here.packets[NAME_SERVER] > 2 * len(PRIVATE)
        assert here.reached() == set()


async def rebinding(here: Scenery, draw: random.Random) -> None:
    """Names that were outside when they were registered are inside from the next question on: each private address is one's."""
    for number, _ in enumerate(PRIVATE):
        hidden = hiding(number, here.names)
        for way in hidden if ROUNDS else draw.sample(sorted(hidden), 1):
            await here.register(f"{way}-{number}", [draw.choice(OUTSIDE)], hidden[way])


async def moved(here: Scenery, insides: Sequence[str]) -> None:
    """Endpoints are changed to names that are outside then, and inside from the next question on."""
    for number, inside in enumerate(insides):
        name = await here.register(f"moved-{number}", [PUBLIC])
        host, owner = f"to-{number}.public.example", here.owner_of(len(here.made) - 1)
        here.names.point(host, [PUBLIC], [inside])
        change = {"url": f"https://{host}/hooks"}
        answer = await owner.call("PATCH", f"{PATH}/{here.made[name]['id']}", json=change)
        assert answer.status_code == 200, answer.text


async def redirecting(here: Scenery, insides: Sequence[str]) -> Sequence[str]:
    """Receivers of the outside send the caller to private addresses; returns the names that they send it to."""
    answers, names = {}, [f"inside-{number}.example" for number, _ in enumerate(insides)]
    for number, (name, inside) in enumerate(zip(names, insides, strict=True)):
        here.names.point(name, [inside])
        to = name if number % 2 else literal(inside)
        away = {"location": f"https://{to}/", "refresh": f"0; url=https://{to}/", "alt_svc": f'h2="{to}:443"; ma=9'}
        host = await here.register(f"redirecting-{number}", [PUBLIC])
        answers[host] = http(b"", REDIRECTIONS[number % len(REDIRECTIONS)], **away)

    async def by_name(writer: asyncio.StreamWriter) -> None:
        await answers.get(here.outside.got[-1].headers["host"], ACCEPTED)(writer)

    here.outside.usual = by_name
    return names


def expected(name: str, attempts: Sequence[str]) -> bool:
    """Whether attempts to reach an endpoint went as they must; `attempts` is not empty."""
    if name.startswith("redirecting"):
        return len(set(attempts)) == 1 and attempts[0].startswith("30")
    if name.startswith("between"):
        return attempts[0] == "204" and set(attempts[1:]) == {"not_allowed"}
    return set(attempts) == {"not_allowed"}


async def delivery(database: Database, seed: int) -> None:
    """What leads inside by the time of its delivery is delivered to; again on request, and again by itself."""
    draw = random.Random(seed)
    async with scenery(database, OPERATORS) as here:
        await rebinding(here, draw)
        await moved(here, draw.sample(INSIDE, SOME))
        elsewhere = await redirecting(here, draw.sample(INSIDE, SOME))
        again = [await here.register("between", [PUBLIC], [PUBLIC], ["10.0.0.1"]), *draw.sample([*here.made], SOME)]
        await register(here.api)
        async with attended(here.api.process, working=True):
            await given(here.api)
            await here.tried(1)
            for name in again:
                await here.redeliver(name)
            await here.tried(2, *again)
            await advance(here.api, "PT10M")
            await here.tried(3, *again)
            await here.tried(2)
        claimed = {row["host"]: row["fence"] for row in await database.fetch(CLAIMED)}
        for name, attempts in (await here.tried(2)).items():
            assert expected(name, attempts), (name, attempts)
            if not name.startswith("moved"):
                calls = here.names.asked(name) - 1
                assert len(attempts) <= calls <= claimed[name], f"{name}: once for the check, once for each call"
        assert not any(here.names.asked(name) for name in elsewhere)
        assert here.reached() == {PUBLIC}
        assert here.inside.connections == 0
        await everything_is_counted(here)


async def everything_is_counted(here: Scenery) -> None:
    """The operator's own is delivered to, although it lies inside, and is counted; so is whoever connects to any other."""
    here.names.point(OPERATORS, ["10.0.0.1"])
    await registered(here.api.core, f"https://{OPERATORS}/hooks")
    async with attended(here.api.process, working=True):
        await given(here.api, purpose=CHANTHABURI.other_consent)
        while not here.inside.got:  # noqa: ASYNC110  (a receiver tells nobody)
            await asyncio.sleep(0.1)
    assert here.reached() == {PUBLIC, "10.0.0.1"}
    for inside in INSIDE:
        _, writer = await asyncio.open_connection(_within_reach(inside), 443)
        writer.close()
        assert here.packets[inside] > 0, inside


@pytest.fixture
async def emptied(process: Process, database: Database) -> Database:
    """The database, empty, as a process can be told of it."""
    await database.reset()
    return replace(database, emptying=None)


@pytest.mark.parametrize("seed", range(max(ROUNDS, 1)))
def test_nothing_inside_is_reached_by_registering(emptied: Database, seed: int) -> None:
    play(registration, [*INSIDE, *OUTSIDE], emptied, seed)


@pytest.mark.parametrize("seed", range(max(ROUNDS, 1)))
def test_nothing_inside_is_reached_by_delivering(emptied: Database, seed: int) -> None:
    play(delivery, [*INSIDE, *OUTSIDE], emptied, seed)
