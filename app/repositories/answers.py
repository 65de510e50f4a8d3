"""Kept answers of calls with an Idempotency-Key."""

from datetime import datetime, timedelta
from typing import NamedTuple

from app.core.idempotency import Call
from app.core.work import Work

KEPT = timedelta(hours=24)
LOOK = """
SELECT pg_try_advisory_xact_lock(hashtextextended($1 || chr(31) || $2 || chr(31) || $3, 0)) AS alone,
       fingerprint, status, headers::text, master_key, body, kept_at
FROM (SELECT) AS one LEFT JOIN kept_answer ON caller = $1 AND route = $2 AND key = $3 AND kept_at >= $4
"""
TOUCH = "UPDATE kept_answer SET replayed_at = $4 WHERE caller = $1 AND route = $2 AND key = $3"
KEEP = """
INSERT INTO kept_answer (caller, route, key, fingerprint, status, headers, master_key, body, kept_at)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9)
ON CONFLICT (caller, route, key) DO UPDATE SET
    fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,
    master_key = excluded.master_key, body = excluded.body, kept_at = excluded.kept_at, replayed_at = NULL
WHERE kept_answer.kept_at < $10
"""
DROP_OLD = """
DELETE FROM kept_answer WHERE (caller, route, key) IN (
    SELECT caller, route, key FROM kept_answer WHERE kept_at < $1 LIMIT 20 FOR UPDATE SKIP LOCKED
)
"""


class KeptAnswer(NamedTuple):
    """An answer with its body sealed under the master key named."""

    fingerprint: bytes
    status: int
    headers: str
    master_key: str
    body: bytes
    kept_at: datetime


async def look(work: Work, call: Call) -> tuple[bool, KeptAnswer | None]:
    """Whether this unit of work is the only one with the call, and the kept answer; no connection waits.

    An answer older than 24 hours of the real clock is none.
    """
    driver = await work.driver()
    row = await driver.fetchrow(LOOK, call.caller, call.route, call.key, work.real_now - KEPT)
    assert row is not None, "one row"  # noqa: S101  (an outer join)
    alone, *kept = row
    return alone, KeptAnswer(*kept) if row["kept_at"] is not None else None


async def touch(work: Work, call: Call) -> None:
    """Note that an answer was given again."""
    driver = await work.driver()
    await driver.execute(TOUCH, call.caller, call.route, call.key, work.real_now)


async def keep(work: Work, call: Call, answer: KeptAnswer) -> bool:
    """Keep an answer, in place of one that has outlived its 24 hours. False: another call has kept a fresh one meanwhile."""
    driver = await work.driver()
    done = await driver.execute(KEEP, call.caller, call.route, call.key, *answer, work.real_now - KEPT)
    return done.endswith("1")


async def drop_old(work: Work) -> None:
    """Drop some answers that have outlived their 24 hours, without waiting for anybody."""
    driver = await work.driver()
    await driver.execute(DROP_OLD, work.real_now - KEPT)
