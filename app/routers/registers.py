"""Registers that the controller keeps."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor, NotFound
from app.domain.reconsent import ReconsentReason
from app.domain.vocabulary import Permission
from app.routers.pages import Cursor, Limit
from app.schemas.compatibility import (
    CompatibilityAssessmentIn,
    CompatibilityAssessmentOut,
    CompatibilityAssessmentPage,
)
from app.schemas.reconsent import ReconsentPage
from app.schemas.types import Code, Id
from app.services import compatibility, reconsent

router = APIRouter(prefix="/v1/registers", route_class=GuardedRoute, tags=["registers"])
AssessmentId = Annotated[Id, Path(description="Identifier of the assessment")]


@router.post(
    "/compatibility-assessments",
    operation_id="assessCompatibility",
    summary="Assess a further purpose",
    status_code=201,
)
async def assess_compatibility(
    body: CompatibilityAssessmentIn, work: Annotated[Work, allow(Permission.COMPATIBILITY_ASSESS)]
) -> CompatibilityAssessmentOut:
    """Whether data may serve another purpose than the one it was collected for (PDPA s.21), and what that still needs.

    Kept as it is, and it permits nothing: a decision still wants a purpose that the policy knows. A second thought is a
    second assessment.
    """
    return CompatibilityAssessmentOut.of(await compatibility.assess(work, body.further_use()))


@router.get(
    "/compatibility-assessments", operation_id="listCompatibilityAssessments", summary="Assessments of further purposes"
)
async def list_compatibility_assessments(
    work: Annotated[Work, allow(Permission.REGISTER_READ, raises=(BadCursor,))],
    purpose: Annotated[Code | None, Query(description="Only of data that was collected for this purpose")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> CompatibilityAssessmentPage:
    """The newest first."""
    page = await compatibility.page(work, purpose, cursor, limit)
    items = [CompatibilityAssessmentOut.of(view) for view in page.items]
    return CompatibilityAssessmentPage(items=items, next_cursor=page.next_cursor)


@router.get(
    "/compatibility-assessments/{assessment_id}",
    operation_id="getCompatibilityAssessment",
    summary="One assessment of a further purpose",
)
async def get_compatibility_assessment(
    assessment_id: AssessmentId,
    work: Annotated[Work, allow(Permission.REGISTER_READ, sees=compatibility.see, raises=(NotFound,))],
) -> CompatibilityAssessmentOut:
    """As it was made."""
    return CompatibilityAssessmentOut.of(await compatibility.read(work, assessment_id))


@router.get("/reconsent", operation_id="listReconsent", summary="Consents to ask for again")
async def list_reconsent(
    work: Annotated[Work, allow(Permission.REGISTER_READ, raises=(BadCursor,))],
    purpose: Annotated[Code | None, Query(description="Only for this purpose")] = None,
    reason: Annotated[ReconsentReason | None, Query(description="Only for this reason")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> ReconsentPage:
    """From whom, and why: one item for each reason, the oldest record first. A grant under the current notice, or where
    somebody came of age their confirmation, takes it off the list.
    """
    page = await reconsent.page(work, purpose=purpose, reason=reason, limit=limit, cursor=cursor)
    return ReconsentPage.model_validate(page)
