"""Assessments on the wire."""

from datetime import datetime
from typing import Self
from uuid import UUID

from app.domain.disclosures import Told
from app.domain.rights_request import ItemAssessment
from app.domain.vocabulary import Outcome, RequestKind
from app.schemas.access import HoldingOut
from app.schemas.bilingual import BilingualOut
from app.schemas.disclosures import ToldOut
from app.schemas.retention import ReasonOut, RetentionOut
from app.schemas.rights_requests import ItemOut
from app.schemas.types import OutModel
from app.services.assessments import Assessment


class ToldWrongOut(ToldOut):
    """Somebody who may have been told the value that is to be corrected."""

    ref: str
    """The item: the change that is asked for."""


class AssessmentOut(OutModel):
    """What law and pack say about a request today."""

    request_id: UUID
    kind: RequestKind
    policy: str
    outcome: Outcome
    """The sum of what is proposed."""
    items: list[ItemOut]
    profile: RetentionOut | None
    """Where everything was asked for: how long the contacts and particulars that Sitthi itself holds are kept."""
    holdings: list[HoldingOut] | None
    """Where access is asked for: the records that hold it, with source, purposes, recipients and retention."""
    told_wrong: list[ToldWrongOut] | None
    """Where a correction is asked for: the recipients to whom it will be sent on if it is granted."""
    assessed_by: str | None
    """The officer who signed exactly this."""
    assessed_at: datetime | None

    @classmethod
    def of(cls, found: Assessment) -> Self:
        """From what the service found."""
        return cls(
            request_id=found.request_id,
            kind=found.kind,
            policy=found.policy,
            outcome=found.outcome,
            items=[_item(item) for item in found.items],
            profile=RetentionOut.of(found.profile) if found.profile else None,
            holdings=None if found.holdings is None else [HoldingOut.of(holding) for holding in found.holdings],
            told_wrong=None if found.told_wrong is None else [_told_wrong(ref, told) for ref, told in found.told_wrong],
            assessed_by=found.assessed_by,
            assessed_at=found.assessed_at,
        )


def _told_wrong(ref: str, told: Told) -> ToldWrongOut:
    return ToldWrongOut.model_validate({**ToldOut.of(told).model_dump(), "ref": ref})


def _item(item: ItemAssessment) -> ItemOut:
    return ItemOut(
        ref=item.ref,
        label=BilingualOut(th=item.label.th, en=item.label.en),
        proposed=item.proposed,
        grounds=list(item.grounds),
        outcome=None,
        ground=None,
        until=item.until,
        waits_for=item.waits_for,
        deferred_until=item.refusable_until,
        because=[ReasonOut.of(reason) for reason in item.because],
    )
