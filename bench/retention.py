"""Retention: one member with 5,000 records, evaluated in the domain alone, through the service, and over HTTP."""

import gc
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import partial
from itertools import cycle, islice
from typing import Any

import httpx

from app.core.clock import Clock
from app.core.database import Lane, create_engine
from app.core.sealing import KeyRing, new_key
from app.core.settings import Mode, Settings
from app.core.work import ANONYMOUS, Work
from app.domain.policy import PolicyPack
from app.domain.retention import Circumstances, Membership, Record, evaluate
from app.main import prepare
from app.models.record import HeldRecord
from app.policies.loader import load_pack
from app.repositories import records, subjects
from app.services import retention
from bench.report import ROUNDS, rate, ratio, run, show
from bench.service import Service, running

RECORDS = 5_000
PAGE = 200
TODAY = date(2026, 11, 21)
MEMBER = {"kind": "member", "born_on": "1970", "membership": {"joined_on": "1995-06-01"}}


def pushed(pack: PolicyPack) -> list[dict[str, Any]]:
    """Records of every kind that the pack knows and one that it doesn't, in turn, with its dates and a condition."""
    kinds = [(kind, rule) for rule in pack.retention_rules.values() for kind in rule.kinds]
    known = [(kind, rule.trigger if rule.trigger in pack.reportable_events else None) for kind, rule in kinds]
    made: list[dict[str, Any]] = []
    for number, (kind, trigger) in enumerate(islice(cycle([*known, ("unknown_kind", None)]), RECORDS)):
        on = date(2008 + number % 18, 1 + number % 12, 1 + number % 28).isoformat()
        made.append(
            {
                "record_ref": f"R-{number:05}",
                "kind": kind,
                "events": {trigger: on, "transaction_made": on} if trigger else {},
                "conditions": ["litigation"] if number % 10 == 0 else [],
                "system": "core_banking",
                "storage": "database",
                "categories": ["financial"],
            }
        )
    return made


def decide(pack: PolicyPack, facts: Sequence[Record]) -> float:
    """Records per second of processor time of the pure decision."""
    around = Circumstances(memberships=(Membership(date(1995, 6, 1)),))
    began = time.process_time()
    for record in facts:
        evaluate(record, pack, around, TODAY)
    return len(facts) / (time.process_time() - began)


def _record(row: dict[str, Any]) -> Record:
    dates = {name: date.fromisoformat(on) for name, on in row["events"].items()}
    return Record(row["record_ref"], row["kind"], dates, frozenset(row["conditions"]))


async def _per_core(step: Callable[[], Awaitable[int]], used: Callable[[], float]) -> float:
    """Records per second of processor time."""
    before = used()
    done = await step()
    return done / (used() - before)


async def _read(work: Work) -> Sequence[HeldRecord]:
    work.session.expunge_all()
    return await records.page(work, "M-1", None, RECORDS, live=True)


async def _count(work: Work) -> int:
    return len(await _read(work))


async def _assess(work: Work) -> int:
    """What an assessment of everything does: read the rows and their circumstances, decide each."""
    rows = await _read(work)
    subject = await subjects.get(work, "M-1")
    assert subject is not None, "registered"  # noqa: S101  (by `_measure`)
    facts = await retention.facts_of(work, subject, rows)
    return len([evaluate(record, work.pack, around, work.today) for record, around in facts.values()])


async def _pages(http: httpx.AsyncClient) -> int:
    """What a client does: ask for page after page."""
    seen, cursor = 0, None
    while True:
        parameters = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
        page = (await http.get("/v1/subjects/M-1/retention", params=parameters)).raise_for_status().json()
        seen, cursor = seen + len(page["items"]), page["next_cursor"]
        if cursor is None:
            return seen


async def main() -> None:
    """Print the table."""
    async with running() as service:
        await _measure(service)


async def _measure(service: Service) -> None:
    pack = load_pack("chanthaburi-teachers")
    rows = pushed(pack)
    facts = [_record(row) for row in rows]
    engine = create_engine(service.owner, name="bench")
    lane = Lane(service.owner, name="bench")
    settings = Settings(mode=Mode.SANDBOX, public_url=service.url)
    works = (await prepare(settings, engine, lane, Clock(), pack, KeyRing({"bench": new_key()}))).works
    decided: list[float] = []
    read: list[float] = []
    assessed: list[float] = []
    paged: list[float] = []
    async with service.caller(await service.token("core_banking")) as http:
        (await http.put("/v1/subjects/M-1", json=MEMBER)).raise_for_status()
        (await http.put("/v1/subjects/M-1/records", json={"records": rows})).raise_for_status()
        gc.freeze()
        for _ in range(ROUNDS):
            decided.append(decide(pack, facts))
            async with works.open(ANONYMOUS, "bench", keep=False) as work:
                read.append(await _per_core(partial(_count, work), time.process_time))
                assessed.append(await _per_core(partial(_assess, work), time.process_time))
            paged.append(await _per_core(partial(_pages, http), service.cpu_seconds))
    lane.close()
    await engine.dispose()
    show(
        f"Retention: one member, {RECORDS:,} records of every kind",
        ("", "records/s per core (range)", "of deciding"),
        [
            ("deciding: domain.retention.evaluate", rate(decided), "1"),
            ("reading: the rows of the inventory, as objects", rate(read), f"{ratio(read, decided):.0%}"),
            ("reading and deciding: as an assessment does", rate(assessed), f"{ratio(assessed, decided):.0%}"),
            (f"GET retention, pages of {PAGE}, uvicorn on loopback", rate(paged), f"{ratio(paged, decided):.0%}"),
        ],
        [
            f"{ROUNDS} rounds, interleaved; by processor time of the process that does it, its database's not counted.",
            "Goal: 50,000 records/s per core for the evaluation.",
        ],
    )


if __name__ == "__main__":
    run(main())
