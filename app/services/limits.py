"""Limits on processing: they stand from proof of identity on, become final by the decision, and are lifted when it is over.

The decision API reads their rows: what is written here changes the next answer (DOMAIN "Decision").
"""

from collections import defaultdict
from collections.abc import Collection, Sequence

from app.core.ids import new_id
from app.core.work import Work
from app.domain.restriction import kinds_of
from app.domain.vocabulary import Objectable, RequestKind
from app.models.limit import ProcessingLimit
from app.models.record import HeldRecord
from app.models.rights_request import RightsRequest
from app.repositories import erasures, limits, records, rights_requests
from app.services import audit, events, tasks
from app.services.events import EventType
from app.services.rights_requests import note_event, step

APPLIED = {"restriction": EventType.RESTRICTION_APPLIED, "objection": EventType.OBJECTION_APPLIED}
LIFTED = {"restriction": EventType.RESTRICTION_LIFTED, "objection": EventType.OBJECTION_LIFTED}


def impose(
    work: Work,
    request: RightsRequest,
    *,
    purposes: Sequence[str] | None = None,
    record_refs: Sequence[str] | None = None,
    final: bool = False,
) -> None:
    """Limit the processing of purposes, or of records, from now on."""
    limit = ProcessingLimit(
        id=new_id(work.now),
        subject_ref=request.subject_ref,
        kind=request.kind,
        purposes=_listed(purposes),
        record_refs=_listed(record_refs),
        ground=request.scope["ground"],
        request_id=request.id,
        final=final,
        since=work.now,
    )
    limits.add(work, limit)


def _listed(refs: Sequence[str] | None) -> list[str] | None:
    return None if refs is None else list(refs)


async def standing(work: Work, request: RightsRequest) -> Sequence[ProcessingLimit]:
    """The limits of the request that were not lifted."""
    return await limits.in_force(work, request.id)


def announce(work: Work, request: RightsRequest) -> None:
    """Tell the systems that the request limits processing now."""
    note_event(work, request, APPLIED[request.kind])


async def settle(work: Work, request: RightsRequest, granted: Collection[str]) -> list[str]:
    """Make final what was granted, and lift what was not; a limit of both stands on in the granted part.

    Returns the purposes, or the records, that are limited for good.
    """
    lifted = False
    final: list[str] = []
    for limit in await limits.in_force(work, request.id):
        named = limit.purposes or limit.record_refs or []
        kept = [ref for ref in named if ref in granted]
        final += kept
        if len(kept) == len(named):
            limit.final = True
            continue
        lifted = True
        limit.lifted_at = work.now
        if kept:
            _go_on(work, limit, kept)
    if lifted:
        note_event(work, request, LIFTED[request.kind])
    return final


def _go_on(work: Work, limit: ProcessingLimit, kept: list[str]) -> None:
    scope = "record_refs" if limit.purposes is None else "purposes"
    part = {"id": new_id(work.now), scope: kept, "final": True, "lifted_at": None}
    limits.add(work, ProcessingLimit(**limit.model_dump() | part))


async def lift(work: Work, request: RightsRequest) -> list[str]:
    """Lift every limit of the request; returns the purposes, or the records, that are free again."""
    standing = await limits.in_force(work, request.id)
    for limit in standing:
        limit.lifted_at = work.now
    if standing:
        note_event(work, request, LIFTED[request.kind])
    return [ref for limit in standing for ref in limit.purposes or limit.record_refs or ()]


def of_their_own_accord(work: Work, subject_ref: str) -> bool:
    """Whether the subject or a representative acts, with a token of their own: nobody else's word ends their objection."""
    return work.actor.is_subject(subject_ref) or not work.actor.everyone


async def consented(work: Work, subject_ref: str, purpose: str) -> bool:
    """Whether who consents now has changed their mind: then their objection to this direct marketing is lifted.

    The subject's row is locked. What staff or systems record as a consent lifts nothing.
    """
    marketing = work.pack.purposes[purpose].objectable is Objectable.ABSOLUTE
    if not marketing or not of_their_own_accord(work, subject_ref):
        return False
    lifted = await limits.lift_objections(work, subject_ref, purpose)
    for request_id in lifted:
        told = {"kind": RequestKind.OBJECTION, "subject_ref": subject_ref}
        await rights_requests.append(work, step(work, request_id, EventType.OBJECTION_LIFTED, purpose=purpose))
        events.announce(work, EventType.OBJECTION_LIFTED, request_id=str(request_id), **told)
        audit.record(work, "objection.lifted", "request", request_id, purpose=purpose, **told)
    return bool(lifted)


async def records_concerned(work: Work, request: RightsRequest, refs: Collection[str]) -> Sequence[HeldRecord]:
    """The records held of these purposes, or those among these references, as the request named one or the other."""
    if request.scope.get("purposes") is None:
        return await erasures.named(work, request.subject_ref, sorted(refs))
    return await records.serving(work, request.subject_ref, sorted(kinds_of(refs, work.pack)), sorted(refs))


async def assign(work: Work, request: RightsRequest, refs: Collection[str], kind: str) -> int:
    """A task of a kind for each holder of the records concerned; returns their number."""
    by_holder: dict[str, list[str]] = defaultdict(list)
    for row in await records_concerned(work, request, refs):
        by_holder[tasks.holder_of(row)].append(row.record_ref)
    named = {} if request.scope.get("purposes") is None else {"purposes": sorted(refs)}
    for system, record_refs in sorted(by_holder.items()):
        payload = {"right": request.kind, **named}
        tasks.create(work, kind=kind, system=system, request=request, record_refs=record_refs, payload=payload)
    return len(by_holder)
