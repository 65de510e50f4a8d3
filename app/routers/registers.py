"""Registers that the controller keeps."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor, NotFound
from app.domain.reconsent import ReconsentReason
from app.domain.vocabulary import Permission, RequestKind
from app.routers.pages import Cursor, Limit
from app.routers.tables import Format, table, tabled
from app.schemas import processing_activities
from app.schemas.compatibility import (
    CompatibilityAssessmentIn,
    CompatibilityAssessmentOut,
    CompatibilityAssessmentPage,
)
from app.schemas.processing_activities import ProcessingActivitiesOut
from app.schemas.reconsent import ReconsentPage
from app.schemas.refusals import COLUMNS, RefusalPage, refusals_csv
from app.schemas.types import CalendarDate, Code, Id, Ref
from app.services import compatibility, reconsent, refusals
from app.services import processing_activities as activities

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


@router.get(
    "/refusals",
    operation_id="listRefusals",
    summary="The register of refusals",
    response_model=RefusalPage,
    responses=tabled(",".join(COLUMNS)),
)
async def list_refusals(
    work: Annotated[Work, allow(Permission.REGISTER_READ, raises=(BadCursor,))],
    right: Annotated[RequestKind | None, Query(description="Only under this right")] = None,
    ground: Annotated[Code | None, Query(description="Only on this ground")] = None,
    since: Annotated[CalendarDate | None, Query(alias="from", description="Only decided on this day or later")] = None,
    until: Annotated[CalendarDate | None, Query(description="Only decided on this day or before")] = None,
    subject_ref: Annotated[Ref | None, Query(description="Only of this subject")] = None,
    format: Format = "json",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> RefusalPage | Response:
    """Every item that was refused, on which ground and why (PDPA s.39(7)): entered by the decision, never changed, never
    exempt. A table has up to 5,000 rows, whatever `limit` says; where more follow, `Link` leads to them.
    """
    wanted = {"right": right, "ground": ground, "subject_ref": subject_ref}
    rows = limit if format == "json" else refusals.EXPORTED
    page = await refusals.page(work, **wanted, since=since, until=until, limit=rows, cursor=cursor)
    if format == "json":
        return RefusalPage.model_validate(page)
    days = {"from": since, "until": until}
    following = {"format": format, **wanted, **days, "cursor": page.next_cursor} if page.next_cursor else None
    return table(refusals_csv(page.items), "refusals", following)


@router.get(
    "/processing-activities",
    operation_id="listProcessingActivities",
    summary="The record of processing activities",
    response_model=ProcessingActivitiesOut,
    responses=tabled(",".join(processing_activities.COLUMNS)),
)
async def list_processing_activities(
    work: Annotated[Work, allow(Permission.REGISTER_READ)], format: Format = "json"
) -> ProcessingActivitiesOut | Response:
    """What the policy in force says of each purpose, as PDPA s.39 wants it recorded: data, purposes, controller, retention,
    rights and how they are exercised, recipients, security. What happened stands in `/v1/disclosures` and
    `/v1/registers/refusals`.
    """
    register = activities.read(work)
    if format == "json":
        return ProcessingActivitiesOut.of(register)
    return table(processing_activities.processing_activities_csv(register), "processing-activities")
