"""The register of refusals (PDPA s.39(7); LAW B4): entered by the decision itself, item by item, and never changed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from app.core.clock import BANGKOK
from app.core.ids import new_id
from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.calendar import Calendar
from app.domain.deadlines import schedule
from app.domain.ground_texts import NEEDED, ground_text, named_together, refusal_text
from app.domain.policy import Bilingual
from app.domain.reasons import Cause
from app.domain.rights_request import ItemAssessment
from app.domain.vocabulary import RequestKind
from app.models.refusal import Refusal
from app.models.rights_request import RequestItem, RightsRequest
from app.repositories import refusals
from app.repositories.refusals import Wanted
from app.services.rights_requests import reason_document, rule_of

EXPORTED = 5_000
"""So many rows at most stand in one export; those that follow are in the next."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What was refused, on which ground; `reason`: its text in both languages, `evidence`: references to what bears it."""

    refusal_id: UUID
    ref: str
    ground: str
    reason: dict[str, str]
    evidence: list[dict[str, Any]]


def reason_for(work: Work, request: RightsRequest, item: ItemAssessment, code: str) -> Bilingual:
    """What a refused item's ground says, filled with what made it hold."""
    labels = [work.pack.purposes[purpose].label for purpose in item.purposes if purpose in work.pack.purposes]
    return refusal_text(
        work.pack,
        code,
        [
            {**reason_document(reason), "ground": code}
            for reason in item.because
            if reason.ground == code or reason.cause is Cause.HOLD
        ],
        until=_evidence_by(work, request),
        purpose=named_together(labels),
        needed=NEEDED[RequestKind(request.kind)],
    )


def _evidence_by(work: Work, request: RightsRequest) -> date | None:
    """Who may add evidence has as much time for it as there was to decide."""
    if request.kind != RequestKind.CORRECTION:
        return None
    return schedule(rule_of(work, request.kind, request.scope), work.today, Calendar.of(work.pack)).decide_by


def enter(
    work: Work, request: RightsRequest, items: Sequence[RequestItem], *, reviewer: str | None, told_by: str | None
) -> None:
    """Enter each refused item. `reviewer`: who signed the assessment. `told_by`: how the message about it went out.

    That message tells the way to complain, so who got none has not been told it yet: their letter does.
    """
    refused = [
        Refused(item.refusal_id, item.ref, item.ground, item.reason or {}, [_reference(one) for one in item.because])
        for item in items
        if item.refusal_id is not None and item.ground is not None
    ]
    refusals.add(work, [_entry(work, request, item, reviewer, told_by) for item in refused])


def enter_part(work: Work, request: RightsRequest, part: str, code: str, *, told_by: str | None) -> None:
    """Enter the refusal of a part of a request that is no item of its own, such as the direct transfer."""
    reason = ground_text(work.pack.grounds[code])
    refused = Refused(new_id(work.now), part, code, asdict(reason), [])
    refusals.add(work, [_entry(work, request, refused, None, told_by)])


def _entry(work: Work, request: RightsRequest, item: Refused, reviewer: str | None, told_by: str | None) -> Refusal:
    ground = work.pack.grounds[item.ground]
    return Refusal(
        id=item.refusal_id,
        request_id=request.id,
        reference=request.reference,
        subject_ref=request.subject_ref,
        right=request.kind,
        item_ref=item.ref,
        ground=ground.code,
        provision=ground.provision,
        register_mandatory=ground.register_mandatory,
        reason=item.reason,
        evidence=item.evidence,
        decided_by=work.actor.sub,
        decided_at=work.now,
        notified_at=work.now if told_by is not None else None,
        channel=told_by,
        complaint_info_given=told_by is not None,
        reviewer=reviewer,
        policy=work.pack.sha256,
    )


def _reference(reason: dict[str, Any]) -> dict[str, Any]:
    return {name: reason[name] for name in ("rule", "clause", "law", "ground", "until")}


async def page(
    work: Work,
    *,
    right: str | None,
    ground: str | None,
    since: date | None,
    until: date | None,
    subject_ref: str | None,
    limit: int,
    cursor: str | None,
) -> Page[Refusal]:
    """Refusals in the order of their decisions; `since`, `until`: days in Bangkok, both included. Raises `BadCursor`."""
    before = _start(until + timedelta(days=1)) if until is not None else None
    wanted = Wanted(right, ground, _start(since) if since is not None else None, before, subject_ref)
    scope = f"refusals/{wanted}"
    after = UUID(decode_cursor(work.ring, scope, cursor)[0]) if cursor else None
    rows = await refusals.page(work, wanted, after, limit + 1)
    more = encode_cursor(work.ring, scope, [str(rows[limit - 1].id)]) if len(rows) > limit else None
    return Page(rows[:limit], more)


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), BANGKOK).astimezone(UTC)
