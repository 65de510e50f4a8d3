"""All that the loop does."""

from collections.abc import Awaitable, Callable, Sequence

from app.core.notifying.channels import channels_of
from app.core.settings import Settings
from app.core.work import Work
from app.services import lag, sandbox
from app.services.due import DUE, Happen
from app.workers import messages, packages
from app.workers.loop import Job, in_one_unit


def of(settings: Settings) -> Sequence[Job]:
    """What falls due by itself, each kind a job of its own; the building of packages; what goes outside; and the pulse.

    In the sandbox also what a move of its clock has left over.
    """
    always = (packages.BUILDING, *messages.jobs(channels_of(settings)), in_one_unit("pulse", lag.beat))
    if not settings.sandbox:
        return (*(in_one_unit(due.name, due.happen) for due in DUE), *always)
    due = [in_one_unit(due.name, _while_the_clock_stands(due.happen)) for due in DUE]
    return (in_one_unit("sandbox_clock", sandbox.catch_up), *due, *always)


def _while_the_clock_stands(happen: Happen) -> Callable[[Work], Awaitable[bool]]:
    """What falls due on the way of the sandbox's clock comes about by its move alone, in order and at its own instant."""

    async def act(work: Work) -> bool:
        return not await sandbox.is_catching_up(work) and await happen(work)

    return act
