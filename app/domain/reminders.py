"""When a deadline is reminded of, and who is told (DOMAIN "Deadlines"; API 11)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

ADDRESS = re.compile(r"[^@:\s]+@[^@:\s]+\.[^@:\s.]+")
"""An e-mail address; an officer who is named by one can be written to."""
DAYS_BEFORE = (7, 3, 1)
OVERDUE_DAYS = 30


class Deadline(StrEnum):
    """What a reminder is about. An extension makes a new deadline of deciding, with reminders of its own."""

    DECIDE = "decide"
    DECIDE_EXTENDED = "decide_extended"
    COMPLETE = "complete"


class Addressee(StrEnum):
    """Whom a reminder is for: the officer it is assigned to, the data protection officer, the management."""

    ASSIGNEE = "assignee"
    DPO = "dpo"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder, on a day. `mark`: days before the internal date as -7, -3, -1; 0 on the legal date; 1 to 30 after it."""

    on: date
    mark: int

    @property
    def overdue(self) -> bool:
        """Whether the deadline has passed."""
        return self.mark > 0


def reminders(internal: date, legal: date) -> Iterator[Reminder]:
    """All reminders of a deadline, in order; each lies on a day of its own."""
    yield from (Reminder(internal - timedelta(days=days), -days) for days in DAYS_BEFORE)
    yield from (Reminder(legal + timedelta(days=days), days) for days in range(OVERDUE_DAYS + 1))


def first_from(internal: date, legal: date, since: date) -> Reminder | None:
    """The first reminder on or after a day; None: no more come."""
    return next((reminder for reminder in reminders(internal, legal) if reminder.on >= since), None)


def deadline_of(*, extended: bool, decided: bool) -> Deadline:
    """The deadline that a request runs against: of deciding, and once that is done of completing."""
    if decided:
        return Deadline.COMPLETE
    return Deadline.DECIDE_EXTENDED if extended else Deadline.DECIDE


def addressees(reminder: Reminder, *, assigned: bool) -> tuple[Addressee, ...]:
    """Who is told: the assignee; from the day before on the data protection officer too; once overdue the management too.

    What is assigned to nobody is the data protection officer's from the start.
    """
    assignee = [Addressee.ASSIGNEE] if assigned else []
    officer = [Addressee.DPO] if not assigned or reminder.mark >= -1 else []
    management = [Addressee.MANAGER] if reminder.overdue else []
    return (*assignee, *officer, *management)
