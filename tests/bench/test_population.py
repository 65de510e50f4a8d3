"""The made-up population: as large as asked for, the same every time, and with every index in its place again."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.main import Process
from app.policies.loader import load_pack
from bench.population import PACK, Given, Size, fill, given
from tests.support.database import Database

SIZE = Size(subjects=1_000, consents_each=5)
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname IN ('public', 'keys') ORDER BY 1"
FOREIGN_KEYS = """
SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE contype = 'f' ORDER BY 1, 2
"""


@pytest.fixture(scope="module")
async def before(database: Database, process: Process) -> AsyncIterator[list[list[asyncpg.Record]]]:
    """The database with the population in it; its indexes and foreign keys as they were before."""
    await database.reset()
    structure = [await database.fetch(INDEXES), await database.fetch(FOREIGN_KEYS)]
    owner = await asyncpg.connect(database.owner)
    await fill(owner, SIZE, quiet=True)
    await owner.close()
    yield structure
    await database.reset()


async def test_it_has_as_many_subjects_and_consents_as_were_asked_for(database: Database, before: object) -> None:
    counts = await database.counts()
    assert (counts["public.subject"], counts["public.consent"]) == (1_000, 5_000)
    assert counts["public.held_record"] == 300
    assert counts["public.processing_limit"] == 20


async def test_indexes_and_foreign_keys_are_back(database: Database, before: list[list[asyncpg.Record]]) -> None:
    assert [await database.fetch(INDEXES), await database.fetch(FOREIGN_KEYS)] == before


async def test_every_consent_has_its_grant_and_every_recorded_end_its_event(database: Database, before: object) -> None:
    rows = await database.fetch(
        "SELECT (ended_at IS NOT NULL) AS ended, array_agg(DISTINCT events) AS histories FROM ("
        "SELECT ended_at, ARRAY(SELECT event FROM consent_event WHERE consent_id = consent.id ORDER BY at) AS events "
        "FROM consent) AS all_of_them GROUP BY 1 ORDER BY 1"
    )
    told = {row["ended"]: row["histories"] for row in rows}
    assert told == {False: [["granted"]], True: [["granted", "expired"], ["granted", "withdrawn"]]}


async def test_nothing_of_it_is_personal_data(database: Database, before: object) -> None:
    counts = await database.counts()
    sealed = await database.fetch("SELECT FROM subject WHERE profile IS NOT NULL OR national_id_digest IS NOT NULL")
    assert (counts["keys.subject_key"], sealed) == (0, [])


async def test_it_is_not_poured_over_subjects_that_are_there(database: Database, before: object) -> None:
    owner = await asyncpg.connect(database.owner)
    try:
        with pytest.raises(ValueError, match="has subjects already"):
            await fill(owner, SIZE, quiet=True)
    finally:
        await owner.close()


def test_the_same_numbers_give_the_same_consents() -> None:
    pack = load_pack(PACK)
    assert list(given(pack, SIZE)) == list(given(pack, SIZE))


def test_a_subject_consents_once_to_each_purpose_and_a_fifth_of_all_have_ended_or_run_out() -> None:
    every = list(given(load_pack(PACK), SIZE))
    assert len({(one.subject, one.purpose.code) for one in every}) == len(every)
    assert 0.15 < len([one for one in every if _over(one)]) / len(every) < 0.25


def _over(one: Given) -> bool:
    return one.withdrawn_at is not None or one.expires_on is not None
