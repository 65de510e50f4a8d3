"""Messages to people: each channel a job for codes, which do not wait behind letters, and one for everything else."""

from collections.abc import Sequence

import structlog

from app.core.notifying import Channels, Failure, Notifier, Via
from app.core.work import Work
from app.services import message_delivery
from app.services.message_delivery import Claimed
from app.workers.loop import Job, errands

log = structlog.get_logger("sitthi.workers")


def jobs(channels: Channels) -> Sequence[Job]:
    """The jobs of the channels that have a notifier."""
    return tuple(
        _job(via, notifier, codes=codes) for via, notifier in channels.notifiers.items() for codes in (True, False)
    )


def _job(via: Via, notifier: Notifier, *, codes: bool) -> Job:
    name = f"{'codes' if codes else 'messages'}_by_{via}"

    async def claim(work: Work) -> Claimed | None:
        return await message_delivery.claim(work, via, codes=codes)

    async def act(claimed: Claimed) -> Failure | None:
        failure = await message_delivery.send(notifier, claimed)
        if failure is not None and _outage(failure) is None:
            log.warning("message_not_taken", job=name, reason=failure.reason)
        return failure

    return errands(name, claim, act, message_delivery.settle, outage=_outage)


def _outage(failure: Failure | None) -> str | None:
    """What is no fault of one message or its recipient would befall the next one too."""
    return failure.reason if failure is not None and not (failure.permanent or failure.recipient) else None
