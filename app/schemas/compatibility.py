"""Assessments of further purposes on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.domain.compatibility import Answers, FurtherUse
from app.domain.policy import Bilingual
from app.schemas.bilingual import BilingualOut
from app.schemas.pages import PageOut
from app.schemas.types import Choice, Code, Flag, Line, Name, Note, OutModel, StrictModel
from app.services.compatibility import AssessmentView

MAX_CATEGORIES = 50


class PurposeLabelIn(StrictModel):
    """What a purpose is called, in both languages."""

    th: Name
    en: Name


class CompatibilityAnswersIn(StrictModel):
    """What speaks for and against the further use, in Thai or English; about the processing, never about a person."""

    link: Line
    """How both purposes hang together."""
    context: Line
    """How the data was collected, and what people may expect of it."""
    nature: Line
    """What kind of data it is."""
    consequences: Line
    """What the use means for the people concerned."""
    safeguards: Line
    """What protects them."""


class CompatibilityAssessmentIn(StrictModel):
    """An assessment of a further purpose (PDPA s.21)."""

    purpose: Code
    """The purpose of the pack that the data was collected for."""
    further_purpose: Code
    """Code of the purpose that it would serve besides; the pack need not know it."""
    label: PurposeLabelIn
    categories: Annotated[Choice[tuple[Code, ...]], Field(min_length=1, max_length=MAX_CATEGORIES)]
    """What would be used: categories of `purpose`."""
    answers: CompatibilityAnswersIn
    sensitive_reason: Line | None = None
    """Why sensitive data may serve it too; without it no use of sensitive data is found compatible."""
    compatible: Flag
    conclusion: Note

    def further_use(self) -> FurtherUse:
        """As the service takes it."""
        return FurtherUse(
            purpose=self.purpose,
            further_purpose=self.further_purpose,
            label=Bilingual(self.label.th, self.label.en),
            categories=self.categories,
            answers=Answers(**self.answers.model_dump()),
            sensitive_reason=self.sensitive_reason,
            compatible=self.compatible,
            conclusion=self.conclusion,
        )


class CompatibilityAnswersOut(OutModel):
    """What speaks for and against the further use."""

    link: str
    context: str
    nature: str
    consequences: str
    safeguards: str


class RequirementOut(OutModel):
    """What must be there before the further use begins."""

    code: str
    """`notice_version`, `consent_or_law`, `explicit_consent`."""
    provision: str
    text: BilingualOut


class CompatibilityAssessmentOut(OutModel):
    """An assessment of a further purpose, as it was made. It permits no processing by itself."""

    id: UUID
    purpose: str
    further_purpose: str
    label: BilingualOut
    categories: tuple[str, ...]
    sensitive: list[str]
    """Those of the categories that are sensitive (PDPA s.26)."""
    answers: CompatibilityAnswersOut
    sensitive_reason: str | None
    compatible: bool
    conclusion: str
    needed: list[RequirementOut]
    """What is missing before the data may serve the further purpose."""
    policy: str
    assessed_by: str
    assessed_at: datetime

    @classmethod
    def of(cls, view: AssessmentView) -> "CompatibilityAssessmentOut":
        """From the service's view."""
        use = view.use
        return cls(
            id=view.id,
            purpose=use.purpose,
            further_purpose=use.further_purpose,
            label=BilingualOut.model_validate(use.label),
            categories=use.categories,
            sensitive=list(view.sensitive),
            answers=CompatibilityAnswersOut.model_validate(use.answers),
            sensitive_reason=use.sensitive_reason,
            compatible=use.compatible,
            conclusion=use.conclusion,
            needed=[RequirementOut.model_validate(one) for one in view.needed],
            policy=view.policy,
            assessed_by=view.assessed_by,
            assessed_at=view.assessed_at,
        )


class CompatibilityAssessmentPage(PageOut[CompatibilityAssessmentOut]):
    """A page of them."""
