"""Rights requests, whatever the right: who sees them, their timeline, and the moves that all kinds share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.work import Work
from app.domain import objection
from app.domain.capacity import covers, is_effective
from app.domain.deadlines import Schedule
from app.domain.errors import (
    Forbidden,
    NotFound,
    NotVisible,
    VersionConflict,
)
from app.domain.policy import RightRule
from app.domain.reasons import Reason
from app.domain.rights_request import Status
from app.domain.vocabulary import Permission, Relation, RequestKind, Right, Role
from app.models.rights_request import RequestEvent, RequestMessage, RightsRequest
from app.repositories import representations, rights_requests, subjects
from app.services import audit, events, keys
from app.services.events import EventType
from app.services.keys import KeyPurpose

NOBODY = ""
"""Whom a request that is not there is about: looked up like anybody, so that both ways to `NotFound` do the same work."""


class Direction(StrEnum):
    """What a message about a request is: `reason` why it was made, `decision` what the officer who decided had to say.

    `lifting`: why a restriction has ended.
    """

    QUESTION = "question"
    ANSWER = "answer"
    REASON = "reason"
    DECISION = "decision"
    CANCELLATION = "cancellation"
    EXTENSION = "extension"
    LIFTING = "lifting"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message about a request; `text` None for those who take no part, and once its key was destroyed."""

    at: datetime
    direction: Direction
    text: str | None


async def see(work: Work, path: Mapping[str, str]) -> None:
    """Whether the actor may see the request that a path names. Raises `NotFound`."""
    try:
        request_id = UUID(path["request_id"])
    except ValueError:
        raise NotFound from None
    await get(work, request_id, heirs=True)


async def get(work: Work, request_id: UUID, *, heirs: bool = False) -> RightsRequest:
    """A request that the actor may see; `heirs`: those of the subject too. Raises `NotFound`."""
    return await _found(work, await rights_requests.get(work, request_id), request_id, heirs=heirs)


async def lock(work: Work, request_id: UUID, expected_version: int | None) -> RightsRequest:
    """The same, locked for a move. Raises `NotFound`, `VersionConflict`."""
    request = await _found(work, await rights_requests.lock(work, request_id), request_id)
    if expected_version not in {None, request.version}:
        raise VersionConflict
    return request


async def lock_with_subject(work: Work, request_id: UUID, expected_version: int | None) -> RightsRequest:
    """The request locked after its subject, in the order that everybody keeps who needs both.

    Raises `NotFound`, `VersionConflict`.
    """
    await subjects.lock(work, (await get(work, request_id)).subject_ref)
    return await lock(work, request_id, expected_version)


async def _found(work: Work, request: RightsRequest | None, request_id: UUID, *, heirs: bool = False) -> RightsRequest:
    reach = await reach_of(work, request.subject_ref if request is not None else NOBODY, heirs=heirs)
    if request is not None and (reach is None or request.kind in reach):
        return request
    if work.actor.everyone:
        raise NotFound
    audit.record(work, "access.denied", "request", request_id)
    raise NotVisible


async def reach_of(work: Work, subject_ref: str, *, heirs: bool = False) -> frozenset[str] | None:
    """The kinds of the subject's requests that the actor may see and move; None: all kinds.

    People see their own, and of those whom they stand for effectively what their power covers. `heirs` may only read.
    """
    actor = work.actor
    if actor.everyone or actor.is_subject(subject_ref):
        return None
    if Role.REPRESENTATIVE not in actor.roles or actor.subject_ref is None:
        return frozenset()
    found = await representations.find_with_person(work, subject_ref, actor.subject_ref)
    if found is None:
        return frozenset()
    power, person = found
    stands = is_effective(power, person, work.today) and (heirs or power.relation is not Relation.HEIR)
    return frozenset(kind for kind in RequestKind if stands and covers(power, kind))


def check_not_own_matter(work: Work, request: RightsRequest) -> None:
    """Nobody decides about a request of their own, or one that they made for another. Raises `Forbidden`."""
    if work.actor.subject_ref is not None and work.actor.subject_ref in {request.subject_ref, request.on_behalf_by}:
        raise Forbidden


async def is_deceased(work: Work, request: RightsRequest) -> bool:
    """Whether the subject has died: the Act covers their data no longer (PDPA s.6)."""
    subject = await subjects.get(work, request.subject_ref)
    return subject is not None and subject.deceased_on is not None and subject.deceased_on <= work.today


def rule_of(work: Work, kind: str, scope: Mapping[str, Any]) -> RightRule:
    """How the pack wants a request handled; among objections, those to direct marketing otherwise than others."""
    if kind == RequestKind.OBJECTION:
        return objection.rule_for(scope["purposes"], work.pack)
    return work.pack.rights[Right(kind)]


def extended_days(rule: RightRule, request: RightsRequest) -> int:
    """By how many days the time to decide was extended."""
    return rule.extension_days if request.extensions else 0


def schedule_of(request: RightsRequest) -> Schedule:
    """The request's deadlines as they stand."""
    return Schedule(
        request.received_on,
        request.decide_by,
        request.decide_by_internal,
        request.complete_by,
        request.complete_by_internal,
        request.provisional,
    )


def move(work: Work, request: RightsRequest, to: Status) -> None:
    """Bring a request to a status; a final one closes it."""
    request.status = to
    request.version += 1
    if to in {Status.COMPLETED, Status.REFUSED, Status.CANCELLED, Status.LAPSED}:
        request.closed_at, request.next_reminder_at = work.now, None


async def assign(work: Work, request_id: UUID, assigned_to: str, expected_version: int | None) -> RightsRequest:
    """Give a request to an officer. Raises `NotFound`, `VersionConflict`."""
    request = await lock(work, request_id, expected_version)
    request.assigned_to = assigned_to
    request.version += 1
    record(work, request, "request.assigned", assigned_to=assigned_to)
    return request


async def messages_of(work: Work, request_id: UUID) -> list[Exchange]:
    """What was asked and answered about a request, the reasons given, and what the officer who decided had to say.

    Texts only for those who take part; officers' reading is recorded. Raises `NotFound`.
    """
    request = await get(work, request_id)
    told = takes_part(work, request, "request.messages_read")
    said = [
        Exchange(row.at, Direction(row.direction), await _text_of(work, request, row) if told else None)
        for row in await rights_requests.messages_of(work, request.id)
    ]
    if request.decided_at is not None and request.decision_note is not None:
        note = await decision_note(work, request) if told else None
        said.append(Exchange(request.decided_at, Direction.DECISION, note))
        said.sort(key=lambda one: one.at)
    return said


async def decision_note(work: Work, request: RightsRequest) -> str | None:
    """What the officer who decided had to say; None where nothing was said, or its key was destroyed."""
    place = f"request/{request.id}/decision"
    text = await keys.unseal(work, request.subject_ref, KeyPurpose.EVIDENCE, request.decision_note, place)
    return text if isinstance(text, str) else None


def takes_part(work: Work, request: RightsRequest, reading: str) -> bool:
    """Whether the actor may read what is said in a request: who made it, and officers, whose `reading` is recorded."""
    own = work.actor.is_subject(request.subject_ref) or not work.actor.everyone
    if not own and work.actor.may(Permission.REQUEST_ASK):
        record(work, request, reading)
        return True
    return own


async def _text_of(work: Work, request: RightsRequest, message: RequestMessage) -> str | None:
    place = _place(message.id)
    text = await keys.unseal(work, request.subject_ref, KeyPurpose.EVIDENCE, message.body, place)
    return text if isinstance(text, str) else None


async def exchange(work: Work, request: RightsRequest, direction: Direction, text: str) -> None:
    """Keep one message about a request, sealed."""
    message_id = new_id(work.now)
    body = await keys.seal(work, request.subject_ref, KeyPurpose.EVIDENCE, text, _place(message_id))
    rights_requests.add(
        work,
        RequestMessage(
            id=message_id, request_id=request.id, at=work.now, direction=direction, author=work.actor.sub, body=body
        ),
    )


def _place(message_id: UUID) -> str:
    return f"request_message/{message_id}"


def note_event(work: Work, request: RightsRequest, event: EventType, **detail: object) -> None:
    """Add a line to the request's timeline, and tell the systems. `detail`: codes and counts only."""
    rights_requests.add(work, step(work, request.id, event, **detail))
    events.announce(work, event, request_id=str(request.id), kind=request.kind, subject_ref=request.subject_ref)


def step(work: Work, request_id: UUID, event: EventType, **detail: object) -> RequestEvent:
    """A line of a request's timeline, by the actor's role."""
    actor = str(min(work.actor.roles, default="system"))
    return RequestEvent(
        id=new_id(work.now), request_id=request_id, at=work.now, event=event, actor=actor, detail=detail
    )


def record(work: Work, request: RightsRequest, action: str, **details: object) -> None:
    """Audit an act on a request."""
    audit.record(work, action, "request", request.id, subject_ref=request.subject_ref, kind=request.kind, **details)


def reason_document(reason: Reason) -> dict[str, Any]:
    """A reason as it is stored and answered."""
    return {
        "rule": reason.rule,
        "clause": reason.clause,
        "law": reason.law,
        "ground": reason.ground,
        "until": reason.until.isoformat() if reason.until else None,
        "th": reason.text.th,
        "en": reason.text.en,
    }
