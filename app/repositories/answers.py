"""Kept answers of calls with an Idempotency-Key."""

from datetime import datetime, timedelta
from typing import NamedTuple

from app.core.idempotency import Call
from app.core.work import Work

KEPT = timedelta(hours=24)
LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))"
GET = """
SELECT fingerprint, status, headers::text, master_key, body, kept_at FROM kept_answer
WHERE caller = $1 AND route = $2 AND key = $3
"""
TOUCH = "UPDATE kept_answer SET replayed_at = $4 WHERE caller = $1 AND route = $2 AND key = $3"
KEEP = """
INSERT INTO kept_answer (caller, route, key, fingerprint, status, headers, master_key, body, kept_at)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9)
ON CONFLICT (caller, route, key) DO UPDATE SET
    fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,
    master_key = excluded.master_key, body = excluded.body, kept_at = excluded.kept_at, replayed_at = NULL
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


async def try_lock(work: Work, call: Call) -> bool:
    """Whether this unit of work is the only one with the call; no connection waits."""
    driver = await work.driver()
    return bool(await driver.fetchval(LOCK, "\x1f".join((call.caller, call.route, call.key))))


async def get_fresh(work: Work, call: Call) -> KeptAnswer | None:
    """The kept answer, unless it is older than 24 hours of the real clock."""
    driver = await work.driver()
    row = await driver.fetchrow(GET, call.caller, call.route, call.key)
    return KeptAnswer(*row) if row is not None and row["kept_at"] >= work.real_now - KEPT else None


async def touch(work: Work, call: Call) -> None:
    """Note that an answer was given again."""
    driver = await work.driver()
    await driver.execute(TOUCH, call.caller, call.route, call.key, work.real_now)


async def keep(work: Work, call: Call, answer: KeptAnswer) -> None:
    """Keep an answer, in place of one that has outlived its 24 hours."""
    driver = await work.driver()
    await driver.execute(KEEP, call.caller, call.route, call.key, *answer)


async def drop_old(work: Work) -> None:
    """Drop some answers that have outlived their 24 hours, without waiting for anybody."""
    driver = await work.driver()
    await driver.execute(DROP_OLD, work.real_now - KEPT)
