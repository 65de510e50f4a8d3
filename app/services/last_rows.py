"""What a unit of work writes at its very end: events for systems, and the audit entries."""

from app.core.work import Work
from app.repositories import last_rows
from app.repositories.audit import Entry
from app.repositories.outbox import Event


async def write(work: Work) -> None:
    """Write the rows that were kept for the end, in one statement."""
    if not work.last_rows:
        return
    await work.transaction.flush()
    events = [row for row in work.last_rows if isinstance(row, Event)]
    entries = [row for row in work.last_rows if isinstance(row, Entry)]
    await last_rows.insert(work, events, entries)
    work.last_rows.clear()
