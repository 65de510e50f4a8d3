"""What an erasure does to the inventory: locking, storage only, tombstones, deferred erasures, the ledger."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, String, any_, literal, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, func, select, update

from app.core.work import Work
from app.models.consent import Consent
from app.models.record import DeferredErasure, ErasureLedgerEntry, HeldRecord
from app.repositories import set_aside

FREE = ("held", "storage_only")
LIVE = (*FREE, "locked")


def _among(record_refs: Sequence[str]) -> ColumnElement[bool]:
    """One array, however many there are: a statement takes 32,767 parameters at most."""
    return col(HeldRecord.record_ref) == any_(literal(list(record_refs), ARRAY(String)))


async def in_scope(
    work: Work, subject_ref: str, record_refs: Sequence[str] | None, categories: Sequence[str] | None
) -> Sequence[HeldRecord]:
    """The subject's records in scope whose erasure was not granted yet, in the order of their references."""
    statement = (
        select(HeldRecord)
        .where(HeldRecord.subject_ref == subject_ref, col(HeldRecord.state).in_(FREE))
        .order_by(col(HeldRecord.record_ref))
    )
    if record_refs is not None:
        statement = statement.where(_among(record_refs))
    if categories is not None:
        statement = statement.where(type_coerce(col(HeldRecord.categories), ARRAY(String)).overlap(list(categories)))
    return (await work.session.exec(statement)).all()


async def named(work: Work, subject_ref: str, record_refs: Sequence[str]) -> Sequence[HeldRecord]:
    """These records of the subject, whatever was granted about them, as long as they are held."""
    statement = (
        select(HeldRecord)
        .where(HeldRecord.subject_ref == subject_ref, _among(record_refs), col(HeldRecord.state).in_(LIVE))
        .order_by(col(HeldRecord.record_ref))
    )
    return (await work.session.exec(statement)).all()


async def set_state(work: Work, subject_ref: str, record_refs: Sequence[str], state: str) -> None:
    """Bring records to a state; what is locked for its erasure stays so."""
    await work.session.exec(
        update(HeldRecord)
        .where(col(HeldRecord.subject_ref) == subject_ref, _among(record_refs), col(HeldRecord.state).in_(FREE))
        .values(state=state, changed_at=work.now)
        .execution_options(synchronize_session="fetch")
    )


async def bury(work: Work, subject_ref: str, record_refs: Sequence[str], state: str) -> None:
    """Leave a tombstone of each record: its reference, kind and place, so that no push brings it back."""
    await work.session.exec(
        update(HeldRecord)
        .where(col(HeldRecord.subject_ref) == subject_ref, _among(record_refs))
        .values(
            state=state,
            events={},
            conditions=[],
            categories=[],
            lawful_basis=None,
            purpose=None,
            source=None,
            insurer=None,
            changed_at=work.now,
            ended_at=work.now,
        )
        .execution_options(synchronize_session="fetch")
    )


async def count_live(work: Work, subject_ref: str) -> int:
    """How many records are still held about a subject, in whatever state."""
    statement = select(func.count()).where(HeldRecord.subject_ref == subject_ref, col(HeldRecord.state).in_(LIVE))
    return (await work.session.exec(statement)).one()


async def withdrawn_purposes(work: Work, subject_ref: str) -> frozenset[str]:
    """Purposes to which a consent was withdrawn and none is in force any more."""
    statement = (
        select(Consent.purpose)
        .where(Consent.subject_ref == subject_ref)
        .group_by(Consent.purpose)
        .having(func.bool_or(col(Consent.withdrawn_at).is_not(None)), func.bool_and(col(Consent.ended_at).is_not(None)))
    )
    return frozenset((await work.session.exec(statement)).all())


def defer(work: Work, deferred: Sequence[DeferredErasure]) -> None:
    """Keep erasures that were put off."""
    work.session.add_all(deferred)


async def lock_next_deferred(work: Work, *, wait: bool) -> DeferredErasure | None:
    """The deferred erasure whose evaluation is due longest, locked; without `wait` past those that others hold."""
    day = col(DeferredErasure.evaluate_on)
    due = [col(DeferredErasure.ended_at).is_(None), col(DeferredErasure.due_at).is_(None), day <= work.today]
    order = [day, col(DeferredErasure.subject_ref), col(DeferredErasure.record_ref)]
    found = await set_aside.take(work, "deferred_erasure", DeferredErasure, due, order=order, limit=1, wait=wait)
    return next(iter(found), None)


async def first_deferred(work: Work) -> date | None:
    """The day on which the next deferred erasure is to be evaluated."""
    waiting = col(DeferredErasure.ended_at).is_(None), col(DeferredErasure.due_at).is_(None)
    day = col(DeferredErasure.evaluate_on)
    return await set_aside.first(work, "deferred_erasure", DeferredErasure, day, *waiting)


async def end_deferred(work: Work, subject_ref: str, record_refs: Sequence[str]) -> None:
    """End the deferred erasures of records that are erased now."""
    await work.session.exec(
        update(DeferredErasure)
        .where(
            col(DeferredErasure.subject_ref) == subject_ref,
            col(DeferredErasure.record_ref) == any_(literal(list(record_refs), ARRAY(String))),
            col(DeferredErasure.ended_at).is_(None),
        )
        .values(ended_at=work.now)
    )


def add_to_ledger(work: Work, entry: ErasureLedgerEntry) -> None:
    """Append to the erasure ledger."""
    work.session.add(entry)
