"""What changed of the policy while the service runs, in order."""

import json
from typing import TypeAlias

import asyncpg

from app.policies.overlay import Entry

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_LOCK = 0x6F76_6C79


async def entries_after(connection: Connection, position: int) -> list[Entry]:
    """The entries after a position, in order."""
    rows = await connection.fetch(
        "SELECT kind, content::text AS content, published_at FROM policy_overlay WHERE position > $1 ORDER BY position",
        position,
    )
    return [Entry(row["kind"], json.loads(row["content"]), row["published_at"]) for row in rows]


async def lock(connection: Connection) -> None:
    """One publication at a time, until the transaction ends: positions have no gaps."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)


async def lock_shared(connection: Connection) -> None:
    """No publication until the transaction ends: what is computed by the newest entry is computed by the newest."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", _LOCK)


async def append(connection: Connection, position: int, entry: Entry, published_by: str) -> None:
    """Put an entry on top; the lock is held."""
    await connection.execute(
        "INSERT INTO policy_overlay (position, kind, content, published_by, published_at) "
        "VALUES ($1, $2, $3::text::jsonb, $4, $5)",
        position,
        entry.kind,
        json.dumps(entry.content, ensure_ascii=False),
        published_by,
        entry.published_at,
    )
