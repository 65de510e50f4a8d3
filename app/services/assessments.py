"""What law and pack say about a request today, item by item; and the signature of the officer who read it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.core.work import Work
from app.domain.access import Holding
from app.domain.disclosures import Told
from app.domain.retention import RetentionDecision
from app.domain.rights_request import ItemAssessment, Move, Status, advance, sum_outcome
from app.domain.vocabulary import Outcome, RequestKind
from app.models.rights_request import RightsRequest, SignedAssessment
from app.repositories import rights_requests, subjects
from app.services import access, correction_notices, erasure_assessment, kinds
from app.services.events import EventType
from app.services.rights_requests import check_not_own_matter, get, lock_with_subject, note_event, record


@dataclass(frozen=True, slots=True)
class Assessment:
    """The items as law and pack see them; `assessed_by` where an officer signed exactly this.

    `profile`: where everything was asked for, what retention says of the data that the service itself holds.
    `holdings`: where access is asked for, the records, with what has to be told about each.
    `told_wrong`: where a correction is, who may have been told the wrong value, by the reference of the change.
    """

    request_id: UUID
    kind: RequestKind
    policy: str
    outcome: Outcome
    items: Sequence[ItemAssessment]
    digest: str
    profile: RetentionDecision | None
    holdings: Sequence[Holding] | None
    told_wrong: Sequence[tuple[str, Told]] | None
    assessed_by: str | None = None
    assessed_at: datetime | None = None


async def read(work: Work, request_id: UUID) -> Assessment:
    """The assessment of today; leaves no trace. Raises `NotFound`."""
    return await of_request(work, await get(work, request_id))


async def sign(work: Work, request_id: UUID, expected_version: int | None) -> Assessment:
    """Sign the assessment as it stands, in place of an earlier signature.

    Raises `NotFound`, `VersionConflict`, `Forbidden` in a matter of one's own, `IllegalTransition`.
    """
    request = await lock_with_subject(work, request_id, expected_version)
    check_not_own_matter(work, request)
    advance(Status(request.status), Move.DECIDE, outcome=Outcome.REFUSED)
    found = await of_request(work, request)
    await rights_requests.sign_assessment(
        work,
        SignedAssessment(
            request_id=request.id,
            digest=found.digest,
            policy=found.policy,
            assessed_by=work.actor.sub,
            assessed_at=work.now,
        ),
    )
    note_event(work, request, EventType.REQUEST_ASSESSED, outcome=found.outcome)
    record(work, request, "request.assessed", outcome=found.outcome, digest=found.digest)
    return replace(found, assessed_by=work.actor.sub, assessed_at=work.now)


async def of_request(work: Work, request: RightsRequest) -> Assessment:
    """Assess the request's items, and say who signed this very assessment."""
    items = await kinds.of(request).assess(work, request)
    said = digest(work, items)
    signed = await rights_requests.signed_assessment(work, request.id)
    current = signed if signed is not None and signed.digest == said else None
    return Assessment(
        request_id=request.id,
        kind=RequestKind(request.kind),
        policy=work.pack.sha256,
        outcome=sum_outcome([item.proposed for item in items]),
        items=items,
        digest=said,
        profile=await _profile(work, request),
        holdings=await access.holdings(work, request) if request.kind == RequestKind.ACCESS else None,
        told_wrong=await correction_notices.told_wrong(work, request)
        if request.kind == RequestKind.CORRECTION
        else None,
        assessed_by=current.assessed_by if current else None,
        assessed_at=current.assessed_at if current else None,
    )


async def _profile(work: Work, request: RightsRequest) -> RetentionDecision | None:
    subject = await subjects.get(work, request.subject_ref)
    if request.scope.get("scope") != "all" or subject is None or subject.erased_at is not None:
        return None
    return await erasure_assessment.profile(work, subject)


def digest(work: Work, items: Sequence[ItemAssessment]) -> str:
    """What a signature stands for: each item, its proposal, and the policy."""
    lines = [
        [i.ref, i.proposed, i.grounds, i.grantable, str(i.until), i.waits_for, str(i.refusable_until)] for i in items
    ]
    return hashlib.sha256(json.dumps([work.pack.sha256, lines]).encode()).hexdigest()
