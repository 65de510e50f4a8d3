"""Deletion cases: data collected without the consent that it needed."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor, IllegalTransition, NotFound, SubjectErased, VersionConflict
from app.domain.vocabulary import Permission
from app.routers.conditional import IfMatch, tag
from app.routers.pages import Cursor, Limit
from app.schemas.deletion_cases import (
    CaseStatus,
    DeletionCaseIn,
    DeletionCaseOut,
    DeletionCasePage,
    DeletionCaseResolution,
)
from app.schemas.types import CalendarDate, Id, Ref
from app.services import deletion_handling

router = APIRouter(prefix="/v1/deletion-cases", route_class=GuardedRoute, tags=["deletion-cases"])
CaseId = Annotated[Id, Path(description="Identifier of the deletion case")]


@router.post(
    "",
    operation_id="openDeletionCase",
    summary="Open a deletion case",
    status_code=201,
    responses={200: {"model": DeletionCaseOut, "description": "A case is open for the same reason already"}},
)
async def open_deletion_case(
    body: DeletionCaseIn,
    response: Response,
    work: Annotated[Work, allow(Permission.DELETION_CASE_WRITE, raises=(NotFound, SubjectErased))],
) -> DeletionCaseOut:
    """Starts a clock of 30 days (policy clause 13). A case that is open already takes the purposes up; its clock runs on."""
    case, created = await deletion_handling.report(work, body.finding())
    response.status_code = 201 if created else 200
    tag(response, case.version)
    return DeletionCaseOut.model_validate(case)


@router.get("", operation_id="listDeletionCases", summary="Deletion cases by deadline")
async def list_deletion_cases(
    work: Annotated[Work, allow(Permission.DELETION_CASE_READ, raises=(NotFound, BadCursor))],
    subject_ref: Annotated[Ref | None, Query(description="Only about this subject")] = None,
    status: Annotated[CaseStatus | None, Query(description="Only open ones, or only closed ones")] = None,
    due_before: Annotated[CalendarDate | None, Query(description="Only those with an earlier deadline")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> DeletionCasePage:
    """Notes are shown only to those who may open cases, and that they were read is recorded."""
    found = await deletion_handling.page(work, subject_ref, status, due_before, cursor, limit)
    return DeletionCasePage.model_validate(found)


@router.get("/{case_id}", operation_id="getDeletionCase", summary="One deletion case")
async def get_deletion_case(
    case_id: CaseId,
    response: Response,
    work: Annotated[Work, allow(Permission.DELETION_CASE_READ, sees=deletion_handling.see, raises=(NotFound,))],
) -> DeletionCaseOut:
    """Whether it is `overdue` is said of today."""
    case = await deletion_handling.read(work, case_id)
    tag(response, case.version)
    return DeletionCaseOut.model_validate(case)


@router.post("/{case_id}/resolution", operation_id="resolveDeletionCase", summary="Deal with a deletion case")
async def resolve_deletion_case(
    case_id: CaseId,
    body: DeletionCaseResolution,
    response: Response,
    if_match: IfMatch,
    work: Annotated[
        Work,
        allow(
            Permission.DELETION_CASE_WRITE,
            sees=deletion_handling.see,
            raises=(NotFound, SubjectErased, IllegalTransition, VersionConflict),
        ),
    ],
) -> DeletionCaseOut:
    """The consents of the case end, unless it was `unfounded`. `erase` opens an erasure request on ground `unlawful`.

    Dealt with twice in the same way, it is answered with the first time.
    """
    case = await deletion_handling.resolve(work, case_id, body.resolution(), if_match)
    tag(response, case.version)
    return DeletionCaseOut.model_validate(case)
