"""The register of refusals on the wire."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from app.documents.csv_table import csv_table
from app.domain.vocabulary import RequestKind
from app.models.refusal import Refusal
from app.schemas.bilingual import BilingualOut
from app.schemas.pages import PageOut
from app.schemas.types import OutModel


class RefusalEvidenceOut(OutModel):
    """What the refusal rests on, by reference: a retention rule, its clause, a law, and the last day of keeping."""

    rule: str | None
    clause: str | None
    law: str | None
    ground: str | None
    until: date | None


class RefusalOut(OutModel):
    """One refused item, as it was decided (PDPA s.39(7))."""

    id: UUID
    request_id: UUID
    reference: str
    """Of the request."""
    subject_ref: str
    right: RequestKind
    item_ref: str
    ground: str
    provision: str
    register_mandatory: bool
    """Whether the Act wants this refusal recorded; the others are recorded all the same."""
    reason: BilingualOut
    """What the subject was told, with the law, date, purpose or missing detail that the ground names."""
    evidence: list[RefusalEvidenceOut]
    decided_by: str
    decided_at: datetime
    notified_at: datetime | None
    """When the message about the decision was queued; null where no contact is registered."""
    channel: str | None
    """How it goes out: `email` or `sms`."""
    complaint_info_given: bool
    """Whether that message told the way to the expert committee, as the decision letter does in any case."""
    reviewer: str | None
    """Who signed the assessment, where somebody did."""
    policy: str


class RefusalPage(PageOut[RefusalOut]):
    """A page of the register, in the order of the decisions."""


COLUMNS = (
    *("id", "request_id", "reference", "subject_ref", "right", "item_ref", "ground", "provision", "register_mandatory"),
    *("reason_th", "reason_en", "evidence", "decided_by", "decided_at", "notified_at", "channel"),
    *("complaint_info_given", "reviewer", "policy"),
)


def refusals_csv(refusals: Sequence[Refusal]) -> str:
    """The same as a table."""
    return csv_table(COLUMNS, (_row(refusal) for refusal in refusals))


def _row(refusal: Refusal) -> list[object]:
    told = {
        **refusal.model_dump(),
        "reason_th": refusal.reason["th"],
        "reason_en": refusal.reason["en"],
        "evidence": "; ".join(_evidence(RefusalEvidenceOut.model_validate(one)) for one in refusal.evidence),
        "decided_at": refusal.decided_at.isoformat(),
        "notified_at": refusal.notified_at.isoformat() if refusal.notified_at else None,
    }
    return [told[name] for name in COLUMNS]


def _evidence(one: RefusalEvidenceOut) -> str:
    clause = f"clause {one.clause}" if one.clause else None
    until = f"until {one.until.isoformat()}" if one.until else None
    return " ".join(part for part in (one.rule, clause, one.law, until) if part)
