"""Consents to ask for again, on the wire."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict

from app.domain.reconsent import ReconsentReason
from app.schemas.pages import PageOut
from app.schemas.types import OutModel


class ReconsentItemOut(OutModel):
    """A consent to ask for again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "consent_id": "019ab2c4-7a10-7c3e-9f52-3d8b6a1e4c70",
                    "subject_ref": "M-000123",
                    "purpose": "life_insurance_assessment",
                    "reason": "doubtful_wording",
                    "since": "2024-03-14T17:00:00Z",
                    "notice_version": "2565-1-life-insurance",
                }
            ]
        }
    )

    consent_id: UUID
    subject_ref: str
    purpose: str
    reason: ReconsentReason
    """`doubtful_wording`: taken over, and known under no notice; `notice_superseded`: a notice wants it afresh;
    `majority_reached`: a parent or guardian gave it, and the person is of age now and has not confirmed it."""
    since: datetime
    notice_version: str | None
    """The notice to ask with; null where the purpose has none in force."""


class ReconsentPage(PageOut[ReconsentItemOut]):
    """A page of them, the oldest record first. It may be short, or empty, while more follow."""
