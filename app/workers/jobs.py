"""All that the loop does."""

from collections.abc import Sequence

from app.core.notifying.channels import channels_of
from app.core.settings import Settings
from app.services.due import DUE
from app.workers import messages, packages
from app.workers.loop import Job, in_one_unit


def of(settings: Settings) -> Sequence[Job]:
    """What falls due by itself, each kind a job of its own; the building of packages; and what goes outside."""
    due = tuple(in_one_unit(due.name, due.happen) for due in DUE)
    return (*due, packages.BUILDING, *messages.jobs(channels_of(settings)))
