"""What falls due by itself: each kind of it, when the next one does, and how it comes about."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.core.work import Work
from app.services import (
    consent_expiry,
    deferred_erasures,
    deletion_case_reminders,
    escalation,
    holidays,
    identity,
    message_delivery,
    packages,
    reminders,
    representation_ends,
    rescheduling,
    webhook_deliveries,
)


class NextAt(Protocol):
    """When the next one falls due, or should have; None: none waits."""

    def __call__(self, work: Work, /) -> Awaitable[datetime | None]: ...


class Happen(Protocol):
    """Lets one of them, or a few, come about; tells whether any was due.

    `wait`: for whoever holds the next one; without it, what others hold is skipped.
    """

    def __call__(self, work: Work, /, *, wait: bool = False) -> Awaitable[bool]: ...


@dataclass(frozen=True, slots=True)
class Due:
    """One kind of what falls due. Each comes about in a transaction, once, whoever lets it and however many try."""

    name: str
    next_at: NextAt
    happen: Happen


# Of what falls due at the same instant, the first comes about first: who has lapsed is reminded of no more.
DUE: Sequence[Due] = (
    Due("identity_lapse", identity.next_lapse, identity.lapse_next),
    Due("consent_expiry", consent_expiry.next_expiry, consent_expiry.expire_next),
    Due("package_removal", packages.next_removal, packages.remove_next),
    Due("task_escalation", escalation.next_escalation, escalation.escalate_next),
    Due("message_of_no_more_use", message_delivery.next_of_no_more_use, message_delivery.give_up_next),
    Due("representation_end", representation_ends.next_end, representation_ends.end_next),
    Due("majority", representation_ends.next_coming_of_age, representation_ends.come_of_age_next),
    Due("deferred_erasure", deferred_erasures.next_evaluation, deferred_erasures.evaluate_next),
    Due("rescheduling", rescheduling.next_reschedule, rescheduling.reschedule_next),
    Due("reminder", reminders.next_reminder, reminders.remind_next),
    Due("deletion_case_reminder", deletion_case_reminders.next_reminder, deletion_case_reminders.remind_next),
    Due("missing_holidays", holidays.next_warning, holidays.warn_next),
    Due("webhook_removal", webhook_deliveries.next_removal, webhook_deliveries.remove_next),
)
