"""Inventory pushes: 100,000 records in 20 calls over HTTP, beside COPY of the same rows into the same table."""

import json
import time
from datetime import UTC, date, datetime, timedelta

import asyncpg
import httpx

from bench.report import ROUNDS, rate, ratio, run, show
from bench.service import Service, running

CALLS = 20
ROWS = 5_000
KINDS = {
    "deposit": "deposit_made",
    "withdrawal": "withdrawal_made",
    "debt_receipt": "debt_paid",
    "loan_contract": "loan_contract_expired",
}
COLUMNS = (
    "subject_ref",
    "record_ref",
    "kind",
    "system",
    "storage",
    "categories",
    "provided_by_subject",
    "lawful_basis",
    "purpose",
    "events",
    "conditions",
    "state",
    "changed_at",
)
AT = datetime(2026, 1, 1, tzinfo=UTC)
Row = dict[str, object]


def rows_of_call(call: int) -> list[Row]:
    """What one call carries: records of some kinds, each with a date, some with a condition."""
    kinds = list(KINDS.items())
    made = []
    for number in range(ROWS):
        kind, event = kinds[number % len(kinds)]
        on = date(2010, 1, 1) + timedelta(days=(call * ROWS + number) % 5_000)
        made.append(
            {
                "record_ref": f"{kind[:3].upper()}-{call:02}-{number:05}",
                "kind": kind,
                "events": {event: on.isoformat()},
                "conditions": ["debt_outstanding"] if kind == "loan_contract" else [],
                "system": "core_banking",
                "storage": "database",
                "categories": ["financial", "personal_identity"],
                "provided_by_subject": number % 2 == 0,
                "lawful_basis": "contract",
                "purpose": "share_subscription_change",
            }
        )
    return made


def as_columns(rows: list[Row]) -> list[tuple[object, ...]]:
    """The same rows as COPY takes them."""
    own = {"subject_ref": "M-1", "state": "held", "changed_at": AT}
    return [tuple({**row, **own, "events": json.dumps(row["events"])}[name] for name in COLUMNS) for row in rows]


async def push(http: httpx.AsyncClient, bodies: list[bytes]) -> float:
    """Records per second of one round of calls, one after the other."""
    began = time.perf_counter()
    for body in bodies:
        answer = await http.put("/v1/subjects/M-1/records", content=body, headers={"Content-Type": "application/json"})
        if answer.json() != {"accepted": ROWS, "rejected": []}:
            raise RuntimeError(f"not taken: {answer.status_code} {answer.text[:200]}")
    return len(bodies) * ROWS / (time.perf_counter() - began)


async def copy(owner: "asyncpg.Connection[asyncpg.Record]", calls: list[list[tuple[object, ...]]]) -> float:
    """Records per second of COPY, one transaction for each call; keys, checks and foreign keys as ever."""
    began = time.perf_counter()
    for rows in calls:
        await owner.copy_records_to_table("held_record", records=rows, columns=COLUMNS)
    return len(calls) * ROWS / (time.perf_counter() - began)


async def main() -> None:
    """Print the table."""
    rows = [rows_of_call(call) for call in range(CALLS)]
    async with running() as service:
        await _measure(service, [json.dumps({"records": of}).encode() for of in rows], [as_columns(of) for of in rows])


async def _measure(service: Service, bodies: list[bytes], calls: list[list[tuple[object, ...]]]) -> None:
    owner = await asyncpg.connect(service.owner)
    fresh: list[float] = []
    again: list[float] = []
    copied: list[float] = []
    per_core: list[float] = []
    async with service.caller(await service.token("core_banking")) as http:
        (await http.put("/v1/subjects/M-1", json={"kind": "visitor"})).raise_for_status()
        await push(http, bodies[:2])
        for _ in range(ROUNDS):
            await owner.execute("TRUNCATE held_record")
            copied.append(await copy(owner, calls))
            await owner.execute("TRUNCATE held_record")
            before = service.cpu_seconds()
            fresh.append(await push(http, bodies))
            per_core.append(CALLS * ROWS / (service.cpu_seconds() - before))
            again.append(await push(http, bodies))
    await owner.close()
    show(
        f"Inventory push: {CALLS * ROWS:,} records in {CALLS} calls, one caller, one uvicorn process on loopback",
        ("", "records/s (range)", "of COPY"),
        [
            ("COPY, one transaction of 5,000 rows a call", rate(copied), "1"),
            ("PUT records, all new", rate(fresh), f"{ratio(fresh, copied):.0%}"),
            ("PUT records, all known", rate(again), f"{ratio(again, copied):.0%}"),
            ("PUT records, all new, per core: processor time of the service, not of its database", rate(per_core), ""),
        ],
        [f"{ROUNDS} rounds, interleaved. Goal: 25,000 records/s per core, or 25 % of COPY."],
    )


if __name__ == "__main__":
    run(main())
