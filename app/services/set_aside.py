"""What fails when it falls due is set aside and told of, and all others go on.

It is tried again by itself, after pauses that grow. Whoever has mended it and does not want to wait deletes its row.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import structlog

from app.core.logging import describe_exception
from app.core.notifying import Outage
from app.core.work import SYSTEM, InHand, Work, Works
from app.domain.errors import DomainError, Unavailable
from app.repositories import set_aside
from app.services.due import DUE

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
"""What a fault of the service itself has set aside comes about within so long once that is mended."""
MOST_AT_ONCE = 20
"""Where more of a kind begin to fail within a minute, it is not they that are at fault: then the kind waits as a whole."""
WELL_AFTER = timedelta(minutes=10)
"""What has not failed again so long after its pause has come about, or is not due any more."""
KINDS = (
    *(due.name for due in DUE),
    *("data_package", "outgoing_event", "outgoing_message", "transfer", "webhook_delivery"),
)
Result = TypeVar("Result")
log = structlog.get_logger("sitthi.due")


async def doing(
    works: Works, name: str, act: Callable[[Works], Awaitable[Result]], *, patient: bool = True
) -> Result | None:
    """Do something of what is due. None: what was to be done failed and is set aside, so that the next one can be done.

    Where several things were in hand, it is done again with half as many, until the one that fails is alone; what was
    claimed together can't be taken apart any more, but is claimed one by one the next time. Raises what is no fault of
    theirs: `Unavailable`, `Outage`, whatever happens with nothing in hand, and what happens to too many. Not `patient`:
    `Unavailable` counts as theirs, where the database is there to note it; it was waited for often enough.
    """
    in_hand = InHand()
    while True:
        try:
            return await act(replace(works, in_hand=in_hand))
        except Outage:
            raise
        except Exception as error:
            if not in_hand.taken or (patient and isinstance(error, Unavailable)):
                raise
            if len(in_hand.taken) > 1 and not in_hand.kept:
                in_hand = InHand(len(in_hand.taken) // 2)
                continue
            if not await _set_aside(works, name, in_hand, error):
                raise
            return None


async def _set_aside(works: Works, name: str, in_hand: InHand, error: Exception) -> bool:
    reason = error.code if isinstance(error, DomainError) else type(error).__name__
    for kind, key in in_hand.taken:
        async with works.open(SYSTEM, name) as work:
            failures = await set_aside.note(work, kind, key, reason, (FIRST_PAUSE, LONGEST_PAUSE), MOST_AT_ONCE)
        if failures is None:
            return False
        told = {"object": str(key)} if isinstance(key, UUID) else {}  # others name people
        log.error("due_set_aside", kind=kind, **told, reason=reason, count=failures, **describe_exception(error))
    return True


async def forget(work: Work) -> None:
    """Drop what is well again: whose it was is kept nowhere longer than needed."""
    await set_aside.forget(work, WELL_AFTER, LONGEST_PAUSE)


async def by_kind(work: Work) -> Mapping[str, int]:
    """How much of each kind is set aside."""
    return {**dict.fromkeys(KINDS, 0), **await set_aside.count(work, WELL_AFTER)}
