"""All that the loop does."""

from collections.abc import Sequence

from app.services.due import DUE
from app.workers.loop import Job, in_one_unit

JOBS: Sequence[Job] = tuple(in_one_unit(due.name, due.happen) for due in DUE)
