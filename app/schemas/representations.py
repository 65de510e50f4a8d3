"""Representatives on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from app.domain.vocabulary import Relation
from app.schemas.pages import PageOut
from app.schemas.types import AllOr, CalendarDate, Choice, Name, OutModel, StrictModel
from app.services.representatives import Evidence, Registration

Represented = Literal[
    "consent", "access", "portability", "correction", "objection", "restriction", "erasure", "complaint"
]
"""What a representative may do: consent, with its withdrawal, and each kind of request."""


RightsIn = AllOr[Annotated[Choice[tuple[Represented, ...]], Field(min_length=1, max_length=100)]]
"""What a power covers: `all`, or some of it."""


def _as_put(value: object) -> object:
    """`all` as it is put, not as it is kept."""
    return "all" if value == ["all"] else value


class EvidenceIn(StrictModel):
    """The paper that proves the power; kept sealed."""

    kind: Name
    """Such as `birth certificate`, `court order`, `power of attorney`."""
    number: Name
    issued_by: Name
    issued_on: CalendarDate


class RepresentationIn(StrictModel):
    """The power of one person to act for a subject; the whole resource, replaced by each PUT."""

    relation: Choice[Relation]
    rights: RightsIn
    """What the power covers: everything, or some of it."""
    valid_from: CalendarDate
    valid_until: CalendarDate | None = None
    """Last day; left out: until the law ends it."""
    evidence: EvidenceIn

    def registration(self) -> Registration:
        """As the service takes it."""
        return Registration(
            relation=self.relation,
            rights=(self.rights,) if self.rights == "all" else tuple(self.rights),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            evidence=Evidence(**dict(self.evidence)),
        )


class EvidenceOut(OutModel):
    """The paper that proves the power: all but its kind is null for those who can't register representatives."""

    kind: str
    number: str | None
    issued_by: str | None
    issued_on: date | None


class RepresentationOut(OutModel):
    """The power of one person to act for a subject."""

    subject_ref: str
    representative_ref: str
    relation: Relation
    rights: Annotated[Literal["all"] | list[Represented], BeforeValidator(_as_put)]
    """`all`, or what the power covers."""
    valid_from: date
    valid_until: date | None
    """Before `valid_from` where the power ended before it began."""
    evidence: EvidenceOut | None
    approved_by: str | None
    """Null until somebody has approved it; without that it has no effect."""
    approved_at: datetime | None
    effective: bool
    """Whether the representative may act for the subject today."""
    ends_on: date | None
    """Last day on which it can be effective, as far as is known: `valid_until`, or the day before majority or death."""
    registered_at: datetime
    version: int


class RepresentationPage(PageOut[RepresentationOut]):
    """A page of representations, by the representatives' references."""
