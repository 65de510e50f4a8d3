"""The privacy dashboard on the wire: every purpose, allowed or not, why, since when, and what the person can do."""

from datetime import datetime
from typing import Self

from app.domain.consent import ConsentStatus
from app.domain.processing import Decision
from app.domain.processing_facts import GivenConsent, Limit
from app.domain.processing_moves import ProcessingMove
from app.domain.processing_reasons import TEXTS, Reason
from app.domain.vocabulary import Basis
from app.schemas.bilingual import BilingualOut
from app.schemas.pages import PageOut
from app.schemas.types import OutModel
from app.services.processing import ProcessingView


class ProcessingReasonOut(OutModel):
    """Why; of a no the first decides, a yes has the bases that hold."""

    code: str
    category: str | None
    th: str
    en: str

    @classmethod
    def of(cls, reason: Reason) -> Self:
        """From what the domain found."""
        text = TEXTS[reason.code]
        return cls(code=reason.code, category=reason.category, th=text.th, en=text.en)


class ProcessingCategory(OutModel):
    """Whether one category of data may be used for the purpose."""

    code: str
    allowed: bool
    reasons: list[ProcessingReasonOut]

    @classmethod
    def of(cls, code: str, decision: Decision) -> Self:
        """From what the domain found."""
        return cls(
            code=code,
            allowed=decision.allowed,
            reasons=[ProcessingReasonOut.of(reason) for reason in decision.reasons],
        )


class ProcessingConsent(OutModel):
    """The newest consent to the purpose."""

    id: str
    status: ConsentStatus
    categories: list[str]
    granted_at: datetime
    withdrawn_at: datetime | None


class ProcessingLimitOut(OutModel):
    """A restriction or an objection in force."""

    since: datetime
    request_id: str
    """The request that asked for it."""

    @classmethod
    def of(cls, limit: Limit | None) -> Self | None:
        """From what is on record."""
        return cls(since=limit.since, request_id=limit.request_id) if limit is not None else None


class ProcessingItem(OutModel):
    """How one purpose stands for this person."""

    purpose: str
    label: BilingualOut
    allowed: bool
    """Whether the ordinary data may be used now."""
    reasons: list[ProcessingReasonOut]
    categories: list[ProcessingCategory]
    basis: Basis | None
    """The first of the bases that hold for the ordinary data; null where none does."""
    consent: ProcessingConsent | None
    restriction: ProcessingLimitOut | None
    objection: ProcessingLimitOut | None
    since: datetime | None
    """When it came to stand so: the restriction, the objection, or the grant or end of the consent."""
    can: list[ProcessingMove]
    provision: str | None
    """The law that makes a consent to this purpose irrevocable, if one does."""

    @classmethod
    def of(cls, view: ProcessingView) -> Self:
        """From what the service found."""
        instrument = view.purpose.statutory_instrument
        return cls(
            purpose=view.purpose.code,
            label=BilingualOut.model_validate(view.purpose.label),
            allowed=view.decision.allowed,
            reasons=[ProcessingReasonOut.of(reason) for reason in view.decision.reasons],
            categories=[ProcessingCategory.of(code, decision) for code, decision in view.categories],
            basis=next(iter(view.decision.bases), None),
            consent=_consent(view.consent, view.consent_status),
            restriction=ProcessingLimitOut.of(view.restriction),
            objection=ProcessingLimitOut.of(view.objection),
            since=view.since,
            can=list(view.can),
            provision=instrument.provision if instrument is not None else None,
        )


class ProcessingPage(PageOut[ProcessingItem]):
    """How the purposes stand for one person."""


def _consent(consent: GivenConsent | None, status: ConsentStatus | None) -> ProcessingConsent | None:
    if consent is None or status is None:
        return None
    return ProcessingConsent(
        id=consent.id,
        status=status,
        categories=list(consent.categories),
        granted_at=consent.granted_at,
        withdrawn_at=consent.withdrawn_at,
    )
