"""Requests for access on the wire."""

from typing import Any, Literal, Self

from app.domain.access import Holding
from app.domain.vocabulary import RequestKind
from app.schemas.bilingual import BilingualOut
from app.schemas.disclosures import ToldOut
from app.schemas.retention import RetentionOut
from app.schemas.rights_requests import Codes, SubmissionIn, pointed
from app.schemas.types import Flag, OutModel
from app.services.submissions import Submission


class AccessIn(SubmissionIn):
    """A request for access and copies (PDPA s.30)."""

    categories: Codes | None = None
    """Left out: all that are held."""
    include_sources: Flag = True
    """Whether to tell where data comes from that the subject did not give."""
    format: Literal["json", "pdf", "html"] = "json"

    def submission(self) -> Submission:
        """As the service takes it."""
        scope: dict[str, Any] = {"include_sources": self.include_sources, "format": self.format}
        if self.categories is not None:
            scope["categories"] = sorted(set(self.categories))
        return self.asked(RequestKind.ACCESS, scope, scope, categories=pointed("/categories", self.categories))


class HoldingOut(OutModel):
    """A record about which access is asked, with what has to be told about it."""

    record_ref: str
    kind: str
    label: BilingualOut
    categories: list[str]
    source: str | None
    """Where it comes from; null where that is unknown, or not asked."""
    provided_by_subject: bool
    purposes: list[str]
    recipients: list[str]
    """Whom the purposes may disclose to."""
    told: list[ToldOut]
    """To whom data of the record was disclosed, or of its categories where the systems have not named records."""
    third_persons: bool
    """Whether it holds data of others, to be looked through before a copy is given."""
    retention: RetentionOut

    @classmethod
    def of(cls, holding: Holding) -> Self:
        """From what the service found."""
        return cls(
            record_ref=holding.record_ref,
            kind=holding.kind,
            label=BilingualOut(th=holding.label.th, en=holding.label.en),
            categories=list(holding.categories),
            source=holding.source,
            provided_by_subject=holding.provided_by_subject,
            purposes=list(holding.purposes),
            recipients=list(holding.recipients),
            told=[ToldOut.of(told) for told in holding.told],
            third_persons=holding.third_persons,
            retention=RetentionOut.of(holding.retention),
        )
