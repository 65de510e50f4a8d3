"""The inventory: the systems push which records they hold about a subject; the records themselves stay with them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.deletion_cases import CONSENTS
from app.domain.errors import NotFound, SubjectErased
from app.domain.policy import PolicyPack
from app.models.record import HeldRecord
from app.repositories import open_requests, records
from app.repositories.records import InventoryRow
from app.services import audit, deletion_cases, events, messages
from app.services.events import EventType
from app.services.subjects import visible

__all__ = ["BadRow", "InventoryRow", "Listed", "Push", "page", "push", "push_many"]

ERASED = frozenset({"erased", "anonymised"})
MOST_TOLD = 100
"""So many references at most stand in one event; the audit entry has them all."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not taken, and why; its references as far as they could be read."""

    subject_ref: str | None
    record_ref: str | None
    code: str


@dataclass(frozen=True, slots=True)
class Push:
    """What became of a push; `rejected` in the order of its rows."""

    accepted: int
    rejected: Sequence[BadRow]


async def push(work: Work, subject_ref: str, rows: Sequence[InventoryRow | BadRow]) -> Push:
    """Take the records of one subject. Raises `NotFound`, `SubjectErased`."""
    known = await records.lock_subjects(work, [subject_ref], alone=bool(_on_consent(rows)))
    if subject_ref not in known:
        raise NotFound
    if known[subject_ref]:
        raise SubjectErased
    done = await _take(work, rows, known)
    _record(work, done, "subject", subject_ref, subject_ref, len(known))
    return done


async def push_many(work: Work, rows: Sequence[InventoryRow | BadRow]) -> Push:
    """Take records of many subjects; an unknown or erased subject spoils its own rows only."""
    named = sorted({row.subject_ref for row in rows if isinstance(row, InventoryRow)})
    known = await records.lock_subjects(work, named, alone=bool(_on_consent(rows)))
    done = await _take(work, rows, known)
    _record(work, done, "inventory", "push", None, len(known))
    return done


async def _take(work: Work, rows: Sequence[InventoryRow | BadRow], known: Mapping[str, bool]) -> Push:
    judged = list(_judged(rows, known, _Vocabulary.of(work.pack)))
    good = [row for row in judged if isinstance(row, InventoryRow)]
    closed = await records.upsert(work, good)
    if on_consent := _on_consent(good):
        await deletion_cases.look_at_records(work, on_consent)
    await _raise_alarm(work, sorted(key for key, state in closed.items() if state in ERASED))
    rejected = [
        BadRow(*row.key, "record_erased") if isinstance(row, InventoryRow) else row
        for row in judged
        if isinstance(row, BadRow) or row.key in closed
    ]
    return Push(len(good) - len(closed), rejected)


def _on_consent(rows: Iterable[InventoryRow | BadRow]) -> Collection[str]:
    """Of whom a row is said to be held on consent, which must have been theirs to give (PDPA s.20)."""
    return {row.subject_ref for row in rows if isinstance(row, InventoryRow) and row.lawful_basis in CONSENTS}


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The words of the pack that a row may use."""

    events: Collection[str]
    conditions: frozenset[str]
    categories: frozenset[str]
    purposes: Collection[str]

    @classmethod
    def of(cls, pack: PolicyPack) -> "_Vocabulary":
        return cls(pack.reportable_events, pack.reportable_conditions, frozenset(pack.categories), pack.purposes)

    def fault(self, row: InventoryRow) -> str | None:
        """The code of what is wrong with a row's meaning."""
        if not all(event in self.events for event in row.events):
            return "unknown_event"
        if not self.conditions.issuperset(row.conditions):
            return "unknown_condition"
        known = self.categories.issuperset(row.categories) and (row.purpose is None or row.purpose in self.purposes)
        return None if known else "invalid_row"


def _judged(
    rows: Iterable[InventoryRow | BadRow], known: Mapping[str, bool], vocabulary: _Vocabulary
) -> Iterable[InventoryRow | BadRow]:
    """Each row as it is, or as the bad row that it is."""
    taken: set[tuple[str, str]] = set()
    for row in rows:
        if isinstance(row, BadRow):
            yield row
        elif (erased := known.get(row.subject_ref)) is None:
            yield BadRow(*row.key, "subject_unknown")
        elif erased:
            yield BadRow(*row.key, "subject_erased")
        elif row.key in taken:
            yield BadRow(*row.key, "duplicate_record_ref")
        elif (code := vocabulary.fault(row)) is not None:
            yield BadRow(*row.key, code)
        else:
            taken.add(row.key)
            yield row


async def _raise_alarm(work: Work, keys: Iterable[tuple[str, str]]) -> None:
    """Tell the DPO that a system still holds what it has proven erased; what is being erased just now is no alarm."""
    by_subject: dict[str, list[str]] = defaultdict(list)
    for subject_ref, record_ref in keys:
        by_subject[subject_ref].append(record_ref)
    for subject_ref, refs in by_subject.items():
        told = {"records": len(refs), "record_refs": refs[:MOST_TOLD]}
        events.announce(work, EventType.RECORD_RESURRECTION_REFUSED, subject_ref=subject_ref, **told)
        audit.record(
            work, "record.resurrection_refused", "subject", subject_ref, subject_ref=subject_ref, record_refs=refs
        )
    if by_subject:
        await messages.tell_officer(work, "resurrection", work.actor.system or work.actor.sub)


def _record(work: Work, done: Push, object_type: str, object_id: str, subject_ref: str | None, subjects: int) -> None:
    rejected = Counter(row.code for row in done.rejected)
    audit.record(
        work,
        "records.pushed",
        object_type,
        object_id,
        subject_ref=subject_ref,
        accepted=done.accepted,
        rejected=rejected,
        subjects=subjects,
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """A record, and whether a correction that is not decided contests it (DOMAIN "Rights requests")."""

    record: HeldRecord
    accuracy_under_check: bool


async def page(work: Work, subject_ref: str, cursor: str | None, limit: int) -> Page[Listed]:
    """The subject's records by reference. Raises `NotFound`, `BadCursor`."""
    await visible(work, subject_ref)
    scope = f"records/{subject_ref}"
    after = decode_cursor(work.ring, scope, cursor)[0] if cursor is not None else None
    rows = await records.page(work, subject_ref, after, limit + 1)
    more = encode_cursor(work.ring, scope, [rows[limit - 1].record_ref]) if len(rows) > limit else None
    contested = await open_requests.contested(work, subject_ref)
    return Page([Listed(row, contested.concerns(row.record_ref)) for row in rows[:limit]], more)
