"""How far the workers are behind, and whether there are any."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.core.work import Work
from app.repositories import event_feed, outbox, packages, pulse, transfers, webhook_deliveries
from app.services import set_aside
from app.services.due import DUE, NextAt

BEAT = timedelta(seconds=30)
SILENCE = timedelta(minutes=5)
ERRANDS: Mapping[str, NextAt] = {
    "message": outbox.first_due,
    "package": packages.first_due,
    "transfer": transfers.first_due,
    "webhook": webhook_deliveries.first_due,
    "event": event_feed.first_waiting,
}
"""What waits for a worker besides, by kind: since when the first of them is due."""


async def by_kind(work: Work) -> Mapping[str, timedelta]:
    """For each kind how long the first of what is due has waited; nothing where none is."""
    kinds = {**{due.name: due.next_at for due in DUE}, **ERRANDS}
    firsts = {kind: await next_at(work) for kind, next_at in kinds.items()}
    return {kind: _waiting(work, first) for kind, first in firsts.items()}


async def beat(work: Work) -> bool:
    """Leave word that a worker lives, every half minute, and forget what is well again; there is never more to do."""
    if _is_over(work, await pulse.last(work), BEAT):
        await pulse.put(work)
        await set_aside.forget(work)
    return False


async def kept(work: Work) -> bool:
    """False where something has been due for five minutes while no worker left word: then there is none that can work.

    A kind of which a single one can't be done is the metrics' to tell; whoever asks the service is served all the same.
    """
    if not _is_over(work, await pulse.last(work), SILENCE):
        return True
    return max((await by_kind(work)).values()) < SILENCE


def _is_over(work: Work, since: datetime | None, duration: timedelta) -> bool:
    """A word from as far ahead counts for nothing: the database's clock was wrong when it was left, and was set right."""
    return since is None or abs(work.real_now - since) >= duration


def _waiting(work: Work, since: datetime | None) -> timedelta:
    return timedelta(0) if since is None else max(work.now - since, timedelta(0))
