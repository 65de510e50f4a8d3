"""Disclosures on the wire."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from app.domain.disclosures import Told
from app.domain.errors import FieldError, InvalidInput
from app.schemas.pages import PageOut
from app.schemas.rights_requests import Codes
from app.schemas.tasks import GRACE
from app.schemas.types import Choice, Code, Instant, OutModel, Ref, StrictModel
from app.services.disclosures import Happened


class DisclosureIn(StrictModel):
    """What was disclosed, to whom, what for and when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject_ref": "M-000123",
                    "recipient": "insurer",
                    "purpose": "life_insurance_assessment",
                    "categories": ["personal_identity"],
                    "disclosed_at": "2026-11-20T04:30:00Z",
                }
            ]
        }
    )

    subject_ref: Ref
    recipient: Code
    """One that the policy lists for the purpose; an authority, where that rests on legal obligation."""
    purpose: Code
    categories: Codes
    """Among those of the purpose."""
    disclosed_at: Instant
    """Not in the future."""
    record_refs: Annotated[Choice[tuple[Ref, ...]], Field(min_length=1, max_length=5000)] | None = None
    """The records that the data came from, where that is known: a correction of others is then not sent on."""

    def happened(self, now: datetime) -> Happened:
        """As the service takes it; clocks may differ by a day. Raises `InvalidInput` for what has not happened yet.

        `now`: the later of the sandbox's instant and the real one, for a system there lives by the real clock.
        """
        if self.disclosed_at > now + GRACE:
            raise InvalidInput([FieldError("/disclosed_at", "out_of_range")])
        return Happened(
            self.subject_ref, self.recipient, self.purpose, self.categories, self.record_refs, self.disclosed_at
        )


class DisclosureOut(OutModel):
    """A disclosure that has happened."""

    id: UUID
    subject_ref: str
    recipient: str
    purpose: str
    categories: list[str]
    record_refs: list[str] | None
    """Null where its system has not said which records the data came from."""
    disclosed_at: datetime
    system: str | None
    recorded_at: datetime
    policy: str


class DisclosurePage(PageOut[DisclosureOut]):
    """A page of disclosures, the last recorded first."""


class ToldOut(OutModel):
    """Somebody to whom data was disclosed."""

    recipient: str
    purposes: list[str]
    categories: list[str]
    first_at: datetime
    last_at: datetime
    times: int

    @classmethod
    def of(cls, told: Told) -> Self:
        """From what the domain found."""
        return cls(
            recipient=told.recipient,
            purposes=list(told.purposes),
            categories=list(told.categories),
            first_at=told.first_at,
            last_at=told.last_at,
            times=told.times,
        )
