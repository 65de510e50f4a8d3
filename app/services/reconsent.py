"""The register of consents to ask for again: from whom, and why (DOMAIN "Consent", "Who may act"; LAW T-25)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.notices import current_notice
from app.domain.reconsent import ReconsentReason, reasons, refreshed
from app.repositories import reconsent
from app.repositories.reconsent import Candidate

EXAMINED = 1_000
"""So many consents at most are looked at for one page, which may then hold fewer items than was asked for."""
ORDER = list(ReconsentReason)


@dataclass(frozen=True, slots=True)
class ReconsentItem:
    """A consent to ask for again, one item for each reason; `notice_version`: the notice to ask with, if there is one."""

    consent_id: UUID
    subject_ref: str
    purpose: str
    reason: ReconsentReason
    since: datetime
    notice_version: str | None


async def page(
    work: Work, *, purpose: str | None, reason: ReconsentReason | None, limit: int, cursor: str | None
) -> Page[ReconsentItem]:
    """Those to ask again, the oldest record first; the erased and the dead are asked nothing, nor is
    anybody for a purpose that the policy has dropped. Raises `BadCursor`."""
    scope = f"reconsent {purpose} {reason}"
    key = decode_cursor(work.ring, scope, cursor) if cursor is not None else (str(UUID(int=0)), "0")
    start = UUID(key[0]), int(key[1])
    afresh = refreshed(tuple(work.pack.notices.values()), work.now)
    rows = await reconsent.candidates(work, afresh, purpose, start[0], EXAMINED)
    items: list[ReconsentItem] = []
    for row in rows:
        for item in _items(work, row):
            place = (item.consent_id, ORDER.index(item.reason))
            if place < start or reason not in {None, item.reason}:
                continue
            if len(items) == limit:
                return Page(items, encode_cursor(work.ring, scope, [str(part) for part in place]))
            items.append(item)
    more = len(rows) == EXAMINED
    return Page(items, encode_cursor(work.ring, scope, [str(rows[-1].id), str(len(ORDER))]) if more else None)


def _items(work: Work, row: Candidate) -> Iterator[ReconsentItem]:
    if row.erased or row.consent.purpose not in work.pack.purposes:
        return
    notices = tuple(work.pack.notices.values())
    current = current_notice(notices, row.consent.purpose, work.today)
    for reason, since in reasons(row.consent, row.person, notices, work.now, work.today):
        version = current.version if current is not None else None
        yield ReconsentItem(row.id, row.subject_ref, row.consent.purpose, reason, since, version)
