"""The statement that decisions read their facts by: what it costs, however many people there are."""

import json
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from app.core.database import BY_KEY
from app.main import Process
from app.repositories.open_requests import KEEPING
from app.repositories.processing import READ, READ_MANY
from app.repositories.rights_requests import OPEN
from tests.support.database import Database

SUBJECTS = """
INSERT INTO subject (subject_ref, kind, legal_capacity, joined_on, language, related_to, version, created_at, changed_at)
SELECT 'S-' || n, 'member', 'full', '2000-01-01', 'th', '{}', 1, now(), now() FROM generate_series($1::int, $2::int) AS n
"""
RECORDS = """
INSERT INTO held_record (
    subject_ref, record_ref, kind, system, storage, categories, provided_by_subject, events, conditions, state, changed_at
)
SELECT 'S-' || n, 'R-' || r, 'deposit', 'core', 'database', '{financial}', true, '{}', '{}', 'held', now()
FROM generate_series($1::int, $2::int) AS n, generate_series(1, 3) AS r
"""
CONSENTS = """
INSERT INTO consent (
    id, subject_ref, purpose, categories, recipients, explicit, notice_version, notice_sha256, channel, language, given_by,
    given_as, assurance, granted_at, ended_at, withdrawn_at, quality, wording, policy, version
)
SELECT gen_random_uuid(), 'S-' || n, 'p' || p, '{financial}', '{}', true, '1', '', 'app', 'th', 'x',
    'self', 'low', now(), ended, ended, 'sound', '{}', '', 1
FROM generate_series($1::int, $2::int) AS n, generate_series(1, 3) AS p,
    (VALUES (now()), (NULL)) AS states (ended)
"""
LARGE = ("subject", "held_record", "consent")
FEW, MANY, PER_PAGE_OF_DEPTH = 300, 6_000, 12


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


async def people(connection: "asyncpg.Connection[asyncpg.Record]", first: int, last: int) -> None:
    for statement in (SUBJECTS, RECORDS, CONSENTS):
        await connection.execute(statement, first, last)
    for table in LARGE:
        await connection.execute(f"ANALYZE {table}")


async def plan_of(connection: "asyncpg.Connection[asyncpg.Record]", subject_refs: list[str]) -> dict[str, Any]:
    """How one statement for these subjects was carried out, by the plan that serves any number of calls."""
    probes = [
        {
            "n": n,
            "subject_ref": ref,
            "purpose": "p1",
            "kinds": ["deposit"],
            "categories": ["financial"],
            "record_refs": None,
        }
        for n, ref in enumerate(subject_refs)
    ]
    for setting, value in BY_KEY.items():
        await connection.execute(f"SET {setting} = {value}")
    one = (READ, [*probes[0].values()][1:])
    statement, wanted = one if len(probes) == 1 else (READ_MANY, [json.dumps(probes)])
    for _ in range(2):  # the second time nothing has to be read of the catalogue
        asked = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
        (found,) = await connection.fetchrow(asked, 2, KEEPING, OPEN, *wanted) or ("",)
    plan: dict[str, Any] = json.loads(found)[0]["Plan"]
    return plan


@pytest.mark.parametrize("subject_refs", [["S-7"], ["S-7", "S-77", "S-277"]])
async def test_a_decision_touches_as_many_pages_whatever_the_number_of_people(
    process: Process, database: Database, subject_refs: list[str]
) -> None:
    assert process.settings.sandbox, "so that the database can be emptied"
    await database.reset()
    connection = await asyncpg.connect(database.owner)
    try:
        await people(connection, 1, FEW)
        before = await plan_of(connection, subject_refs)
        await people(connection, FEW + 1, MANY)
        after = await plan_of(connection, subject_refs)
    finally:
        await connection.close()
        await database.reset()
    scanned = [node["Relation Name"] for node in nodes(after) if node["Node Type"] == "Seq Scan"]
    assert not set(scanned) & set(LARGE), "no table of people is read from end to end"
    pages = [plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in (before, after)]
    assert 0 < pages[1] <= pages[0] + PER_PAGE_OF_DEPTH * len(subject_refs), "an index may be one page deeper, no more"
