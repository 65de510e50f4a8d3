"""What the letters of a request tell, gathered from what is on record about it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from app.core.clock import today_in_bangkok
from app.core.work import Work
from app.domain.letter_asked import asked
from app.domain.letter_closing import Done, ProofTold
from app.domain.letter_decision import Told
from app.domain.letter_matter import Matter
from app.domain.policy import Bilingual
from app.domain.rights_request import ItemOutcome
from app.domain.transfers import TransferState
from app.domain.vocabulary import Channel, RequestKind, SubjectKind
from app.models.rights_request import RequestItem, RightsRequest, Task
from app.repositories import rights_requests, subjects, tasks
from app.services import keys, transfers
from app.services.keys import KeyPurpose
from app.services.tasks import DESTROYING


async def matter(work: Work, request: RightsRequest) -> Matter:
    """The request as its letters name it."""
    subject = await subjects.get(work, request.subject_ref)
    assert subject is not None, "a request has a subject"  # noqa: S101  (foreign key)
    kind = RequestKind(request.kind)
    return Matter(
        reference=request.reference,
        case_id=str(request.case_id),
        kind=kind,
        scope=request.scope,
        subject_ref=request.subject_ref,
        subject_kind=SubjectKind(subject.kind),
        on_behalf_by=request.on_behalf_by,
        channel=Channel(request.channel),
        received_on=request.received_on,
        decide_by=request.decide_by,
        complete_by=request.complete_by,
        provisional=request.provisional,
        paused=request.paused_on is not None,
        proof=request.identity_method,
        asked=asked(kind, request.scope, work.pack),
        policy=work.pack.sha256,
        about=await _about(work, request),
        transfer=await _transfer(work, request),
    )


async def _about(work: Work, request: RightsRequest) -> str | None:
    """The reference of the request that a complaint is about."""
    named = request.scope.get("about_request")
    about = await rights_requests.get(work, UUID(named)) if named is not None else None
    return about.reference if about is not None else None


async def _transfer(work: Work, request: RightsRequest) -> TransferState | None:
    ordered = await transfers.view(work, request)
    return TransferState(ordered.state) if ordered is not None else None


def told(items: Sequence[RequestItem], notes: Mapping[str, str]) -> list[Told]:
    """The items of a decision, with the officer's notes by their references."""
    return [
        Told(
            ref=item.ref,
            label=Bilingual(**item.label),
            outcome=ItemOutcome(item.outcome),
            ground=item.ground,
            until=item.until,
            waits_for=item.waits_for,
            deferred_until=item.deferred_until,
            because=item.because,
            reason=Bilingual(**item.reason) if item.reason is not None else None,
            note=notes.get(item.ref),
        )
        for item in items
    ]


async def decided(work: Work, request: RightsRequest) -> list[Told]:
    """The items of a request, as they were decided, without notes."""
    return told((await rights_requests.items_of(work, [request.id]))[request.id], {})


async def done(work: Work, request: RightsRequest, items: Sequence[Told]) -> list[Done]:
    """What the tasks of a request have done, with the proof of what was destroyed."""
    labels = {item.ref: item.label for item in items}
    return [await _done(work, task, labels) for task in await tasks.completed_of(work, request.id)]


async def _done(work: Work, task: Task, labels: Mapping[str, Bilingual]) -> Done:
    counted = Counter(labels.get(ref) for ref in task.record_refs)
    assert task.completed_at is not None, "only completed tasks are asked for"  # noqa: S101  (the query before)
    completed_on = today_in_bangkok(task.completed_at)
    return Done(task.kind, list(counted.items()), completed_on, await _proof(work, task))


async def _proof(work: Work, task: Task) -> ProofTold | None:
    if task.kind not in DESTROYING:
        return None
    kept = await keys.unseal(work, task.subject_ref, KeyPurpose.EVIDENCE, task.proof, f"task/{task.id}/proof")
    if not isinstance(kept, Mapping):
        return None
    return ProofTold(kept["method"], datetime.fromisoformat(kept["performed_at"]), kept["reference"])
