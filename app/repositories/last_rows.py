"""Events and audit entries: what every change writes, in one statement for both."""

import json
from collections.abc import Sequence

from app.core.wakeups import CHANNEL
from app.core.work import Work
from app.repositories.audit import Entry
from app.repositories.outbox import Event

INSERT = """
WITH event AS (INSERT INTO outgoing_event SELECT * FROM json_populate_recordset(NULL::outgoing_event, $1::text::json))
INSERT INTO audit_entry SELECT * FROM json_populate_recordset(NULL::audit_entry, $2::text::json)
"""


async def notify(work: Work) -> None:
    """Wake whoever listens, at the commit."""
    driver = await work.driver()
    await driver.execute("SELECT pg_notify($1, '')", CHANNEL)


async def insert(work: Work, events: Sequence[Event], entries: Sequence[Entry]) -> None:
    """Append them."""
    driver = await work.driver()
    await driver.execute(
        INSERT,
        json.dumps([event._asdict() for event in events], default=str),
        json.dumps([entry._asdict() for entry in entries], default=str),
    )
