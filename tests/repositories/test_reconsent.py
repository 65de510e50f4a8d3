"""The statement that narrows down whom to ask again: what it costs, however many consents there are."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.repositories.reconsent import PAGE
from tests.support.database import Database

SUBJECTS = """
INSERT INTO subject (subject_ref, kind, legal_capacity, language, related_to, version, created_at, changed_at)
SELECT 'S-' || n, 'member', 'full', 'th', '{}', 1, now(), now() FROM generate_series($1::int, $2::int) AS n
"""
CONSENTS = """
INSERT INTO consent (
    id, subject_ref, purpose, categories, recipients, explicit, notice_version, notice_sha256, channel, language, given_by,
    given_as, assurance, granted_at, quality, wording, policy, version
)
SELECT gen_random_uuid(), 'S-' || n, 'p', '{financial}', '{}', true, '1', '', 'app', 'th', 'x',
    CASE WHEN n % 97 = 0 THEN 'parent' ELSE 'self' END, 'low', now(),
    CASE WHEN n % 89 = 0 THEN 'doubtful' ELSE 'sound' END, '{}', '', 1
FROM generate_series($1::int, $2::int) AS n
"""
EVENTS = """
INSERT INTO consent_event (id, consent_id, at, event, actor)
SELECT gen_random_uuid(), id, granted_at, 'granted', 'x' FROM consent
WHERE NOT EXISTS (SELECT FROM consent_event WHERE consent_id = consent.id)
"""
FEW, MANY = 3_000, 30_000
FRESH = [{"purpose": "p", "at": "2999-01-01T00:00:00Z", "older": ["1"]}]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


async def plan_of(connection: "asyncpg.Connection[asyncpg.Record]", told: list[dict[str, Any]]) -> dict[str, Any]:
    """How a page of ten was read."""
    asked = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {PAGE}"
    found = await connection.fetchval(asked, json.dumps(told), UUID(int=0), 10, None)
    plan: dict[str, Any] = json.loads(found)[0]["Plan"]
    return plan


@pytest.mark.usefixtures("process")
@pytest.mark.parametrize("told", [[], FRESH])
async def test_a_page_reads_no_whole_table_and_costs_as_much_whatever_the_number_of_consents(
    database: Database, told: list[dict[str, Any]]
) -> None:
    await database.reset()
    connection = await asyncpg.connect(database.owner)
    try:
        costs = []
        for first, last in ((1, FEW), (FEW + 1, MANY)):
            await connection.execute(SUBJECTS, first, last)
            await connection.execute(CONSENTS, first, last)
            await connection.execute(EVENTS)
            for table in ("consent", "consent_event", "subject"):
                await connection.execute(f"VACUUM ANALYZE {table}")
            plan = await plan_of(connection, told)
            assert "Seq Scan" not in {node["Node Type"] for node in nodes(plan)}
            costs.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        assert costs[1] < 2 * costs[0]
    finally:
        await connection.close()
        await database.reset()
