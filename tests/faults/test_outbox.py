"""A state, its event, its message and its audit entry exist all or none, whatever fails (RELIABILITY.md 5, promise 28).

Members are led through a representative set of steps, each called again under its key until it succeeds, while any row that is
written to any table may fail, drawn from a seed. What is there afterwards is told apart by nothing from a run without failures.
One table that always fails, at each step, is tried in `test_request_steps.py` and beside consents and holds.
`SITTHI_FAULT_ROUNDS` says how many rounds (1 when unset).
"""

import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import pytest

from tests.support.api import Api, problem
from tests.support.consents import consent
from tests.support.database import Database
from tests.support.holds import hold
from tests.support.members import particulars, record
from tests.support.requests import PROOF, erasure, objection, restriction

ROUNDS = int(os.environ.get("SITTHI_FAULT_ROUNDS", "0"))
MEMBERS = 12 if ROUNDS else 3
LONG_GONE = {"joined_on": "1980-01-01", "ended_on": "2010-01-01"}
PERCENT = 4
"""So often a written row fails."""
MEMBERS_OF_A_PROBLEM = {"type", "title", "status", "detail", "instance", "code"}
TABLES = "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'keys')"
FAULT = f"""
CREATE FUNCTION drawn_fault() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    IF abs(hashint8extended(nextval('public.drawn'), TG_ARGV[0]::bigint)) % 100 < {PERCENT} THEN
        RAISE EXCEPTION 'drawn %', coalesce(NEW, OLD);
    END IF;
    RETURN coalesce(NEW, OLD);
END $$
"""
TRACES: Mapping[str, str] = {
    "events": "SELECT type AS kind, count(*) AS of_one FROM outgoing_event GROUP BY type, data",
    "audit": "SELECT action AS kind, count(*) AS of_one FROM audit_entry GROUP BY action, object_id",
    "messages": "SELECT kind, count(*) AS of_one FROM outgoing_message GROUP BY kind, subject_ref",
    "timeline": "SELECT event AS kind, count(*) AS of_one FROM request_event GROUP BY event, request_id",
    "requests": "SELECT kind || ' ' || status AS kind, count(*) AS of_one FROM rights_request GROUP BY kind, status, id",
    "tasks": "SELECT kind || ' ' || status AS kind, count(*) AS of_one FROM task GROUP BY kind, status, id",
    "consents": "SELECT event AS kind, count(*) AS of_one FROM consent_event GROUP BY event, consent_id",
}
"""What is there of each kind, and how often for one object."""

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@dataclass
class Persistent:
    """Calls again under the same key until it succeeds. `failed`: how often it did not."""

    api: Api
    failed: int = 0
    numbers: Any = field(default_factory=lambda: count(1))

    async def call(self, caller: Api, method: str, path: str, body: Any = None) -> dict[str, Any]:
        headers = {"Idempotency-Key": f"step-{next(self.numbers)}"} if method == "POST" else {}
        for _ in range(200):
            answer = await caller.call(method, path, json=body, headers=headers)
            if answer.is_success:
                assert "Idempotency-Replayed" not in answer.headers, "what failed was kept"
                found: dict[str, Any] = answer.json()
                return found
            self.failed += 1
            check_refusal(answer)
        raise AssertionError(f"never succeeds: {method} {path}")

    async def post(self, caller: Api, path: str, body: Any = None) -> dict[str, Any]:
        return await self.call(caller, "POST", path, body)

    async def member(self, ref: str, **changes: Any) -> Api:
        """Registered, with a record."""
        await self.call(self.api.core, "PUT", f"/v1/subjects/{ref}", particulars(**changes))
        old = record("D-1", events={"deposit_made": "2009-03-02"})
        await self.call(self.api.core, "PUT", f"/v1/subjects/{ref}/records", {"records": [old]})
        return self.api.member(ref)

    async def consents(self, ref: str) -> None:
        """Given and withdrawn."""
        member = await self.member(ref)
        given = await self.post(member, "/v1/consents", consent(ref))
        await self.post(member, f"/v1/consents/{given['id']}/withdrawal", {"channel": "app"})

    async def holds(self, ref: str) -> None:
        """Placed and released."""
        placed = await self.post(self.api.dpo, "/v1/legal-holds", hold(ref))
        await self.post(self.api.dpo, f"/v1/legal-holds/{placed['id']}/release", {"reason": "over"})

    async def requests(self, ref: str) -> None:
        """A restriction that is carried out and lifted; an objection that is withdrawn; an erasure, to the end."""
        member = await self.member(ref)
        restricted = await self.decided(member, "restriction", restriction(ref, record_refs=["D-1"]))
        await self.tasks_done()
        await self.post(self.api.staff, f"{restricted}/lifting", {"reason": "right again"})
        await self.tasks_done()
        objected = await self.post(member, "/v1/requests/objection", objection(ref))
        await self.post(member, f"/v1/requests/{objected['id']}/cancellation", {})
        gone = await self.member(f"{ref}-gone", membership=LONG_GONE)
        await self.decided(gone, "erasure", erasure(f"{ref}-gone"))
        await self.tasks_done()

    async def decided(self, member: Api, kind: str, body: dict[str, Any]) -> str:
        request = await self.post(member, f"/v1/requests/{kind}", body)
        path = f"/v1/requests/{request['id']}"
        await self.post(self.api.staff, f"{path}/assessment")
        await self.post(self.api.dpo, f"{path}/decision", {"outcome": "granted"})
        return path

    async def tasks_done(self) -> None:
        claimed = await self.post(self.api.core, "/v1/tasks/claims", {"system": "core_banking", "max": 100})
        assert claimed["items"]
        for task in claimed["items"]:
            body = {"lease": task["lease"], "proof": PROOF}
            await self.post(self.api.core, f"/v1/tasks/{task['id']}/completion", body)


def check_refusal(answer: httpx.Response) -> None:
    """A clean problem document that tells nothing of the fault."""
    assert problem(answer) == (500, "internal_error")
    assert set(answer.json()) == MEMBERS_OF_A_PROBLEM
    assert "drawn" not in answer.text


@asynccontextmanager
async def drawing(database: Database, seed: int) -> AsyncIterator[None]:
    """Any row of any table may fail to be written, by what is drawn."""
    tables = [row["name"] for row in await database.fetch(TABLES) if row["name"] != "public.alembic_version"]
    await database.execute("CREATE SEQUENCE drawn")
    await database.execute(FAULT)
    for table in tables:
        await database.execute(
            f"CREATE TRIGGER drawn_fault BEFORE INSERT OR UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION drawn_fault({seed})"
        )
    try:
        yield
    finally:
        await database.execute("DROP FUNCTION drawn_fault CASCADE")
        await database.execute("DROP SEQUENCE drawn")


async def led_through(api: Api, database: Database) -> tuple[int, dict[str, Any]]:
    """How many calls failed on the way of all members, and what is there afterwards."""
    calls = Persistent(api)
    for number in range(MEMBERS):
        await calls.consents(f"M-{number}")
        await calls.holds(f"M-{number}")
        await calls.requests(f"M-{number}")
    found: dict[str, Any] = {"rows": await database.counts()}
    for name, query in TRACES.items():
        found[name] = Counter(map(tuple, await database.fetch(query)))
    return calls.failed, found


@pytest.mark.parametrize("seed", range(max(ROUNDS, 1)))
async def test_where_any_write_may_fail_the_same_comes_about_as_where_none_does(
    seed: int, api: Api, database: Database
) -> None:
    failed, expected = await led_through(api, database)
    assert failed == 0
    await database.reset()
    async with drawing(database, seed):
        failed, found = await led_through(api, database)
    sys.stdout.write(f"seed {seed}: {failed} calls failed on the way of {MEMBERS} members\n")
    assert failed > MEMBERS, "the faults are real"
    for name, what in expected.items():
        assert found[name] == what, f"seed {seed}: {name}"
