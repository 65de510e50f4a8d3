"""What a decision reads does not grow with the number of subjects (PERFORMANCE 7)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import asyncpg
import pytest

from app.main import Process
from bench.plan import Touched, prepare, subjects_asked, touched
from bench.population import TABLES, Size, fill
from tests.support.database import Database

FEW, MANY = 200, 20_000


@dataclass(frozen=True)
class Plans:
    """The plans of the same questions over few and over many subjects: by indexes alone, and as the planner likes."""

    few: Sequence[Sequence[Touched]]
    many: Sequence[Sequence[Touched]]
    many_as_planned: Sequence[Sequence[Touched]]


@pytest.fixture(scope="module")
async def plans(database: Database, process: Process) -> AsyncIterator[Plans]:
    """Plans over two populations, made one after the other."""
    few, _ = await plans_over(database, FEW)
    many, as_planned = await plans_over(database, MANY)
    yield Plans(few, many, as_planned)
    await database.reset()


async def plans_over(database: Database, subjects: int) -> tuple[list[Sequence[Touched]], list[Sequence[Touched]]]:
    """Each subject's plan without sequential scans, and as planned."""
    await database.reset()
    owner = await asyncpg.connect(database.owner)
    try:
        await fill(owner, Size(subjects, consents_each=5), quiet=True)
        await prepare(owner)
        as_planned = [await touched(owner, one) for one in subjects_asked(subjects)]
        await owner.execute("SET enable_seqscan = off")
        await owner.execute("DEALLOCATE decision")
        await prepare(owner)
        return [await touched(owner, one) for one in subjects_asked(subjects)], as_planned
    finally:
        await owner.close()


def test_a_hundred_times_as_many_subjects_cost_a_page_more_for_each_way_down_an_index(plans: Plans) -> None:
    few, many = (max(sum(node.pages for node in plan) for plan in side) for side in (plans.few, plans.many))
    ways_down = max(len(plan) for plan in plans.many)
    assert few > 10
    assert many <= few + ways_down


def test_every_table_that_grows_is_read_by_an_index(plans: Plans) -> None:
    nodes = {(node.node, node.relation) for plan in plans.many_as_planned for node in plan}
    assert {relation for node, relation in nodes if node == "Seq Scan"} & set(TABLES) == set()
    assert any(relation == "ix_consent_purpose" for _, relation in nodes)


def test_no_part_of_the_plan_reads_more_pages_than_one_persons_rows_can_fill(plans: Plans) -> None:
    assert max(node.pages for plan in plans.many_as_planned for node in plan) <= 12
