"""The decision: item by item, never against what law and pack say, by two people where the pack wants that."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from app.core.ids import new_id
from app.core.work import Work
from app.domain.errors import AssessmentStale, Forbidden, FourEyesRequired
from app.domain.rights_request import ItemAssessment, ItemDecision, ItemOutcome, Move, Status, advance, check_decision
from app.domain.vocabulary import Outcome, Permission, RequestKind
from app.models.rights_request import RequestItem, RightsRequest
from app.repositories import rights_requests
from app.services import assessments, fulfilment, keys, kinds, letters, messages, pauses, refusals, reminders
from app.services.events import EventType
from app.services.keys import KeyPurpose
from app.services.kinds import KindOfRequest
from app.services.rights_requests import (
    check_not_own_matter,
    lock_with_subject,
    move,
    note_event,
    reason_document,
    record,
    rule_of,
)


@dataclass(frozen=True, slots=True)
class Decided:
    """What the officer decided. `items` None: the proposal as it stands. `notes`: by ref."""

    outcome: Outcome
    items: Sequence[ItemDecision] | None
    notes: dict[str, str]
    note: str | None


async def decide(work: Work, request_id: UUID, decided: Decided, expected_version: int | None) -> RightsRequest:
    """Decide a request, as it is assessed under the lock: no push and no legal hold comes between.

    Raises `NotFound`, `VersionConflict`, `Forbidden`, `IllegalTransition` (also before identity is proven),
    `AssessmentStale`, `ItemsIncomplete`, `OutcomeMismatch`, `GroundNotValid`, `DecisionUnlawful`, `FourEyesRequired`.
    """
    request = await lock_with_subject(work, request_id, expected_version)
    kind = kinds.of(request)
    four_eyes = await _needs_four_eyes(work, request, kind)
    check_not_own_matter(work, request)
    if four_eyes and not work.actor.may(Permission.REQUEST_DECIDE_FOUR_EYES):
        raise Forbidden
    advance(Status(request.status), Move.DECIDE, outcome=decided.outcome)
    assessed = await kind.assess(work, request)
    signed_by = await _signer(work, request, assessed)
    lawful = check_decision(RequestKind(request.kind), work.pack.grounds, assessed, decided.items, decided.outcome)
    if four_eyes and signed_by in {None, work.actor.sub}:
        raise FourEyesRequired
    pauses.resume(work, request)
    items = await _take_down(work, request, assessed, lawful, decided)
    work_left = await kind.carry_out(work, request, assessed, lawful)
    told_by = await _conclude(work, request, decided, items, work_left=work_left)
    refusals.enter(work, request, items, reviewer=signed_by, told_by=told_by)
    if request.status == Status.COMPLETED:
        await fulfilment.complete(work, request)
    return request


async def _needs_four_eyes(work: Work, request: RightsRequest, kind: KindOfRequest) -> bool:
    """Where the pack says so for the right, and for whatever touches a sensitive category (API 8)."""
    if rule_of(work, request.kind, request.scope).four_eyes:
        return True
    known = work.pack.categories
    return any(code in known and known[code].sensitive for code in await kind.categories(work, request))


async def _signer(work: Work, request: RightsRequest, assessed: Sequence[ItemAssessment]) -> str | None:
    """Who signed the assessment as it stands. Raises `AssessmentStale` when what was signed is no longer true."""
    signed = await rights_requests.signed_assessment(work, request.id)
    if signed is None:
        return None
    if signed.digest != assessments.digest(work, assessed):
        raise AssessmentStale
    return signed.assessed_by


async def _take_down(
    work: Work,
    request: RightsRequest,
    assessed: Sequence[ItemAssessment],
    lawful: Sequence[ItemDecision],
    decided: Decided,
) -> list[RequestItem]:
    """Keep what was decided about each item, with its reasons, as it stood."""
    items = []
    for position, (item, decision) in enumerate(zip(assessed, lawful, strict=True)):
        note = decided.notes.get(decision.ref)
        place = f"request/{request.id}/item/{position}"
        sealed = await keys.seal(work, request.subject_ref, KeyPurpose.EVIDENCE, note, place) if note else None
        items.append(_item(work, request, position, item, decision, sealed))
    rights_requests.add(work, *items)
    if decided.note is not None:
        place = f"request/{request.id}/decision"
        request.decision_note = await keys.seal(work, request.subject_ref, KeyPurpose.EVIDENCE, decided.note, place)
    return items


def _item(
    work: Work,
    request: RightsRequest,
    position: int,
    item: ItemAssessment,
    decision: ItemDecision,
    note: bytes | None,
) -> RequestItem:
    refused = decision.outcome is ItemOutcome.REFUSED
    reason = refusals.reason_for(work, request, item, decision.ground) if decision.ground is not None else None
    return RequestItem(
        request_id=request.id,
        position=position,
        ref=item.ref,
        label=asdict(item.label),
        proposed=item.proposed,
        outcome=decision.outcome,
        ground=decision.ground,
        grounds=list(item.grounds),
        until=item.until if refused else None,
        waits_for=item.waits_for if refused else None,
        because=[reason_document(reason) for reason in item.because],
        deferred_until=item.refusable_until if refused else None,
        note=note,
        reason=asdict(reason) if reason is not None else None,
        refusal_id=new_id(work.now) if refused else None,
    )


async def _conclude(
    work: Work, request: RightsRequest, decided: Decided, items: Sequence[RequestItem], *, work_left: int
) -> str | None:
    """Bring the request on, and tell the subject; returns how they are told, None where nobody can be."""
    request.outcome = outcome = decided.outcome
    request.decided_at, request.decided_by = work.now, work.actor.sub
    request.due_on = request.complete_by
    request.policy = work.pack.sha256
    move(work, request, advance(Status(request.status), Move.DECIDE, outcome=outcome, work_left=work_left > 0))
    reminders.plan(work, request, work.today + timedelta(days=1))
    note_event(work, request, EventType.REQUEST_DECIDED, outcome=outcome, tasks=work_left)
    await letters.decision(work, request, items, decided.notes, decided.note, work_left=work_left > 0)
    told_by = await messages.tell(work, request, "decision")
    record(work, request, "request.decided", outcome=outcome, tasks=work_left)
    return told_by
