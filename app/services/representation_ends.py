"""The end of representations: by their last day, and of parents and guardians when the subject comes of age.

Nothing rests on these: whether a power is effective is asked at each act (`domain.capacity`). They are told, each once.
"""

from datetime import datetime, timedelta

from app.core.clock import start_of
from app.core.work import Work
from app.domain.capacity import PARENTAL
from app.repositories import representation_ends
from app.repositories.representation_ends import Ended
from app.services import audit, events
from app.services.events import EventType


async def end_next(work: Work, *, wait: bool = False) -> bool:
    """Tell of one approved representation whose last day is over. False: none is due, or others are at it."""
    over = await representation_ends.lock_next_ended(work, wait=wait)
    if over is None:
        return False
    for ended in await representation_ends.end(work, over.subject_ref, [over.relation], over.representative_ref):
        _tell(work, ended)
    return True


async def next_end(work: Work) -> datetime | None:
    """When the next one ends, or should have: the start of a day in Bangkok."""
    last_day = await representation_ends.first_end(work)
    return None if last_day is None else start_of(last_day + timedelta(days=1))


async def come_of_age_next(work: Work, *, wait: bool = False) -> bool:
    """Tell of one subject who has come of age, and that parents and guardians stand for them no more (Civil Code 19, 20).

    What these consented to is then listed for confirmation, by `services.reconsent`. False: none is due.
    """
    subject_ref = await representation_ends.lock_next_of_age(work, wait=wait)
    if subject_ref is None:
        return False
    await representation_ends.come_of_age(work, subject_ref)
    events.announce(work, EventType.SUBJECT_CAME_OF_AGE, subject_ref=subject_ref)
    audit.record(work, EventType.SUBJECT_CAME_OF_AGE, "subject", subject_ref, subject_ref=subject_ref)
    for ended in await representation_ends.end(work, subject_ref, sorted(PARENTAL)):
        _tell(work, ended)
    return True


async def next_coming_of_age(work: Work) -> datetime | None:
    """When the next subject comes of age, or should have: the start of a day in Bangkok."""
    day = await representation_ends.first_of_age(work)
    return None if day is None else start_of(day)


def _tell(work: Work, ended: Ended) -> None:
    told = {"representative_ref": ended.representative_ref, "relation": ended.relation}
    events.announce(work, EventType.REPRESENTATION_ENDED, subject_ref=ended.subject_ref, **told)
    place = f"{ended.subject_ref}/{ended.representative_ref}"
    audit.record(
        work, "representation.end_told", "representation", place, subject_ref=ended.subject_ref, relation=ended.relation
    )
