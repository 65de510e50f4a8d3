"""All that the loop does."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from app.core.notifying.channels import channels_of
from app.core.outbound import Outbound
from app.core.settings import Settings
from app.core.work import Work
from app.services import event_feed, lag, sandbox, webhook_deliveries
from app.services.due import DUE, Happen
from app.workers import messages, packages, transfers
from app.workers.loop import Job, errands, in_one_unit

WEBHOOK_LANES = 8
LANES_FOR_ALL = 4
"""So many of these lanes also serve endpoints that fail: however many of them hang, the others are served."""
CALLS_AT_ONCE = 16
"""So many calls of one lane are under way at most: those that take long hold up no other before there are as many."""


def of(settings: Settings, outbound: Outbound) -> Sequence[Job]:
    """What falls due by itself, each kind a job of its own; the building of packages; what goes outside; and the pulse.

    In the sandbox also what a move of its clock has left over.
    """
    always = (
        packages.BUILDING,
        *transfers.jobs(outbound),
        *messages.jobs(channels_of(settings)),
        in_one_unit("event_feed", event_feed.sequence_next),
        *_webhooks(outbound),
        in_one_unit("pulse", lag.beat),
    )
    if not settings.sandbox:
        return (*(in_one_unit(due.name, due.happen) for due in DUE), *always)
    due = [in_one_unit(due.name, _while_the_clock_stands(due.happen)) for due in DUE]
    return (in_one_unit("sandbox_clock", sandbox.catch_up), *due, *always)


def _webhooks(outbound: Outbound) -> Sequence[Job]:
    send = partial(webhook_deliveries.send, outbound)
    return [
        errands(
            f"webhooks_{lane}",
            partial(webhook_deliveries.claim, failing=lane <= LANES_FOR_ALL),
            send,
            webhook_deliveries.settle,
            at_once=CALLS_AT_ONCE,
        )
        for lane in range(1, WEBHOOK_LANES + 1)
    ]


def _while_the_clock_stands(happen: Happen) -> Callable[[Work], Awaitable[bool]]:
    """What falls due on the way of the sandbox's clock comes about by its move alone, in order and at its own instant."""

    async def act(work: Work) -> bool:
        return not await sandbox.is_catching_up(work) and await happen(work)

    return act
