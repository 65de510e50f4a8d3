"""Whether this process may be given work."""

from app.core.work import Work
from app.domain.errors import Unavailable
from app.repositories import process


async def check(work: Work, revision: str, *, production: bool) -> dict[str, bool]:
    """Each check by name. This year's holidays are asked for in production only (DOMAIN, Deadlines)."""
    try:
        writable = await process.writable(work)
        found = await process.revision(work)
    except (Unavailable, OSError):
        return {"database": False, "schema": False}
    checks = {"database": writable, "schema": found == revision}
    if production:
        checks["holidays"] = work.today.year in work.pack.holidays
    return checks
