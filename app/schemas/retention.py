"""What retention says of records, on the wire."""

from datetime import date
from typing import Any, Self

from app.domain.reasons import Reason
from app.domain.retention import RetentionDecision
from app.domain.vocabulary import RetentionAction
from app.schemas.pages import PageOut
from app.schemas.types import OutModel
from app.services.retention import Evaluated


class ReasonOut(OutModel):
    """One reason why a record is kept, or was."""

    rule: str | None
    clause: str | None
    law: str | None
    ground: str | None
    """The ground on which it would refuse an erasure today."""
    until: date | None
    th: str
    en: str

    @classmethod
    def of(cls, reason: Reason) -> Self:
        """From what the domain found."""
        return cls(
            rule=reason.rule,
            clause=reason.clause,
            law=reason.law,
            ground=reason.ground,
            until=reason.until,
            th=reason.text.th,
            en=reason.text.en,
        )


class RetentionOut(OutModel):
    """What retention says today."""

    action: RetentionAction
    until: date | None
    """Last day of keeping."""
    waits_for: str | None
    """The event or the end of the condition that must come first."""
    because: list[ReasonOut]

    @classmethod
    def of(cls, decision: RetentionDecision) -> Self:
        """From what the domain found."""
        return cls(**_said(decision))


class RetentionItem(RetentionOut):
    """What retention says of one record today."""

    record_ref: str
    kind: str

    @classmethod
    def about(cls, found: Evaluated) -> Self:
        """From what the service found."""
        return cls(record_ref=found.record_ref, kind=found.kind, **_said(found.decision))


def _said(decision: RetentionDecision) -> dict[str, Any]:
    return {
        "action": decision.action,
        "until": decision.until,
        "waits_for": decision.waits_for,
        "because": [ReasonOut.of(reason) for reason in decision.because],
    }


class RetentionPage(PageOut[RetentionItem]):
    """A page of them."""
