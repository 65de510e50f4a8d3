"""Messages for people on their way: queued in the transaction that causes them, sent at least once, or given up.

A crash between sending and settling repeats a message; an e-mail then carries the same Message-ID.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.core.ids import new_id
from app.core.notifying import Envelope, Failure, Notifier, Via
from app.core.sealing import SealBroken
from app.core.work import Work
from app.models.outbox import OutgoingMessage
from app.repositories import outbox, subjects
from app.services import audit, events, keys
from app.services.events import EventType
from app.services.keys import KeyPurpose
from app.services.subjects import mask_email, mask_phone

CODE = "identity_code"
OFFICERS = "@officers"
"""Stands for the officers where a message names its subject; no `subject_ref` is written so."""
LEASE = timedelta(minutes=2)
FIRST_RETRY, FIRST_RETRY_OF_A_CODE = timedelta(minutes=1), timedelta(seconds=10)
LONGEST_RETRY = timedelta(hours=6)
PATIENCE = timedelta(days=1)
"""How long it is tried to send what is no code."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be sent: the kind of it, where to, and what it says. `good_until` None: for a day."""

    kind: str
    via: Via
    to: str = field(repr=False)
    title: str = field(repr=False)
    text: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    good_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message in a worker's hands. `envelope` None: it can't be read any more."""

    message_id: UUID
    fence: int
    subject_ref: str
    envelope: Envelope | None


def key_of(kind: str) -> KeyPurpose:
    """What a message is sealed under: letters and notices are evidence, a code with its address is not."""
    return KeyPurpose.PROFILE if kind == CODE else KeyPurpose.EVIDENCE


async def queue(work: Work, subject_ref: str, draft: Draft, request_id: UUID | None = None) -> None:
    """Queue a message for a person, all of it sealed; only a code keeps its whole address beyond being sent.

    The sandbox's outbox has it at once. Where nothing leaves by its channel, it is given up at once.
    """
    message_id = new_id(work.now)
    shown = draft.to if draft.kind == CODE else masked(draft.via, draft.to)
    said = {"to": shown, "title": draft.title, "text": draft.text}
    content = said if draft.code is None else {**said, "code": draft.code}
    message = OutgoingMessage(
        id=message_id,
        at=work.now,
        subject_ref=subject_ref,
        request_id=request_id,
        via=draft.via,
        kind=draft.kind,
        content=await keys.seal(work, subject_ref, key_of(draft.kind), content, _place(message_id)),
        not_before=work.now,
        good_until=draft.good_until or work.now + PATIENCE,
    )
    if work.channels.delivers(draft.via):
        place = f"{_place(message_id)}/address"
        message.address = await keys.seal(work, subject_ref, KeyPurpose.NOTICE, draft.to, place)
        work.wake()
    elif work.channels.outbox:
        _end(work, message, "sent")
    else:
        _give_up(work, message, "no_channel")
    outbox.add_message(work, message)


def masked(via: Via, to: str) -> str:
    """An address as it may be shown."""
    return str(mask_email(to) if via is Via.EMAIL else mask_phone(to))


async def claim(work: Work, via: Via, *, codes: bool) -> Claimed | None:
    """Take the next message over a channel, for as long as the lease lasts; None: none is due."""
    row = await outbox.claim_message(work, via, code=CODE, codes=codes, lease=LEASE)
    return Claimed(row.id, row.fence, row.subject_ref, await _envelope(work, row)) if row is not None else None


async def _envelope(work: Work, row: OutgoingMessage) -> Envelope | None:
    place = _place(row.id)
    try:
        to = await keys.unseal(work, row.subject_ref, KeyPurpose.NOTICE, row.address, f"{place}/address")
        content = await keys.unseal(work, row.subject_ref, key_of(row.kind), row.content, place)
    except SealBroken:
        return None
    if not isinstance(to, str) or not isinstance(content, dict):
        return None
    return Envelope(row.id, row.at, to, content["title"], content["text"])


async def send(notifier: Notifier, claimed: Claimed) -> Failure | None:
    """Hand a claimed message over, outside any transaction; None: it was taken."""
    if claimed.envelope is None:
        return Failure("unreadable", permanent=True)
    return await notifier.send(claimed.envelope)


async def settle(work: Work, claimed: Claimed, failure: Failure | None) -> None:
    """Take down what became of a message; whose lease another has taken over has no say any more."""
    await subjects.lock(work, claimed.subject_ref)
    row = await outbox.lock_claimed(work, claimed.message_id, claimed.fence)
    if row is None:
        return
    row.lease_until = None
    if failure is None:
        _end(work, row, "sent")
        _record(work, row, "message.sent", attempts=row.attempts)
    elif (again := _next_attempt(work, row, failure)) is not None:
        row.state, row.failure, row.not_before = "failed", failure.reason, again
    else:
        _give_up(work, row, failure.reason)
    await _forget_if_erased(work, claimed.subject_ref)


def _next_attempt(work: Work, row: OutgoingMessage, failure: Failure) -> datetime | None:
    """When to try again, later each time, or as the gateway asks; None: never, for it would be of no use any more."""
    if failure.permanent:
        return None
    first = FIRST_RETRY_OF_A_CODE if row.kind == CODE else FIRST_RETRY
    delay = max(first * 2 ** min(row.attempts - 1, 12), failure.retry_after or timedelta(0))
    again = work.now + min(delay, LONGEST_RETRY)
    return again if again < row.good_until else None


async def give_up_next(work: Work, *, wait: bool = False) -> bool:
    """Give up one message that nobody needs any more; a claim on it that comes back has no say. False: none is due."""
    found = await outbox.first_too_old(work)
    if found is None or found.good_until > work.now:
        return False
    work.in_hand.take("message_of_no_more_use", found.id)
    await subjects.lock(work, found.subject_ref)
    row = await outbox.lock_too_old(work, found.id, wait=wait)
    if row is None:
        return False
    row.fence += 1
    _give_up(work, row, row.failure or "too_old")
    await _forget_if_erased(work, row.subject_ref)
    return True


async def next_of_no_more_use(work: Work) -> datetime | None:
    """When the next message in nobody's hands is of no more use."""
    found = await outbox.first_too_old(work)
    return found.good_until if found is not None else None


async def forget_addresses(work: Work, subject_ref: str) -> None:
    """Once nothing waits for an erased subject, destroy the key of their addresses; the subject is locked."""
    if await outbox.count_pending(work, subject_ref) == 0:
        await keys.destroy(work, subject_ref, KeyPurpose.NOTICE)


async def _forget_if_erased(work: Work, subject_ref: str) -> None:
    subject = await subjects.get(work, subject_ref)
    if subject is not None and subject.erased_at is not None:
        await work.transaction.flush()
        await forget_addresses(work, subject_ref)


def _end(work: Work, row: OutgoingMessage, state: str) -> None:
    """Let go of the address, and of a code that no outbox shows."""
    row.state, row.ended_at, row.address = state, work.now, None
    if row.kind == CODE and not work.channels.outbox:
        row.content = None


def _give_up(work: Work, row: OutgoingMessage, reason: str) -> None:
    _end(work, row, "given_up")
    row.failure = reason
    request_id = str(row.request_id) if row.request_id else None
    events.announce(
        work,
        EventType.MESSAGE_GIVEN_UP,
        message_id=str(row.id),
        kind=row.kind,
        via=row.via,
        reason=reason,
        request_id=request_id,
    )
    _record(work, row, "message.given_up", reason=reason, attempts=row.attempts)


def _record(work: Work, row: OutgoingMessage, action: str, **details: object) -> None:
    subject_ref = row.subject_ref if row.subject_ref != OFFICERS else None
    audit.record(work, action, "message", row.id, subject_ref=subject_ref, kind=row.kind, via=row.via, **details)


def _place(message_id: UUID) -> str:
    return f"message/{message_id}"
