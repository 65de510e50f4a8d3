"""What a unit of work writes at its very end: events for systems, the audit entries, and the word to the workers."""

from app.core.work import WAKE, Work
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
    if events or entries:
        await last_rows.insert(work, events, entries)
    if WAKE in work.last_rows:
        await last_rows.notify(work)
    work.last_rows.clear()
