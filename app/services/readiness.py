"""Whether this process may be given work."""

from dataclasses import replace

from app.core.work import Work, letting_go
from app.domain.errors import Unavailable
from app.repositories import process
from app.services import lag


async def check(work: Work, revision: str, *, production: bool) -> dict[str, bool]:
    """Each check by name. This year's holidays are asked for in production only (DOMAIN, Deadlines)."""
    try:
        writable = await process.writable(work)
        checks = {"database": writable, "schema": await process.revision(work) == revision}
        if checks["schema"]:
            async with letting_go(work.session):
                law_s_now = work.real_now + await process.clock_offset(work)
                checks["workers"] = await lag.kept(replace(work, now=law_s_now))
    except (Unavailable, OSError):
        return {"database": False, "schema": False}
    if production:
        checks["holidays"] = work.today.year in work.pack.holidays
    return checks
