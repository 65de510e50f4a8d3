"""Erasing, of the controller's own motion, what was collected without the consent it needed (PDPA s.33(4); policy clause 13)."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.work import Work
from app.domain.deadlines import schedule
from app.domain.deletion_cases import CONSENTS
from app.domain.erasure import ErasureGround, ErasureMethod
from app.domain.rights_request import Status
from app.domain.vocabulary import Assurance, Channel, RequestKind, Right
from app.models.rights_request import RightsRequest
from app.models.subject import Subject
from app.repositories import erasures, rights_requests
from app.repositories.deletion_cases import Case
from app.services import reminders, rescheduling
from app.services.events import EventType
from app.services.rights_requests import note_event, record


async def ask_for_erasure(work: Work, subject: Subject, case: Case) -> UUID | None:
    """Open an erasure request for what rests on the consents of a case; None where nothing does, but other data is held.

    It is reviewed like any other, by four eyes where the pack says so; only nobody's identity is in question.
    """
    scope = await _scope(work, case)
    if scope is None:
        return None
    request = await _request(work, subject, case, scope)
    reminders.plan(work, request, work.today)
    rights_requests.add(work, request)
    await work.session.flush()
    note_event(work, request, EventType.REQUEST_RECEIVED)
    record(work, request, "request.submitted", channel=request.channel, identity=request.identity_state)
    return request.id


async def _scope(work: Work, case: Case) -> Mapping[str, Any] | str | None:
    """The records that rest on consent to the purposes of the case, or everything where nothing else is held.

    What rests on another basis was collected lawfully, and stays.
    """
    held = await erasures.in_scope(work, case.subject_ref, None, None)
    resting = [
        row.record_ref
        for row in held
        if row.lawful_basis in CONSENTS and (not case.purposes or row.purpose in {None, *case.purposes})
    ]
    if len(resting) == len(held):
        return "all"
    return {"record_refs": sorted(resting)} if resting else None


async def _request(work: Work, subject: Subject, case: Case, scope: Mapping[str, Any] | str) -> RightsRequest:
    rule = work.pack.rights[Right.ERASURE]
    dates = schedule(rule, work.today, await rescheduling.calendar(work))
    return RightsRequest(
        id=new_id(work.now),
        reference=await rights_requests.next_reference(work, work.today),
        case_id=await rights_requests.open_case(work, subject.subject_ref) or new_id(work.now),
        kind=RequestKind.ERASURE,
        status=Status.IN_REVIEW,
        subject_ref=subject.subject_ref,
        scope={"scope": scope, "ground": ErasureGround.UNLAWFUL, "method": ErasureMethod.ERASE},
        scope_key=hashlib.sha256(f"deletion_case/{case.id}".encode()).hexdigest(),
        channel=Channel.COUNTER,
        language=subject.language,
        received_at=work.now,
        received_on=work.today,
        decide_by=dates.decide_by,
        decide_by_internal=dates.decide_by_internal,
        complete_by=dates.complete_by,
        complete_by_internal=dates.complete_by_internal,
        due_on=dates.decide_by,
        provisional=dates.provisional,
        identity_required=Assurance.NONE,
        identity_reached=Assurance.NONE,
        identity_state="proven",
        submitted_by=work.actor.sub,
        submitted_at=work.now,
        policy=work.pack.sha256,
    )
