"""Disclosures to recipients (PDPA s.27, s.39(6)): the systems tell of each; the data itself is not kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.ids import new_id
from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.disclosures import recipients_of
from app.domain.errors import FieldError, InvalidInput
from app.models.disclosure import Disclosure
from app.repositories import disclosures
from app.services import audit
from app.services.request_views import NOBODY
from app.services.subjects import visible


@dataclass(frozen=True, slots=True)
class Happened:
    """A disclosure as its system tells of it. `record_refs` None: it does not say which records the data came from."""

    subject_ref: str
    recipient: str
    purpose: str
    categories: Sequence[str]
    record_refs: Sequence[str] | None
    disclosed_at: datetime


async def record(work: Work, happened: Happened) -> Disclosure:
    """Keep that something was disclosed: also against a restriction or an objection, and of the erased: it has happened.

    Raises `NotFound`, and `InvalidInput` for what the policy does not let the purpose disclose.
    """
    await visible(work, happened.subject_ref)
    if faults := [*_faults(work, happened), *await _unknown_records(work, happened)]:
        raise InvalidInput(faults)
    kept = Disclosure(
        id=new_id(work.now),
        subject_ref=happened.subject_ref,
        recipient=happened.recipient,
        purpose=happened.purpose,
        categories=sorted(set(happened.categories)),
        record_refs=sorted(set(happened.record_refs)) if happened.record_refs is not None else None,
        disclosed_at=happened.disclosed_at,
        system=work.actor.system,
        recorded_by=work.actor.sub,
        recorded_at=work.now,
        policy=work.pack.sha256,
    )
    disclosures.add(work, kept)
    told = {"recipient": kept.recipient, "purpose": kept.purpose, "categories": kept.categories}
    audit.record(work, "disclosure.recorded", "disclosure", kept.id, subject_ref=kept.subject_ref, **told)
    return kept


def _faults(work: Work, happened: Happened) -> list[FieldError]:
    purpose = work.pack.purposes.get(happened.purpose)
    if purpose is None:
        return [FieldError("/purpose", "not_allowed")]
    foreign = [
        FieldError(f"/categories/{at}", "not_allowed")
        for at, code in enumerate(happened.categories)
        if code not in purpose.categories
    ]
    if happened.recipient not in recipients_of(purpose, work.pack):
        return [FieldError("/recipient", "not_allowed"), *foreign]
    return foreign


async def _unknown_records(work: Work, happened: Happened) -> list[FieldError]:
    refs = happened.record_refs or ()
    known = await disclosures.known_records(work, happened.subject_ref, refs)
    return [FieldError(f"/record_refs/{at}", "not_allowed") for at, ref in enumerate(refs) if ref not in known]


async def page(work: Work, subject_ref: str | None, cursor: str | None, limit: int) -> Page[Disclosure]:
    """Disclosures, the last recorded first; people see those of their own data. Raises `NotFound`, `BadCursor`."""
    if not work.actor.everyone:
        subject_ref = subject_ref or work.actor.subject_ref or NOBODY
    if subject_ref is not None:
        await visible(work, subject_ref)
    scope = f"disclosures/{subject_ref}"
    before = UUID(decode_cursor(work.ring, scope, cursor)[0]) if cursor else None
    rows = await disclosures.page(work, subject_ref, before, limit + 1)
    more = encode_cursor(work.ring, scope, [str(rows[limit - 1].id)]) if len(rows) > limit else None
    return Page(rows[:limit], more)
