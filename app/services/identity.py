"""Proof of identity: by one-time code to a registered contact, or in person at the counter (API 8; DOMAIN, Identity)."""

import hmac
import math
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import NoReturn
from uuid import UUID

from app.core.clock import BANGKOK
from app.core.ids import new_id
from app.core.notifying import Via
from app.core.work import Actor, Work
from app.domain.deadlines import lapses_on
from app.domain.errors import CodeExpired, CodeWrong, ContactMissing, Forbidden, IdentityLocked, RateLimited
from app.domain.rights_request import Move, Status, advance
from app.domain.vocabulary import Assurance, Permission, Role
from app.models.rights_request import IdentityChallenge, IdentityGuard, RightsRequest
from app.repositories import identity, rights_requests
from app.services import keys, kinds, message_delivery
from app.services.events import EventType
from app.services.keys import KeyPurpose
from app.services.message_delivery import CODE, Draft, masked
from app.services.rights_requests import check_not_own_matter, lock, lock_with_subject, move, note_event, record
from app.services.subjects import registered_contacts

MOST_CODES = 5
WINDOW = timedelta(minutes=10)
"""So many codes at most are sent for one subject in so long a time."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A code that is on its way."""

    challenge_id: UUID
    sent_to: str
    expires_at: datetime


async def challenge(work: Work, request_id: UUID, via: Via, expected_version: int | None) -> Challenge:
    """Send a one-time code to a contact that the core banking system registered; an older code ends.

    Raises `NotFound`, `IllegalTransition` when identity is proven already, `IdentityLocked`, `ContactMissing` (also where
    nothing leaves by this channel), `RateLimited`, `VersionConflict`.
    """
    request = await lock_with_subject(work, request_id, expected_version)
    advance(Status(request.status), Move.VERIFY)
    guard = await _guard(work, request.subject_ref)
    address = await _registered(work, request, via)
    if address is None or not work.channels.serves(via):
        raise ContactMissing
    _count_code(work, guard)
    rule = work.pack.identity
    code = "".join(secrets.choice("0123456789") for _ in range(rule.code_digits))
    sent = IdentityChallenge(
        id=new_id(work.now),
        request_id=request.id,
        via=via,
        code_hash=b"",
        created_at=work.now,
        expires_at=work.now + timedelta(minutes=rule.code_minutes),
    )
    sent.code_hash = _hash(work, sent.id, code)
    sent.address = await keys.seal(work, request.subject_ref, KeyPurpose.PROFILE, address, _place(sent))
    await identity.replace_challenge(work, sent)
    text = f"รหัสยืนยันของท่านคือ {code} / Your code is {code} ({request.reference})"
    title = f"รหัสยืนยันตัวตน / Your code ({request.reference})"
    draft = Draft(CODE, via, address, title, text, code, good_until=sent.expires_at)
    await message_delivery.queue(work, request.subject_ref, draft, request.id)
    record(work, request, "identity.code_sent", via=via)
    return Challenge(sent.id, masked(via, address), sent.expires_at)


async def verify_code(
    work: Work, request_id: UUID, challenge_id: UUID, code: str, expected_version: int | None
) -> RightsRequest:
    """Prove identity by a code. A wrong one is counted although it is an error; the fifth locks for the cool-off.

    Raises `NotFound`, `IllegalTransition`, `IdentityLocked`, `CodeExpired`, `CodeWrong`, `VersionConflict`.
    """
    request = await lock_with_subject(work, request_id, expected_version)
    after = advance(Status(request.status), Move.VERIFY)
    guard = await _guard(work, request.subject_ref)
    sent = await identity.get_challenge(work, challenge_id, request.id)
    if (
        sent is None
        or sent.ended_at is not None
        or sent.expires_at <= work.now
        or await _is_astray(work, request, sent)
    ):
        raise CodeExpired
    if not hmac.compare_digest(sent.code_hash, _hash(work, sent.id, code)):
        await _count_wrong_try(work, request, guard)
    sent.ended_at = work.now
    guard.tries = 0
    await _prove(work, request, after, Assurance.SUBSTANTIAL, "code")
    return request


async def _registered(work: Work, request: RightsRequest, via: Via) -> str | None:
    contacts = await registered_contacts(work, request.subject_ref)
    return contacts.phone if via is Via.SMS else contacts.email


async def _is_astray(work: Work, request: RightsRequest, sent: IdentityChallenge) -> bool:
    """Whether a code went to what is no longer a registered contact: whoever reads there proves nothing any more."""
    address = await keys.unseal(work, request.subject_ref, KeyPurpose.PROFILE, sent.address, _place(sent))
    return address is None or address != await _registered(work, request, Via(sent.via))


async def verify_in_person(
    work: Work, request_id: UUID, document_kind: str, last4: str, expected_version: int | None
) -> RightsRequest:
    """Prove identity at the counter: staff record what they saw, no copy of it.

    Raises `Forbidden` for anybody else and in a matter of their own, `NotFound`, `IllegalTransition`.
    """
    if not work.actor.may(Permission.REQUEST_IDENTIFY_IN_PERSON):
        raise Forbidden
    request = await lock_with_subject(work, request_id, expected_version)
    check_not_own_matter(work, request)
    after = advance(Status(request.status), Move.VERIFY)
    seen = {"kind": document_kind, "last4": last4}
    place = f"request/{request.id}/identity"
    request.identity_evidence = await keys.seal(work, request.subject_ref, KeyPurpose.EVIDENCE, seen, place)
    await _prove(work, request, after, Assurance.HIGH, "in_person")
    return request


async def prove_by_token(work: Work, request: RightsRequest, representative_ref: str | None) -> None:
    """Prove the identity that a request lacks, where the token of who acts is sure enough; the subject is locked.

    `representative_ref`: who acts effectively for the subject, None for the subject.
    """
    reached = assurance_about(work.actor, request.subject_ref, representative_ref)
    if request.status != Status.IDENTITY_PENDING or reached.rank < Assurance(request.identity_required).rank:
        return
    request = await lock(work, request.id, None)
    if request.status == Status.IDENTITY_PENDING:
        await _prove(work, request, advance(Status.IDENTITY_PENDING, Move.VERIFY), reached, "token")


def assurance_about(actor: Actor, subject_ref: str, representative_ref: str | None) -> Assurance:
    """How surely the actor's token identifies who acts, the subject or an effective representative.

    A staff or system token says nothing about anybody else.
    """
    if representative_ref is None:
        acts = actor.is_subject(subject_ref)
    else:
        acts = Role.REPRESENTATIVE in actor.roles and actor.subject_ref == representative_ref
    return actor.assurance if acts else Assurance.NONE


async def _prove(work: Work, request: RightsRequest, after: Status, reached: Assurance, method: str) -> None:
    """Take over what was reached; the request moves once that is enough for its right."""
    request.identity_reached = max(reached, Assurance(request.identity_reached), key=lambda level: level.rank)
    request.identity_method = method
    if Assurance(request.identity_reached).rank >= Assurance(request.identity_required).rank:
        request.identity_state = "proven"
        request.identity_locked_until = None
        move(work, request, after)
        note_event(work, request, EventType.REQUEST_IDENTITY_VERIFIED, method=method)
        await kinds.of(request).take_effect(work, request)
    record(work, request, "identity.verified", method=method, reached=request.identity_reached)


async def _guard(work: Work, subject_ref: str) -> IdentityGuard:
    guard = await identity.guard_of(work, subject_ref)
    if guard.locked_until is not None and guard.locked_until > work.now:
        raise IdentityLocked(_seconds_until(work, guard.locked_until))
    return guard


def _count_code(work: Work, guard: IdentityGuard) -> None:
    if not guard.window_start <= work.now < guard.window_start + WINDOW:
        guard.window_start, guard.sent = work.now, 0
    if guard.sent >= MOST_CODES:
        raise RateLimited(_seconds_until(work, guard.window_start + WINDOW))
    guard.sent += 1


async def _count_wrong_try(work: Work, request: RightsRequest, guard: IdentityGuard) -> NoReturn:
    """Tries are the subject's: the last one locks every request of theirs that is still unproven."""
    rule = work.pack.identity
    guard.tries += 1
    record(work, request, "identity.code_wrong", tries=guard.tries)
    if guard.tries < rule.code_tries:
        raise CodeWrong(rule.code_tries - guard.tries)
    guard.tries = 0
    await identity.end_challenges(work, request.subject_ref)
    guard.locked_until = work.now + timedelta(minutes=rule.cool_off_minutes)
    for unproven in await identity.lock_unproven(work, request.subject_ref):
        unproven.identity_locked_until = guard.locked_until
        unproven.version += 1
    raise IdentityLocked(_seconds_until(work, guard.locked_until))


def _seconds_until(work: Work, instant: datetime) -> int:
    return math.ceil((instant - work.now).total_seconds())


async def locked_until(work: Work, subject_ref: str) -> datetime | None:
    """When the latest cool-off of the subject ends, or has ended."""
    guard = await identity.find_guard(work, subject_ref)
    return guard.locked_until if guard is not None else None


def identity_state(request: RightsRequest, now: datetime) -> str:
    """`pending`, `proven`, `locked` while a cool-off lasts, or `lapsed`."""
    locked = request.identity_locked_until is not None and request.identity_locked_until > now
    return "locked" if request.identity_state == "pending" and locked else request.identity_state


async def lapse_next(work: Work, *, wait: bool = False) -> bool:
    """Lapse one request whose identity stayed unproven through its last day; nothing is disclosed. False: none is due."""
    request = await rights_requests.lock_next_to_lapse(work, work.pack.identity.lapse_days, wait=wait)
    if request is None:
        return False
    move(work, request, advance(Status(request.status), Move.LAPSE))
    request.identity_state = "lapsed"
    note_event(work, request, EventType.REQUEST_LAPSED, ground="id_not_proven")
    record(work, request, "request.lapsed")
    return True


async def next_lapse(work: Work) -> datetime | None:
    """When the next request lapses, or should have: the start of a day in Bangkok."""
    received_on = await rights_requests.earliest_unproven_receipt(work)
    if received_on is None:
        return None
    return datetime.combine(lapses_on(work.pack.identity, received_on), time(), BANGKOK).astimezone(UTC)


def _hash(work: Work, challenge_id: UUID, code: str) -> bytes:
    return work.ring.digest("identity_code", f"{challenge_id}:{code}")


def _place(sent: IdentityChallenge) -> str:
    return f"challenge/{sent.id}/address"
