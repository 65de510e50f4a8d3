"""Legal holds: placed and released by the DPO, and stronger than every rule that would free a record (DOMAIN "Retention").

A hold covers a whole subject, with what is pushed about it later, or some of its records. What a court or an authority
demands is told by its provision; the reason is evidence, and sealed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.ids import new_id
from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.errors import FieldError, InvalidInput, NotFound, SubjectErased, VersionConflict
from app.domain.vocabulary import Permission
from app.models.record import LegalHold
from app.repositories import legal_holds, records, tasks
from app.repositories import subjects as registered
from app.repositories.legal_holds import Wanted
from app.services import audit, events, keys, subjects
from app.services.events import EventType
from app.services.keys import KeyPurpose

NOBODY = ""
"""A reference that no subject has: asking for an unknown hold does what asking for one on another's data does."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What to hold and why. `record_refs` None: everything about the subject."""

    subject_ref: str
    record_refs: Sequence[str] | None
    reason: str
    provision: str


@dataclass(frozen=True, slots=True)
class HoldView:
    """A hold as one actor may see it; the reasons are None for those who can't place holds."""

    id: UUID
    subject_ref: str
    record_refs: Sequence[str] | None
    provision: str
    reason: str | None
    placed_by: str
    placed_at: datetime
    released_by: str | None
    released_at: datetime | None
    release_reason: str | None
    version: int


async def place(work: Work, asked: Placement) -> HoldView:
    """Forbid the destruction of a subject's data, at once and until the release.

    Raises `NotFound`, `SubjectErased`, `InvalidInput` for a record that is not held any more, or never was.
    """
    subject = await registered.lock(work, asked.subject_ref)
    if subject is None:
        raise NotFound
    if subject.erased_at is not None:
        raise SubjectErased
    await _check_records(work, asked)
    hold_id = new_id(work.now)
    hold = LegalHold(
        id=hold_id,
        subject_ref=asked.subject_ref,
        record_refs=None if asked.record_refs is None else list(dict.fromkeys(asked.record_refs)),
        provision=asked.provision,
        reason=await keys.seal(work, asked.subject_ref, KeyPurpose.EVIDENCE, asked.reason, _place(hold_id, "reason")),
        placed_by=work.actor.sub,
        placed_at=work.now,
    )
    legal_holds.add(work, hold)
    _announce(work, EventType.LEGAL_HOLD_PLACED, hold)
    return await _view(work, hold)


async def _check_records(work: Work, asked: Placement) -> None:
    named = asked.record_refs or ()
    held = await records.still_held(work, asked.subject_ref, named)
    faults = [FieldError(f"/record_refs/{at}", "not_allowed") for at, ref in enumerate(named) if ref not in held]
    if faults:
        raise InvalidInput(faults)


async def release(work: Work, hold_id: UUID, reason: str, expected_version: int | None) -> HoldView:
    """End a hold; the records are again what they would be without it. One that was released before stays as it was.

    Raises `NotFound`, `VersionConflict`.
    """
    await registered.lock(work, (await visible(work, hold_id)).subject_ref)
    hold = await legal_holds.lock(work, hold_id)
    if hold.released_at is None:
        if expected_version not in {None, hold.version}:
            raise VersionConflict
        place = _place(hold_id, "release_reason")
        hold.release_reason = await keys.seal(work, hold.subject_ref, KeyPurpose.EVIDENCE, reason, place)
        hold.released_by, hold.released_at = work.actor.sub, work.now
        hold.version += 1
        await tasks.wake(work, hold.subject_ref)
        _announce(work, EventType.LEGAL_HOLD_RELEASED, hold)
    return await _view(work, hold)


async def see(work: Work, path: Mapping[str, str]) -> None:
    """Whether the actor may see the hold that a path names. Raises `NotFound`."""
    try:
        hold_id = UUID(path["hold_id"])
    except ValueError:
        hold_id = UUID(int=0)
    await visible(work, hold_id)


async def visible(work: Work, hold_id: UUID) -> LegalHold:
    """The hold, if the actor may see its subject. Raises `NotFound`, the same for another's as for none."""
    hold = await legal_holds.get(work, hold_id)
    await subjects.visible(work, hold.subject_ref if hold is not None else NOBODY)
    assert hold is not None, "nobody is never visible"  # noqa: S101  (the statement before makes it so)
    return hold


async def read(work: Work, hold_id: UUID) -> HoldView:
    """One hold. Raises `NotFound`."""
    hold = await visible(work, hold_id)
    _note_reading(work, [hold])
    return await _view(work, hold)


async def page(
    work: Work, subject_ref: str | None, in_force: bool | None, cursor: str | None, limit: int
) -> Page[HoldView]:
    """Holds on one subject or, for those who see everyone, on all; newest first. Raises `NotFound`, `BadCursor`."""
    if not work.actor.everyone:
        subject_ref = subject_ref or work.actor.subject_ref or NOBODY
    if subject_ref is not None:
        await subjects.visible(work, subject_ref)
    wanted = Wanted(subject_ref, in_force)
    scope = f"legal-holds {wanted}"
    before = UUID(decode_cursor(work.ring, scope, cursor)[0]) if cursor is not None else None
    rows = await legal_holds.list_newest(work, wanted, before, limit + 1)
    shown = rows[:limit]
    _note_reading(work, shown)
    more = encode_cursor(work.ring, scope, [str(shown[-1].id)]) if len(rows) > limit else None
    await keys.load(work, {hold.subject_ref for hold in shown}, KeyPurpose.EVIDENCE)
    views = [await _view(work, hold) for hold in shown]
    return Page(views, more)


async def held_among(work: Work, subject_ref: str, record_refs: Collection[str]) -> frozenset[str]:
    """Those of a subject's records that a hold in force covers."""
    held: set[str] = set()
    for hold in await legal_holds.in_force(work, subject_ref):
        held.update(record_refs if hold.record_refs is None else hold.record_refs)
    return frozenset(held.intersection(record_refs))


def _announce(work: Work, event: EventType, hold: LegalHold) -> None:
    """Tell the systems, which may be destroying just now, and audit; neither says why."""
    events.announce(work, event, hold_id=str(hold.id), subject_ref=hold.subject_ref, record_refs=hold.record_refs)
    named = None if hold.record_refs is None else len(hold.record_refs)
    audit.record(work, event, "legal_hold", hold.id, subject_ref=hold.subject_ref, records=named)


def _note_reading(work: Work, holds: Sequence[LegalHold]) -> None:
    """The reasons are free text about people: who reads them is recorded, whole pages in one entry."""
    if holds and work.actor.may(Permission.LEGAL_HOLD_WRITE):
        read = {str(hold.id): hold.subject_ref for hold in holds}
        subject_ref = holds[0].subject_ref if len(set(read.values())) == 1 else None
        which = holds[0].id if len(holds) == 1 else "page"
        audit.record(work, "legal_hold.reason_read", "legal_hold", which, subject_ref=subject_ref, holds=read)


async def _view(work: Work, hold: LegalHold) -> HoldView:
    return HoldView(
        id=hold.id,
        subject_ref=hold.subject_ref,
        record_refs=hold.record_refs,
        provision=hold.provision,
        reason=await _told(work, hold, hold.reason, "reason"),
        placed_by=hold.placed_by,
        placed_at=hold.placed_at,
        released_by=hold.released_by,
        released_at=hold.released_at,
        release_reason=await _told(work, hold, hold.release_reason, "release_reason"),
        version=hold.version,
    )


async def _told(work: Work, hold: LegalHold, box: bytes | None, column: str) -> str | None:
    """A sealed reason, for those who may place holds; None once its key is destroyed."""
    if not work.actor.may(Permission.LEGAL_HOLD_WRITE):
        return None
    text = await keys.unseal(work, hold.subject_ref, KeyPurpose.EVIDENCE, box, _place(hold.id, column))
    return text if isinstance(text, str) else None


def _place(hold_id: UUID, column: str) -> str:
    return f"legal_hold/{hold_id}/{column}"
