"""Builds packages, one after the other."""

from app.core.work import SYSTEM, Works
from app.services import package_building
from app.workers.loop import Job


async def _build_next(works: Works) -> bool:
    return await package_building.build_next(lambda: works.open(SYSTEM, "worker/package_building"))


BUILDING = Job("package_building", _build_next)
