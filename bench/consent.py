"""Granting and withdrawing with a key, one call after the other on each connection, beside pgbench with their statements."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import asyncpg

from app.policies.loader import load_pack
from bench.ceilings import consent as ceiling
from bench.ceilings.consent import Asked
from bench.ceilings.pgbench import Pgbench
from bench.load import measure, request
from bench.population import PACK
from bench.report import CONNECTIONS, ROUNDS, goal, rate, ratio, run, show
from bench.service import Service, serving
from bench.storage import home, populated, size

PURPOSE = "life_insurance_assessment"
POOL = 10
"""Connections that the service keeps to its database: so many at most has pgbench too."""
SECONDS = 2
GOAL = 0.30
AT_LEAST = 1_500
"""Calls a second that are prepared even where pgbench came to fewer in its turn."""
TARGETS = """
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE SEQUENCE bench.grant_turn;
CREATE SEQUENCE bench.withdrawal_turn;
CREATE TABLE bench.grant_target AS
    SELECT row_number() OVER (ORDER BY random()) AS n, subject_ref FROM subject
    WHERE kind = 'member' AND NOT EXISTS (
        SELECT FROM consent WHERE consent.subject_ref = subject.subject_ref AND purpose = '{purpose}' AND ended_at IS NULL
    );
CREATE TABLE bench.withdrawal_target AS
    SELECT row_number() OVER (ORDER BY random()) AS n, id AS consent_id FROM consent
    WHERE purpose = '{purpose}' AND ended_at IS NULL AND expires_on IS NULL
        AND EXISTS (SELECT FROM subject WHERE subject.subject_ref = consent.subject_ref AND kind = 'member');
ALTER TABLE bench.grant_target ADD PRIMARY KEY (n);
ALTER TABLE bench.withdrawal_target ADD PRIMARY KEY (n);
ANALYZE bench.grant_target;
ANALYZE bench.withdrawal_target;
"""


class Caller:
    """Prepares calls of a member of staff; each names a consent that none has named before."""

    def __init__(self, service: Service, owner: "asyncpg.Connection[asyncpg.Record]", token: str, notice: str) -> None:
        self._service = service
        self._owner = owner
        self._token = token
        self._notice = notice

    async def grants(self, wanted: int) -> Iterator[bytes]:
        """POST /v1/consents."""
        made = []
        for subject_ref in await self._next("grant", "subject_ref", wanted):
            about = {"subject_ref": subject_ref, "purpose": PURPOSE, "notice_version": self._notice, "explicit": True}
            made.append(self._post("/v1/consents", {**about, "channel": "counter", "language": "th"}))
        return iter(made)

    async def withdrawals(self, wanted: int) -> Iterator[bytes]:
        """POST /v1/consents/{id}/withdrawal."""
        consents = await self._next("withdrawal", "consent_id", wanted)
        return iter([self._post(f"/v1/consents/{one}/withdrawal", {"channel": "counter"}) for one in consents])

    def _post(self, path: str, body: dict[str, object]) -> bytes:
        key = {"Idempotency_Key": str(uuid4())}
        return request("POST", self._service.url, path, self._token, json.dumps(body).encode(), **key)

    async def _next(self, act: str, column: str, wanted: int) -> list[str]:
        """Targets whose turn it is: after them, pgbench goes on."""
        last = await self._owner.fetchval(f"SELECT nextval('bench.{act}_turn')")
        rows = await self._owner.fetch(
            f"SELECT {column} AS it FROM bench.{act}_target WHERE n > $1 AND n <= $2",  # noqa: S608  (names of ours)
            last,
            last + wanted,
        )
        await self._owner.execute("SELECT setval($1::text::regclass, $2)", f"bench.{act}_turn", last + wanted)
        return [str(row["it"]) for row in rows]


async def main(place: Path) -> None:
    """Print the table."""
    async with populated(place, size()) as database, serving(database, place) as service:
        owner = await asyncpg.connect(service.owner)
        await owner.execute(TARGETS.format(purpose=PURPOSE))
        try:
            await _measure(service, owner)
        finally:
            await owner.close()


async def _measure(service: Service, owner: "asyncpg.Connection[asyncpg.Record]") -> None:
    pack, bench = load_pack(PACK), Pgbench(service.owner)
    purpose = pack.purposes[PURPOSE]
    notice = next(notice for notice in pack.notices.values() if PURPOSE in notice.purposes)
    asked = Asked(PURPOSE, purpose.categories, purpose.recipients, notice.content_sha256)
    caller = Caller(service, owner, await service.token("staff"), notice.version)
    service.forget_peak()
    acts = (
        ("grant", ceiling.grant(asked), caller.grants, 201),
        ("withdrawal", ceiling.withdrawal(asked), caller.withdrawals, 200),
    )
    rows = []
    for connections in CONNECTIONS:
        figures: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for name, script, calls, expected in acts:
                bound = await bench.per_second(script, connections=min(connections, POOL), seconds=SECONDS)
                figures.setdefault(f"pgbench {name}", []).append(bound)
                taken = partial(measure, service.url, connections=connections, seconds=SECONDS, expected=expected)
                figures.setdefault(name, []).append(
                    (await taken(await calls(SECONDS * max(int(bound), AT_LEAST)))).per_second
                )
        for name, *_ in acts:
            reached = ratio(figures[name], figures[f"pgbench {name}"])
            rows.append(
                (
                    f"pgbench, statements of a {name}, c={min(connections, POOL)}",
                    rate(figures[f"pgbench {name}"]),
                    "1",
                    "",
                )
            )
            rows.append(
                (f"{name} over HTTP, c={connections}", rate(figures[name]), f"{reached:.0%}", goal(reached, GOAL))
            )
    show(
        "Consent: granted and withdrawn with an Idempotency-Key, one uvicorn process on loopback",
        ("", "per second (range)", "of pgbench", "goal 30 %"),
        rows,
        [
            f"{size().subjects:,} subjects; {ROUNDS} rounds of {SECONDS} s, interleaved. c: connections,",
            f"of pgbench at most {POOL}, as many as the service has to its database.",
            f"Memory of the service under this load: {service.memory()[1]:.0f} MB at most (goal: 250 MB).",
        ],
    )


if __name__ == "__main__":
    with home() as somewhere:
        run(main(somewhere))
