"""What retention says of a subject's records: the facts are read here, in a constant number of statements; the domain decides."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.retention import (
    Circumstances,
    Membership,
    Record,
    RetentionDecision,
    evaluate,
    is_member,
    memberships_of,
)
from app.domain.vocabulary import Basis, SubjectKind
from app.models.record import HeldRecord, LegalHold
from app.models.subject import Subject
from app.repositories import legal_holds, limits, open_requests, records, subjects
from app.services import consents
from app.services.subjects import visible

SLICE = 250
Facts = Mapping[str, tuple[Record, Circumstances]]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What retention says of one record today."""

    record_ref: str
    kind: str
    decision: RetentionDecision


async def page(work: Work, subject_ref: str, cursor: str | None, limit: int) -> Page[Evaluated]:
    """The retention of a subject's records, by reference; what is erased has none. Raises `NotFound`, `BadCursor`."""
    subject = await visible(work, subject_ref)
    scope = f"retention/{subject_ref}"
    after = decode_cursor(work.ring, scope, cursor)[0] if cursor is not None else None
    rows = await records.page(work, subject_ref, after, limit + 1, live=True)
    more = encode_cursor(work.ring, scope, [rows[limit - 1].record_ref]) if len(rows) > limit else None
    found = await decisions_of(work, subject, rows[:limit])
    return Page([Evaluated(row.record_ref, row.kind, found[row.record_ref]) for row in rows[:limit]], more)


async def decisions_of(
    work: Work, subject: Subject, rows: Sequence[HeldRecord], *, except_request: UUID | None = None
) -> Mapping[str, RetentionDecision]:
    """What retention says of each record, by record_ref. `except_request`: as `facts_of` takes it."""
    found = {}
    facts = await facts_of(work, subject, rows, except_request=except_request)
    for number, (ref, (record, circumstances)) in enumerate(facts.items()):
        found[ref] = evaluate(record, work.pack, circumstances, work.today)
        if number % SLICE == 0:
            await asyncio.sleep(0)  # other requests are served meanwhile
    return found


async def facts_of(
    work: Work, subject: Subject, rows: Sequence[HeldRecord], *, except_request: UUID | None = None
) -> Facts:
    """Each record with its circumstances, by record_ref. `except_request`: the request under evaluation keeps nothing."""
    memberships = await _memberships(work, subject)
    holds = _Holds.of(await legal_holds.in_force(work, subject.subject_ref))
    asked = await open_requests.about(work, subject.subject_ref, except_request)
    consented = await _consented(work, subject)
    of_member = is_member(SubjectKind(subject.kind))
    return {
        row.record_ref: (
            _record(row, of_member=of_member),
            Circumstances(
                memberships=memberships,
                holds=holds.on(row.record_ref),
                other_open_request=asked.concerns(row.record_ref),
                consents=consented,
            ),
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class _Holds:
    """Provisions of the holds in force on a subject: those on everything, and those on single records."""

    on_everything: tuple[str, ...]
    on_records: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, holds: Sequence[LegalHold]) -> "_Holds":
        on_records: dict[str, list[str]] = defaultdict(list)
        for hold in holds:
            for record_ref in hold.record_refs or ():
                on_records[record_ref].append(hold.provision)
        return cls(tuple(hold.provision for hold in holds if hold.record_refs is None), dict(on_records))

    def on(self, record_ref: str) -> tuple[str, ...]:
        """The provisions of those that cover a record."""
        return (*self.on_everything, *self.on_records.get(record_ref, ()))


async def circumstances_of_subject(work: Work, subject: Subject) -> Circumstances:
    """What bears on the data that the service itself holds about the subject."""
    holds = _Holds.of(await legal_holds.in_force(work, subject.subject_ref))
    asked = await open_requests.about(work, subject.subject_ref, None)
    return Circumstances(
        memberships=await _memberships(work, subject),
        holds=holds.on_everything,
        other_open_request=asked.any,
    )


async def _consented(work: Work, subject: Subject) -> frozenset[str]:
    """Purposes to which a consent is in force; an objection that was granted, or can't be refused, ends what it keeps."""
    in_force = await consents.purposes_in_force(work, subject.subject_ref)
    return in_force - await limits.objected(work, subject.subject_ref)


async def _memberships(work: Work, subject: Subject) -> tuple[Membership, ...]:
    related = [own for other in await subjects.related(work, subject) if (own := _membership(other)) is not None]
    return memberships_of(SubjectKind(subject.kind), _membership(subject), related)


def _membership(subject: Subject) -> Membership | None:
    return Membership(subject.joined_on, subject.ended_on) if subject.joined_on is not None else None


def _record(row: HeldRecord, *, of_member: bool) -> Record:
    return Record(
        record_ref=row.record_ref,
        kind=row.kind,
        events={name: date.fromisoformat(on) for name, on in row.events.items()},
        conditions=frozenset(row.conditions),
        insurer=row.insurer,
        basis=Basis(row.lawful_basis) if row.lawful_basis else None,
        purpose=row.purpose,
        of_member=of_member,
    )
