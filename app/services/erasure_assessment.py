"""What law and pack say today about an erasure: of each record that was asked about, and of the subject's own profile."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from app.core.work import Work
from app.domain.access import purposes_of
from app.domain.erasure import ErasureGround, assess_item
from app.domain.reasons import ERASE_STILL_NECESSARY
from app.domain.retention import Circumstances, Record, RetentionDecision, evaluate
from app.domain.rights_request import (
    DECEASED_SUBJECT,
    NO_DATA_HELD,
    WHOLE,
    ItemAssessment,
    ItemOutcome,
    refused_for,
)
from app.domain.vocabulary import RetentionAction, Right, SubjectKind
from app.models.record import HeldRecord
from app.models.rights_request import RightsRequest, Task
from app.models.subject import Subject
from app.repositories import erasures, rights_requests, subjects
from app.services import retention

STRANGERS = frozenset({SubjectKind.REGISTERED_USER, SubjectKind.VISITOR})


async def assess(work: Work, request: RightsRequest) -> list[ItemAssessment]:
    """Each record in scope; one whose erasure another request was granted is no longer held."""
    subject = await _subject(work, request.subject_ref)
    record_refs, categories = erasure_scope(request)
    rows = await erasures.in_scope(work, request.subject_ref, record_refs, categories)
    if subject.deceased_on is not None and subject.deceased_on <= work.today:
        return [_unfounded(work, DECEASED_SUBJECT, row.record_ref, row.kind) for row in rows] or [
            _nothing(work, DECEASED_SUBJECT)
        ]
    if categories is not None and not rows:
        return [_nothing(work, NO_DATA_HELD)]
    found = await _assess_rows(work, request, subject, rows)
    held = {row.record_ref for row in rows}
    missing = [ref for ref in record_refs or [] if ref not in held]
    return found + [_unfounded(work, NO_DATA_HELD, ref, ref) for ref in missing]


def erasure_scope(request: RightsRequest) -> tuple[list[str] | None, list[str] | None]:
    """The records and the categories that an erasure is limited to; None: not limited."""
    scope = request.scope["scope"]
    return (None, None) if scope == "all" else (scope.get("record_refs"), scope.get("categories"))


async def categories(work: Work, request: RightsRequest) -> frozenset[str]:
    """The categories of data in the records in scope."""
    rows = await erasures.in_scope(work, request.subject_ref, *erasure_scope(request))
    return frozenset(code for row in rows for code in row.categories)


async def kept_now(work: Work, task: Task) -> frozenset[str]:
    """Records of a task that law, pack or a legal hold keeps today, although their erasure was granted.

    The facts may have changed since the decision: a membership that ended later than was known, a new hold.
    """
    request = await rights_requests.get_for_task(work, task)
    if request is None:
        return frozenset()
    subject = await _subject(work, task.subject_ref)
    rows = await erasures.named(work, task.subject_ref, task.record_refs)
    found = await _assess_rows(work, request, subject, rows)
    return frozenset(assessed.ref for assessed in found if assessed.proposed is ItemOutcome.REFUSED)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the erasure of a record would be refused today, and until when if a day is known."""

    refused: bool
    until: date | None


async def still_kept(work: Work, request_id: UUID, record_ref: str) -> Standing | None:
    """How the erasure that a request asked for stands today; None where the record is no longer held."""
    request = await rights_requests.get(work, request_id)
    assert request is not None, "an erasure is asked for"  # noqa: S101  (only requests put erasures off)
    rows = await erasures.named(work, request.subject_ref, [record_ref])
    found = await _assess_rows(work, request, await _subject(work, request.subject_ref), rows)
    kept = [Standing(one.proposed is ItemOutcome.REFUSED, one.refusable_until) for one in found]
    return next(iter(kept), None)


async def profile(work: Work, subject: Subject) -> RetentionDecision:
    """What retention says of the data that the service itself holds about the subject, which is member data.

    Who is neither a member nor connected with one has no membership to wait for.
    """
    circumstances = await retention.circumstances_of_subject(work, subject)
    if subject.kind in STRANGERS and circumstances == Circumstances():
        return RetentionDecision(RetentionAction.DISPOSE, None, None, ())
    default = next(rule for rule in work.pack.retention_rules.values() if rule.default)
    record = Record(record_ref="profile", kind=default.kinds[0])
    return evaluate(record, work.pack, circumstances, work.today)


async def _subject(work: Work, subject_ref: str) -> Subject:
    subject = await subjects.get(work, subject_ref)
    assert subject is not None, "a request has a subject"  # noqa: S101  (foreign key)
    return subject


async def _assess_rows(
    work: Work, request: RightsRequest, subject: Subject, rows: Sequence[HeldRecord]
) -> list[ItemAssessment]:
    ground = ErasureGround(request.scope["ground"])
    withdrawn = await erasures.withdrawn_purposes(work, subject.subject_ref)
    facts = await retention.facts_of(work, subject, rows, except_request=request.id)
    found = []
    for number, row in enumerate(rows):
        record, circumstances = facts[row.record_ref]
        past = row.purpose in withdrawn
        item = assess_item(record, work.pack, circumstances, work.today, ground=ground, consent_withdrawn=past)
        needed_for = purposes_of(row.kind, row.purpose, row.categories, work.pack)
        found.append(replace(item, purposes=needed_for) if ERASE_STILL_NECESSARY in item.grounds else item)
        if number % retention.SLICE == 0:
            await asyncio.sleep(0)  # other requests are served meanwhile
    return found


def _unfounded(work: Work, ground: str, ref: str, kind: str) -> ItemAssessment:
    return refused_for(ground, ref, work.pack.label_of_kind(kind))


def _nothing(work: Work, ground: str) -> ItemAssessment:
    return refused_for(ground, WHOLE, work.pack.rights[Right.ERASURE].label)
