"""All that the loop does."""

from collections.abc import Sequence

from app.core.settings import Settings
from app.services import lag
from app.services.due import DUE
from app.workers.loop import Job, in_one_unit


def of(_: Settings) -> Sequence[Job]:
    """What falls due by itself, each kind a job of its own; and the pulse that says that a worker lives."""
    return (*(in_one_unit(due.name, due.happen) for due in DUE), in_one_unit("pulse", lag.beat))
