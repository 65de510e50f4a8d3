"""All that the loop does."""

from collections.abc import Sequence
from functools import partial

from app.core.outbound import Outbound
from app.core.settings import Settings
from app.services import event_feed, webhook_deliveries
from app.services.due import DUE
from app.workers.loop import Job, errands, in_one_unit

WEBHOOK_LANES = 8
"""So many deliveries are under way at most in one process."""


def of(_: Settings, outbound: Outbound) -> Sequence[Job]:
    """What falls due by itself, each kind a job of its own; and what goes outside."""
    due = [in_one_unit(one.name, one.happen) for one in DUE]
    send = partial(webhook_deliveries.send, outbound)
    lanes = [
        errands(f"webhooks_{lane}", webhook_deliveries.claim, send, webhook_deliveries.settle)
        for lane in range(1, WEBHOOK_LANES + 1)
    ]
    return (*due, in_one_unit("event_feed", event_feed.sequence_next), *lanes)
