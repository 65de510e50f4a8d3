"""How much of the database one decision touches, as the population grows: pages of each table and index, by the plan."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg

from app.core.database import BY_KEY
from app.repositories.open_requests import KEEPING
from app.repositories.processing import READ, Probe
from app.repositories.rights_requests import OPEN
from app.services.processing import FEW
from bench.population import CONSENTS_EACH, Size, reference
from bench.report import run, show
from bench.storage import home, populated, scratch, size

SMALLER = (1_000, 100_000)
PURPOSE = "loan_application_assessment"
KINDS = ("loan_contract",)
CATEGORIES = ("personal_identity", "financial", "health")
ASKED = 20
"""Subjects whose plans are looked at: from the first to the last of the population, those with records among them."""


@dataclass(frozen=True)
class Touched:
    """One node of a plan: how it reads, what, and the pages of it that it touched itself."""

    node: str
    relation: str
    pages: int


def subjects_asked(subjects: int) -> list[str]:
    """Some subjects, evenly spread."""
    return [reference(max(1, subjects * step // ASKED)) for step in range(1, ASKED + 1)]


async def touched(owner: "asyncpg.Connection[asyncpg.Record]", subject_ref: str) -> Sequence[Touched]:
    """What the decision's statement, once prepared, touches for one question about a subject, node by node."""
    probe = Probe(subject_ref, PURPOSE, KINDS, CATEGORIES, None)
    about = (_quoted(probe.subject_ref), _quoted(PURPOSE), _quoted(_array(KINDS)), _quoted(_array(CATEGORIES)), "NULL")
    given = ", ".join((str(FEW), _quoted(_array(KEEPING)), _quoted(_array(OPEN)), *about))
    explained = await owner.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE decision ({given})")
    return list(_nodes(json.loads(explained)[0]["Plan"]))


async def prepare(owner: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Prepare the statement as the connections do that decisions are made on."""
    for setting, value in BY_KEY.items():
        await owner.execute(f"SET {setting} = {value}")
    await owner.execute(f"PREPARE decision AS {READ}")


def _array(codes: Iterable[str]) -> str:
    return "{" + ",".join(codes) + "}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _nodes(plan: Mapping[str, Any]) -> Iterator[Touched]:
    inner = plan.get("Plans", ())
    own = _pages(plan) - sum(_pages(one) for one in inner)
    if "Relation Name" in plan:
        yield Touched(plan["Node Type"], plan.get("Index Name") or plan["Relation Name"], own)
    elif own > 0:
        yield Touched(plan["Node Type"], plan.get("Index Name", ""), own)
    for one in inner:
        yield from _nodes(one)


def _pages(plan: Mapping[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


async def main(place: Path) -> None:
    """Print the table: three populations, from small to full."""
    found: dict[int, dict[tuple[str, str], float]] = {}
    for subjects in SMALLER:
        with scratch() as aside:
            found[subjects] = await _medians(aside, Size(subjects, CONSENTS_EACH))
    found[size().subjects] = await _medians(place, size())
    nodes = sorted({key for each in found.values() for key in each}, key=lambda key: (key[1], key[0]))
    rows = [
        (
            f"{relation}: {node}",
            *(f"{each[node, relation]:g}" if (node, relation) in each else "" for each in found.values()),
        )
        for node, relation in nodes
    ]
    total = ("all", *(f"{each['', '']:g}" for each in found.values()))
    show(
        "Plan of the decision: pages touched (buffers hit and read) for one question",
        ("", *(f"{subjects:,} subjects" for subjects in found)),
        [*(row for row in rows if row[0] != ": "), total],
        [f"Medians over {ASKED} subjects spread evenly. An index grows by a page on the way down, not with its size."],
    )


async def _medians(place: Path, wanted: Size) -> dict[tuple[str, str], float]:
    """Pages by node and relation; under ("", "") those of the whole statement."""
    async with populated(place, wanted) as database:
        owner = await asyncpg.connect(database.dsn_owner)
        try:
            await prepare(owner)
            plans = [await touched(owner, one) for one in subjects_asked(wanted.subjects)]
        finally:
            await owner.close()
    counted = [_counted(plan) for plan in plans]
    keys = {key for each in counted for key in each}
    return {key: median(each[key] for each in counted) for key in keys}


def _counted(plan: Sequence[Touched]) -> Counter[tuple[str, str]]:
    counted: Counter[tuple[str, str]] = Counter()
    for one in plan:
        counted[one.node, one.relation] += one.pages
        counted["", ""] += one.pages
    return counted


if __name__ == "__main__":
    with home() as somewhere:
        run(main(somewhere))
