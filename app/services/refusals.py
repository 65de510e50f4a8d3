"""The register of refusals (PDPA s.39(7); LAW B4): entered by the decision itself, item by item, and never changed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from app.core.clock import BANGKOK
from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.calendar import Calendar
from app.domain.citations import thai_citation
from app.domain.deadlines import schedule
from app.domain.ground_texts import NEEDED, ground_text
from app.domain.policy import Bilingual, Ground
from app.domain.reasons import Cause, Reason
from app.domain.rights_request import ItemAssessment
from app.domain.vocabulary import RequestKind
from app.models.refusal import Refusal
from app.models.rights_request import RequestItem, RightsRequest
from app.repositories import refusals
from app.repositories.refusals import Wanted
from app.services.rights_requests import rule_of

EXPORTED = 5_000
"""So many rows at most stand in one export; those that follow are in the next."""


def reason_for(work: Work, request: RightsRequest, item: ItemAssessment, code: str) -> Bilingual:
    """What a refused item's ground says, filled with what made it hold."""
    ground = work.pack.grounds[code]
    behind = _behind(item, ground)
    law = behind.law if behind is not None else None
    until = behind.until if behind is not None else _evidence_by(work, request)
    purpose, needed = _purpose(work, item), NEEDED[RequestKind(request.kind)]
    in_thai = thai_citation(law, work.pack.statutes) if law else None
    return Bilingual(
        th=ground_text(ground, law=in_thai, date=until, purpose=purpose, needed=needed).th,
        en=ground_text(ground, law=law, date=until, purpose=purpose, needed=needed).en,
    )


def _behind(item: ItemAssessment, ground: Ground) -> Reason | None:
    """Of the reasons that bear the ground, the one that keeps longest."""
    bearing = [reason for reason in item.because if ground.code == reason.ground or reason.cause is Cause.HOLD]
    return max(bearing, key=lambda reason: reason.until or date.max, default=None)


def _evidence_by(work: Work, request: RightsRequest) -> date | None:
    """Who may add evidence has as much time for it as there was to decide."""
    if request.kind != RequestKind.CORRECTION:
        return None
    return schedule(rule_of(work, request.kind, request.scope), work.today, Calendar.of(work.pack)).decide_by


def _purpose(work: Work, item: ItemAssessment) -> Bilingual | None:
    labels = [work.pack.purposes[code].label for code in item.purposes if code in work.pack.purposes]
    if not labels:
        return None
    return Bilingual(th=", ".join(label.th for label in labels), en=", ".join(label.en for label in labels))


def enter(
    work: Work, request: RightsRequest, items: Sequence[RequestItem], *, reviewer: str | None, told_by: str | None
) -> None:
    """Enter each refused item. `reviewer`: who signed the assessment. `told_by`: how the message about it went out.

    That message tells the way to complain, so who got none has not been told it yet: their letter does.
    """
    refused = [item for item in items if item.refusal_id is not None]
    refusals.add(work, [_entry(work, request, item, reviewer, told_by) for item in refused])


def _entry(work: Work, request: RightsRequest, item: RequestItem, reviewer: str | None, told_by: str | None) -> Refusal:
    assert item.ground is not None and item.refusal_id is not None, "a refusal has a ground"  # noqa: S101, PT018  (checked)
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
        reason=item.reason or {},
        evidence=[_reference(reason) for reason in item.because],
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
