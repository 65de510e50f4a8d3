"""Deadlines: what a look at what is due costs with 1,000,000 open requests, of which none, 100 or 10,000 are due."""

import os
import time
from collections.abc import Sequence
from statistics import median

import asyncpg

from app.core.clock import Clock
from app.core.database import Lane, create_engine
from app.core.embedded import start_embedded
from app.core.sealing import KeyRing, new_key
from app.core.settings import Mode, Settings
from app.core.work import SYSTEM, Works
from app.main import prepare
from app.migrations.upgrade import migrate
from app.policies.loader import load_pack
from app.services import reminders, sla
from bench.report import run, show
from bench.storage import scratch

OPEN = int(os.environ.get("SITTHI_BENCH_DEADLINES") or 1_000_000)
DUE = (0, 100, 10_000)
ROUNDS = 3
SUBJECT = """
INSERT INTO subject (subject_ref, kind, legal_capacity, language, related_to, version, created_at, changed_at)
VALUES ('M-1', 'member', 'full', 'th', '{}', 1, now(), now())
"""
FILL = """
INSERT INTO rights_request (id, reference, case_id, kind, status, subject_ref, scope, scope_key, channel, language,
    received_at, received_on, decide_by, decide_by_internal, complete_by, complete_by_internal, due_on, provisional,
    extensions, paused_days, identity_required, identity_reached, identity_state, submitted_by, submitted_at, policy, version,
    next_reminder_at)
SELECT gen_random_uuid(), 'R-' || n, gen_random_uuid(), (ARRAY['access', 'erasure', 'correction'])[1 + n % 3], 'in_review',
    'M-1', '{}', n::text, 'app', 'th', now(), current_date, day, day, day, day, day, false, 0, 0, 'substantial',
    'substantial', 'proven', 'bench', now(), 'bench', 1, day - interval '7 days'
FROM generate_series($1::int, $2::int) n, LATERAL (SELECT current_date + 20 + n % 10 AS day) soon
"""
MAKE_DUE = """
UPDATE rights_request SET next_reminder_at = now() - interval '1 second', decide_by = today, decide_by_internal = today
FROM (SELECT (now() AT TIME ZONE 'Asia/Bangkok')::date AS today) clock
WHERE id IN (SELECT id FROM rights_request WHERE decide_by > current_date + 10 LIMIT $1)
"""
OVERDUE = """
SELECT * FROM rights_request WHERE due_on < current_date AND closed_at IS NULL ORDER BY due_on, id LIMIT 51
"""


async def _look(works: Works) -> int:
    """Units of work until nothing is due."""
    units = 1
    while True:
        async with works.open(SYSTEM, "bench") as work:
            if not await reminders.remind_next(work):
                return units
        units += 1


async def _gauges(works: Works) -> None:
    async with works.open(SYSTEM, "bench", keep=False) as work:
        await sla.gauges(work)


async def _fill(owner: "asyncpg.Connection[asyncpg.Record]") -> None:
    await owner.execute(SUBJECT)
    for first in range(1, OPEN + 1, 100_000):
        await owner.execute(FILL, first, min(first + 99_999, OPEN), timeout=600)
    await owner.execute("VACUUM ANALYZE rights_request", timeout=600)


async def _measure(works: Works, owner: "asyncpg.Connection[asyncpg.Record]") -> list[tuple[int, list[float], int]]:
    found: list[tuple[int, list[float], int]] = []
    for due in DUE:
        seconds, units = [], 0
        for _ in range(ROUNDS):
            await owner.execute(MAKE_DUE, due, timeout=600)
            began = time.perf_counter()
            units = await _look(works)
            seconds.append(time.perf_counter() - began)
        found.append((due, seconds, units))
    return found


async def _plan(owner: "asyncpg.Connection[asyncpg.Record]", statement: str) -> str:
    """The line of a plan that says how rows are found, and how many pages it touched."""
    lines = [row[0] for row in await owner.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {statement}")]
    scan = next(line for line in lines if "Scan" in line).strip()
    return f"{scan.split('(')[0].strip()}; {next(line for line in lines if 'Buffers' in line).strip()}"


async def main() -> None:
    """Print the table."""
    with scratch() as place, start_embedded(place) as server:
        await migrate(server.dsn_owner, "sitthi_service")
        owner = await asyncpg.connect(server.dsn_owner)
        engine, lane = create_engine(server.dsn_service, name="bench"), Lane(server.dsn_service, name="bench")
        settings = Settings(mode=Mode.SANDBOX, public_url="http://bench.test")
        pack = load_pack("chanthaburi-teachers")
        works = (await prepare(settings, engine, lane, Clock(), pack, KeyRing({"bench": new_key()}))).works
        await _look(works)
        empty = []
        for _ in range(20):
            began = time.perf_counter()
            await _look(works)
            empty.append(time.perf_counter() - began)
        await _fill(owner)
        figures = await _measure(works, owner)
        began = time.perf_counter()
        await _gauges(works)
        counted = time.perf_counter() - began
        _show(median(empty), figures, counted, await _plan(owner, OVERDUE))
        await owner.close()
        lane.close()
        await engine.dispose()


def _show(empty: float, figures: Sequence[tuple[int, list[float], int]], counted: float, plan: str) -> None:
    rows = [("no request at all, none due", f"{empty * 1e3:,.1f}", "1", "1", "")]
    for due, seconds, units in figures:
        taken = median(seconds)
        each = f"{taken / due * 1e3:.2f}" if due else ""
        rows.append((f"{OPEN:,} open, {due:,} due", f"{taken * 1e3:,.1f}", f"{units}", f"{taken / empty:,.1f}", each))
    show(
        "Deadlines: a look at what is due, until nothing is",
        ("", "ms (median)", "units of work", "of a look at an empty table", "ms for each reminder"),
        rows,
        [
            f"{ROUNDS} rounds; durable commits; each reminder is a row, a line of the timeline, an event, an audit entry.",
            f"Gauges of all open requests: {counted * 1e3:,.0f} ms.",
            f"The first page of what is overdue: {plan}",
        ],
    )


if __name__ == "__main__":
    run(main())
