"""What was told of deadlines, as it lies in the database."""

import json
from typing import Any

from tests.support.database import Database

EVENTS = """
SELECT (occurred_at AT TIME ZONE 'Asia/Bangkok')::date AS day, type, data FROM outgoing_event
WHERE type IN ('request.due_soon', 'request.overdue') AND ($1::text IS NULL OR data->>'request_id' = $1)
ORDER BY occurred_at, id
"""


async def reminders_told(database: Database, request_id: str | None = None) -> list[tuple[str, str, int]]:
    """Day in Bangkok, deadline and mark of each reminder that was an event, in order; of one request, or of all."""
    found = []
    for row in await database.fetch(EVENTS, request_id):
        data: dict[str, Any] = json.loads(row["data"])
        assert row["type"] == ("request.overdue" if data["mark"] > 0 else "request.due_soon")
        found.append((row["day"].isoformat(), data["deadline"], data["mark"]))
    return found


async def told_of(database: Database, event: str) -> list[dict[str, Any]]:
    """What the events of a type say, in order."""
    rows = await database.fetch("SELECT data FROM outgoing_event WHERE type = $1 ORDER BY occurred_at, id", event)
    return [json.loads(row["data"]) for row in rows]
