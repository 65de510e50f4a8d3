"""What retention says of a subject's records: the facts are read here, in a constant number of statements; the domain decides."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from app.core.work import Work
from app.domain.retention import Circumstances, Membership, Record, memberships_of
from app.domain.vocabulary import Basis, SubjectKind
from app.models.record import HeldRecord
from app.models.subject import Subject
from app.repositories import legal_holds, open_requests, subjects

Facts = Mapping[str, tuple[Record, Circumstances]]


async def facts_of(
    work: Work, subject: Subject, records: Sequence[HeldRecord], *, except_request: UUID | None = None
) -> Facts:
    """Each record with its circumstances, by record_ref. `except_request`: the request under evaluation keeps nothing."""
    memberships = await _memberships(work, subject)
    holds = await legal_holds.in_force(work, subject.subject_ref)
    asked = await open_requests.about(work, subject.subject_ref, except_request)
    return {
        row.record_ref: (
            _record(row),
            Circumstances(
                memberships=memberships,
                holds=tuple(h.provision for h in holds if h.record_refs is None or row.record_ref in h.record_refs),
                other_open_request=asked.concerns(row.record_ref),
            ),
        )
        for row in records
    }


async def circumstances_of_subject(work: Work, subject: Subject) -> Circumstances:
    """What bears on the data that the service itself holds about the subject."""
    holds = await legal_holds.in_force(work, subject.subject_ref)
    asked = await open_requests.about(work, subject.subject_ref, None)
    return Circumstances(
        memberships=await _memberships(work, subject),
        holds=tuple(hold.provision for hold in holds if hold.record_refs is None),
        other_open_request=asked.any,
    )


async def _memberships(work: Work, subject: Subject) -> tuple[Membership, ...]:
    related = [own for other in await subjects.related(work, subject) if (own := _membership(other)) is not None]
    return memberships_of(SubjectKind(subject.kind), _membership(subject), related)


def _membership(subject: Subject) -> Membership | None:
    return Membership(subject.joined_on, subject.ended_on) if subject.joined_on is not None else None


def _record(row: HeldRecord) -> Record:
    return Record(
        record_ref=row.record_ref,
        kind=row.kind,
        events={name: date.fromisoformat(on) for name, on in row.events.items()},
        conditions=frozenset(row.conditions),
        insurer=row.insurer,
        basis=Basis(row.lawful_basis) if row.lawful_basis else None,
    )
