"""The inventory: the systems push which records they hold about a subject; the records themselves stay with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.errors import NotFound, SubjectErased
from app.models.record import HeldRecord
from app.repositories import records
from app.services import audit, events
from app.services.events import EventType
from app.services.subjects import visible


@dataclass(frozen=True, slots=True)
class GoodRow:
    """A row whose shape is right."""

    subject_ref: str
    record_ref: str
    kind: str
    events: Mapping[str, date]
    conditions: Sequence[str]
    system: str
    storage: str
    categories: Sequence[str]
    provided_by_subject: bool
    lawful_basis: str | None
    purpose: str | None
    source: str | None
    insurer: str | None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not taken."""

    record_ref: str | None
    code: str


Row = GoodRow | BadRow


@dataclass(frozen=True, slots=True)
class Push:
    """What became of a push."""

    accepted: int
    rejected: Sequence[BadRow]


async def push(work: Work, subject_ref: str, rows: Sequence[Row]) -> Push:
    """Take the records of one subject. Raises `NotFound`, `SubjectErased`."""
    known = await records.lock_subjects(work, [subject_ref])
    if subject_ref not in known:
        raise NotFound
    if known[subject_ref]:
        raise SubjectErased
    return await _take(work, rows, known, "subject", subject_ref)


async def push_many(work: Work, rows: Sequence[Row]) -> Push:
    """Take records of many subjects; an unknown or erased subject spoils its own rows only."""
    named = sorted({row.subject_ref for row in rows if isinstance(row, GoodRow)})
    known = await records.lock_subjects(work, named)
    return await _take(work, rows, known, "inventory", "push")


async def _take(work: Work, rows: Sequence[Row], known: Mapping[str, bool], object_type: str, object_id: str) -> Push:
    good, rejected = _sift(work, rows, known)
    taken = await records.upsert(work, good)
    kept_erased = [row for row in good if (row.subject_ref, row.record_ref) not in taken]
    rejected += [BadRow(row.record_ref, "record_erased") for row in kept_erased]
    owner = object_id if object_type == "subject" else None
    if kept_erased:
        _alarm(work, kept_erased)
    audit.record(
        work,
        "records.pushed",
        object_type,
        object_id,
        subject_ref=owner,
        accepted=len(taken),
        rejected=len(rejected),
        subjects=len(known),
    )
    return Push(len(taken), rejected)


def _sift(work: Work, rows: Sequence[Row], known: Mapping[str, bool]) -> tuple[list[GoodRow], list[BadRow]]:
    """Rows to take and rows to reject, in the order of the push."""
    check = _Check(work)
    good: dict[tuple[str, str], GoodRow] = {}
    rejected: list[BadRow] = []
    for row in rows:
        if isinstance(row, BadRow):
            rejected.append(row)
        elif row.subject_ref not in known:
            rejected.append(BadRow(row.record_ref, "subject_unknown"))
        elif known[row.subject_ref]:
            rejected.append(BadRow(row.record_ref, "subject_erased"))
        elif (row.subject_ref, row.record_ref) in good:
            rejected.append(BadRow(row.record_ref, "duplicate_record_ref"))
        elif (code := check.fault(row)) is not None:
            rejected.append(BadRow(row.record_ref, code))
        else:
            good[row.subject_ref, row.record_ref] = row
    return list(good.values()), rejected


class _Check:
    """What the pack knows, read once for a whole push."""

    def __init__(self, work: Work) -> None:
        pack = work.pack
        self.events, self.conditions = pack.reportable_events, pack.reportable_conditions
        self.categories, self.purposes, self.sources = (
            frozenset(pack.categories),
            frozenset(pack.purposes),
            pack.sources,
        )

    def fault(self, row: GoodRow) -> str | None:
        """The code of what is wrong with a row's meaning."""
        if not self.events.issuperset(row.events):
            return "unknown_event"
        if not self.conditions.issuperset(row.conditions):
            return "unknown_condition"
        known = self.categories.issuperset(row.categories) and (row.purpose is None or row.purpose in self.purposes)
        return None if known and (row.source is None or row.source in self.sources) else "invalid_row"


def _alarm(work: Work, rows: Sequence[GoodRow]) -> None:
    """Tell the DPO that a system still holds what it was told to erase, and had proven erased."""
    by_subject: dict[str, list[str]] = {}
    for row in rows:
        by_subject.setdefault(row.subject_ref, []).append(row.record_ref)
    for subject_ref, refs in by_subject.items():
        events.announce(work, EventType.RECORD_RESURRECTION_REFUSED, subject_ref=subject_ref, record_refs=refs)
        audit.record(
            work, "record.resurrection_refused", "subject", subject_ref, subject_ref=subject_ref, record_refs=refs
        )


async def page(work: Work, subject_ref: str, cursor: str | None, limit: int) -> Page[HeldRecord]:
    """The subject's records by reference. Raises `NotFound`, `BadCursor`."""
    await visible(work, subject_ref)
    scope = f"records/{subject_ref}"
    after = decode_cursor(work.ring, scope, cursor)[0] if cursor else None
    rows = await records.page(work, subject_ref, after, limit + 1)
    more = encode_cursor(work.ring, scope, [rows[limit - 1].record_ref]) if len(rows) > limit else None
    return Page(rows[:limit], more)
