"""Submission of rights requests: the clock starts, a duplicate joins the request that stands (API 8; DOMAIN, Rights requests)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.work import Work
from app.domain.deadlines import schedule
from app.domain.errors import FieldError, InvalidInput, NotFound, SubjectErased
from app.domain.rights_request import Status
from app.domain.vocabulary import Assurance, Channel, Language, Permission, RequestKind
from app.models.rights_request import RightsRequest
from app.models.subject import Subject
from app.repositories import rights_requests, subjects
from app.services import identity, keys, kinds, letters, reminders, representations, rescheduling
from app.services.events import EventType
from app.services.keys import KeyPurpose
from app.services.rights_requests import Direction, exchange, note_event, reach_of, record, rule_of
from app.services.subjects import visible

LATEST_RECEIPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Submission:
    """What is asked, under which right.

    `scope`: the fields of the kind, as JSON. `covers`: the part of it in which a duplicate would be the same.
    `categories`, `purposes`: the codes that it names, by the JSON pointer to each. `reason`: why, where the kind asks.
    `about_request`: the one whose case it joins. `particulars`: what is asked beyond codes and references, to be sealed.
    """

    kind: RequestKind
    subject_ref: str
    channel: Channel
    language: Language
    scope: Mapping[str, Any]
    covers: object
    categories: Mapping[str, str] = field(default_factory=dict)
    purposes: Mapping[str, str] = field(default_factory=dict)
    on_behalf_by: str | None = None
    reason: str | None = None
    about_request: UUID | None = None
    particulars: object = None
    note: str | None = None
    received_on: date | None = None
    delivery: str | None = None


async def submit(work: Work, asked: Submission) -> tuple[RightsRequest, bool]:
    """Receive a request and start its clock; tells whether it is a duplicate of an open one, which then stands instead.

    A duplicate over a token that is sure enough proves the identity that the open one still lacks. Raises `NotFound`,
    `SubjectErased`, `RepresentativeRequired`, `InvalidInput`.
    """
    await visible(work, asked.subject_ref)
    subject = await subjects.lock(work, asked.subject_ref)
    if subject is None:
        raise NotFound
    representative_ref = await _check_who_asks(work, subject, asked)
    _check(work, asked)
    scope_key = work.ring.digest("request_scope", json.dumps(asked.covers, sort_keys=True)).hex()
    duplicate = await rights_requests.find_open(work, asked.subject_ref, asked.kind, scope_key)
    if duplicate is not None:
        await identity.prove_by_token(work, duplicate, representative_ref)
        if duplicate.closed_at is None:
            await _receive_again(work, duplicate, representative_ref)
            return duplicate, True
    request = await _receive(work, asked, await _case(work, asked), scope_key, representative_ref)
    reminders.plan(work, request, work.today)
    request.particulars = await _sealed(work, asked, request.id, "particulars", asked.particulars)
    rights_requests.add(work, request)
    await work.session.flush()
    if asked.reason is not None:
        await exchange(work, request, Direction.REASON, asked.reason)
    note_event(work, request, EventType.REQUEST_RECEIVED)
    if request.status == Status.IN_REVIEW:
        note_event(work, request, EventType.REQUEST_IDENTITY_VERIFIED, method="token")
        await kinds.of(request).take_effect(work, request)
    else:
        await kinds.of(request).receive(work, request, Assurance(request.identity_reached))
    await letters.receipt(work, request)
    record(work, request, "request.submitted", channel=asked.channel, identity=request.identity_state)
    return request, False


async def _receive_again(work: Work, request: RightsRequest, representative_ref: str | None) -> None:
    """Let come about what the submission itself does, by the proof that there is, or the token of who repeats it."""
    reached = Assurance(request.identity_reached)
    if request.status == Status.IDENTITY_PENDING:
        reached = identity.assurance_about(work.actor, request.subject_ref, representative_ref)
    await kinds.of(request).receive(work, request, reached)


async def _check_who_asks(work: Work, subject: Subject, asked: Submission) -> str | None:
    """The representative who asks, None for the subject."""
    if subject.erased_at is not None:
        raise SubjectErased
    person = representations.person_of(subject)
    await representations.check_acts(work, asked.subject_ref, person, asked.kind, by=asked.on_behalf_by)
    return representations.acting(work, asked.subject_ref, asked.on_behalf_by)


def _check(work: Work, asked: Submission) -> None:
    named = ((asked.categories, work.pack.categories), (asked.purposes, work.pack.purposes))
    errors = [
        FieldError(pointer, "not_allowed")
        for codes, known in named
        for pointer, code in codes.items()
        if code not in known
    ]
    if asked.received_on is not None:
        if not work.actor.may(Permission.REQUEST_IDENTIFY_IN_PERSON):
            errors.append(FieldError("/received_on", "not_allowed"))
        elif not work.today - timedelta(days=LATEST_RECEIPT_DAYS) <= asked.received_on <= work.today:
            errors.append(FieldError("/received_on", "out_of_range"))
    if errors:
        raise InvalidInput(errors)


async def _case(work: Work, asked: Submission) -> UUID:
    """The case that is joined: that of the request it is about, else of the subject's oldest open one, else a new one."""
    if asked.about_request is None:
        return await rights_requests.open_case(work, asked.subject_ref) or new_id(work.now)
    about = await rights_requests.get(work, asked.about_request)
    reach = await reach_of(work, asked.subject_ref)
    if about is None or about.subject_ref != asked.subject_ref or not (reach is None or about.kind in reach):
        raise InvalidInput([FieldError("/about_request", "not_allowed")])
    return about.case_id


async def _receive(work: Work, asked: Submission, case_id: UUID, scope_key: str, by: str | None) -> RightsRequest:
    received_on = asked.received_on or work.today
    rule = rule_of(work, asked.kind, asked.scope)
    dates = schedule(rule, received_on, await rescheduling.calendar(work))
    required = rule.assurance or Assurance.SUBSTANTIAL
    reached = identity.assurance_about(work.actor, asked.subject_ref, by)
    proven = reached.rank >= required.rank
    request_id = new_id(work.now)
    return RightsRequest(
        id=request_id,
        reference=await rights_requests.next_reference(work, received_on),
        case_id=case_id,
        kind=asked.kind,
        status=Status.IN_REVIEW if proven else Status.IDENTITY_PENDING,
        subject_ref=asked.subject_ref,
        scope=dict(asked.scope),
        scope_key=scope_key,
        channel=asked.channel,
        language=asked.language,
        delivery=asked.delivery,
        on_behalf_by=by,
        note=await _sealed(work, asked, request_id, "note", asked.note),
        received_at=work.now,
        received_on=received_on,
        decide_by=dates.decide_by,
        decide_by_internal=dates.decide_by_internal,
        complete_by=dates.complete_by,
        complete_by_internal=dates.complete_by_internal,
        due_on=dates.decide_by,
        provisional=dates.provisional,
        identity_required=required,
        identity_reached=reached,
        identity_state="proven" if proven else "pending",
        identity_method="token" if proven else None,
        identity_locked_until=await identity.locked_until(work, asked.subject_ref),
        submitted_by=work.actor.sub,
        submitted_at=work.now,
        policy=work.pack.sha256,
    )


async def _sealed(work: Work, asked: Submission, request_id: UUID, name: str, content: object) -> bytes | None:
    if content is None:
        return None
    return await keys.seal(work, asked.subject_ref, KeyPurpose.EVIDENCE, content, f"request/{request_id}/{name}")
