"""The register of further purposes: assessed by the DPO, kept as they were, and no permission (PDPA s.21; LAW T-12)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.compatibility import Answers, FurtherUse, Requirement, faults, requirements, sensitive_among
from app.domain.errors import FieldError, InvalidInput, NotFound
from app.domain.policy import Bilingual
from app.models.evidence import CompatibilityAssessment
from app.repositories import compatibility
from app.services import audit


@dataclass(frozen=True, slots=True)
class AssessmentView:
    """An assessment as it was made; `sensitive`: the sensitive ones of its categories, `needed`: what the use still needs."""

    id: UUID
    use: FurtherUse
    sensitive: Sequence[str]
    needed: Sequence[Requirement]
    policy: str
    assessed_by: str
    assessed_at: datetime


async def assess(work: Work, use: FurtherUse) -> AssessmentView:
    """Write an assessment down. Raises `InvalidInput`, also for sensitive data found compatible without a reason."""
    purpose = work.pack.purposes.get(use.purpose)
    if purpose is None:
        raise InvalidInput([FieldError("/purpose", "not_allowed")])
    if wrong := faults(use, purpose, work.pack):
        raise InvalidInput(wrong)
    assessment = CompatibilityAssessment(
        id=new_id(work.now),
        purpose=use.purpose,
        further_purpose=use.further_purpose,
        content=_told(use, sensitive_among(use.categories, work.pack)),
        compatible=use.compatible,
        policy=work.pack.sha256,
        assessed_by=work.actor.sub,
        assessed_at=work.now,
    )
    compatibility.add(work, assessment)
    audit.record(
        work,
        "compatibility.assessed",
        "compatibility_assessment",
        assessment.id,
        purpose=use.purpose,
        further_purpose=use.further_purpose,
        compatible=use.compatible,
    )
    return _view(assessment)


async def see(work: Work, path: Mapping[str, str]) -> None:
    """Whether there is the assessment that a path names. Raises `NotFound`."""
    await read(work, UUID(path["assessment_id"]))


async def read(work: Work, assessment_id: UUID) -> AssessmentView:
    """One assessment. Raises `NotFound`."""
    assessment = await compatibility.get(work, assessment_id)
    if assessment is None:
        raise NotFound
    return _view(assessment)


async def page(work: Work, purpose: str | None, cursor: str | None, limit: int) -> Page[AssessmentView]:
    """Assessments, the newest first. Raises `BadCursor`."""
    scope = f"compatibility-assessments {purpose}"
    before = UUID(decode_cursor(work.ring, scope, cursor)[0]) if cursor is not None else None
    rows = await compatibility.list_newest(work, purpose, before, limit + 1)
    more = encode_cursor(work.ring, scope, [str(rows[limit - 1].id)]) if len(rows) > limit else None
    return Page([_view(row) for row in rows[:limit]], more)


def _told(use: FurtherUse, sensitive: Sequence[str]) -> dict[str, Any]:
    """What has no column of its own."""
    return {
        "label": asdict(use.label),
        "categories": list(dict.fromkeys(use.categories)),
        "sensitive": list(sensitive),
        "answers": asdict(use.answers),
        "sensitive_reason": use.sensitive_reason,
        "conclusion": use.conclusion,
    }


def _view(assessment: CompatibilityAssessment) -> AssessmentView:
    told = assessment.content
    return AssessmentView(
        id=assessment.id,
        use=FurtherUse(
            purpose=assessment.purpose,
            further_purpose=assessment.further_purpose,
            label=Bilingual(**told["label"]),
            categories=tuple(told["categories"]),
            answers=Answers(**told["answers"]),
            sensitive_reason=told["sensitive_reason"],
            compatible=assessment.compatible,
            conclusion=told["conclusion"],
        ),
        sensitive=told["sensitive"],
        needed=requirements(compatible=assessment.compatible, sensitive=bool(told["sensitive"])),
        policy=assessment.policy,
        assessed_by=assessment.assessed_by,
        assessed_at=assessment.assessed_at,
    )
