"""All that the loop does."""

from collections.abc import Sequence

from app.core.settings import Settings
from app.services.due import DUE
from app.workers import packages
from app.workers.loop import Job, in_one_unit


def of(_: Settings) -> Sequence[Job]:
    """What falls due by itself, each kind a job of its own; and the building of packages."""
    return (*(in_one_unit(due.name, due.happen) for due in DUE), packages.BUILDING)
