"""Promise 1: what is asked after a withdrawal, a restriction or an objection was acknowledged is answered with no.

Two processes of the service, each with its own connections: one acknowledges, the other is asked all the while. In a
round each of some members does so once; `SITTHI_FAULT_ROUNDS` says how many rounds (1 when unset). All of it
under every shipped pack.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random

import httpx
import pytest

from app.core.database import Lane, create_engine
from app.main import create_app
from tests.support.api import Api
from tests.support.consents import given
from tests.support.database import Database
from tests.support.evaluations import ONE, question
from tests.support.members import register
from tests.support.packs import SHIPPED_PACKS, ShippedPack, of

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "1"))
MEMBERS = 50 if "SITTHI_FAULT_ROUNDS" in os.environ else 12
ASKERS = 3
End = Callable[[Api, str], Awaitable[httpx.Response]]
pytestmark = [pytest.mark.packs(*SHIPPED_PACKS), pytest.mark.faults, pytest.mark.timeout(120 + 60 * ROUNDS)]


@pytest.fixture
async def elsewhere(api: Api, database: Database) -> AsyncIterator[Api]:
    """The service in another process, as far as its connections go."""
    engine, lane = (
        create_engine(database.service, name="elsewhere"),
        Lane(database.service, name="elsewhere"),
    )
    other = replace(api.process, works=replace(api.process.works, engine=engine, lane=lane))
    async with Api.over(create_app(other), other) as there:
        yield there
    lane.close()
    await engine.dispose()


async def withdrawal(api: Api, member: str) -> httpx.Response:
    body = {"purposes": [of(api.process).consent], "channel": "app"}
    return await api.member(member).post(f"/v1/subjects/{member}/consent-withdrawals", body)


async def restriction(api: Api, member: str) -> httpx.Response:
    asked = {
        "purposes": [of(api.process).consent],
        "ground": "unlawful_but_keep",
        "subject_ref": member,
        "channel": "app",
    }
    return await api.member(member).post("/v1/requests/restriction", {**asked, "language": "th"})


async def objection(api: Api, member: str) -> httpx.Response:
    asked = {
        "purposes": [of(api.process).objectable],
        "ground": "public_task_or_legitimate_interest",
        "subject_ref": member,
    }
    return await api.member(member).post("/v1/requests/objection", {**asked, "channel": "app", "language": "th"})


@dataclass
class Race:
    """One member's act against questions about their data; instants are those of one counter of this test."""

    member: str
    purpose: str
    clock: "count[int]"
    acknowledged: int | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    answers: list[tuple[int, bool]] = field(default_factory=list)

    async def ask(self, api: Api, chance: Random) -> None:
        """Ask until a few questions have been asked after the acknowledgement."""
        late = 0
        while late < 3:
            late += self.acknowledged is not None
            asked_at = next(self.clock)
            answer = await api.core.post(ONE, question("use", self.purpose, of=self.member))
            self.answers.append((asked_at, answer.json()["decision"]))
            self.begun.set()
            await asyncio.sleep(chance.random() * 0.004)

    async def act(self, api: Api, end: End, chance: Random) -> None:
        """Do it at some moment after the first answer, and note when it was acknowledged."""
        await self.begun.wait()
        await asyncio.sleep(chance.random() * 0.02)
        answer = await end(api, self.member)
        self.acknowledged = next(self.clock)
        assert answer.status_code in {200, 201}, answer.text

    @property
    def late_yes(self) -> bool:
        """Whether anything asked after the acknowledgement was answered with yes."""
        assert self.acknowledged is not None
        return any(allowed for at, allowed in self.answers if at > self.acknowledged)


@pytest.mark.parametrize(
    ("end", "purpose"),
    [(withdrawal, "consent"), (restriction, "consent"), (objection, "objectable")],
    ids=["withdrawal", "restriction", "objection"],
)
@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_never_a_yes_after_the_acknowledgement(
    api: Api, elsewhere: Api, pack: ShippedPack, end: End, purpose: str, seed: int
) -> None:
    chance, clock = Random(seed), count()
    races = [Race(f"M-{number}", getattr(pack, purpose), clock) for number in range(MEMBERS)]
    for race in races:
        await register(api, race.member)
        await given(api, race.member)
    for race in races:
        asking = [race.ask(elsewhere, chance) for _ in range(ASKERS)]
        await asyncio.gather(race.act(api, end, chance), *asking)
    assert all(any(allowed for _, allowed in race.answers) for race in races), "each began with a yes"
    assert [race.member for race in races if race.late_yes] == [], f"seed {seed}"
