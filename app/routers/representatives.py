"""Representatives of data subjects."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor, NotFound, SubjectErased, VersionConflict
from app.domain.vocabulary import Permission
from app.routers.conditional import IfMatch, tag
from app.routers.pages import Cursor, Limit
from app.routers.subjects import SubjectRef
from app.schemas.representations import RepresentationIn, RepresentationOut, RepresentationPage
from app.schemas.types import Ref
from app.services import representatives, subjects

router = APIRouter(
    prefix="/v1/subjects/{subject_ref}/representatives", route_class=GuardedRoute, tags=["representatives"]
)
RepresentativeRef = Annotated[Ref, Path(description="The representative's own key; need not be a data subject")]
FAULTS = (NotFound, SubjectErased, VersionConflict)


@router.put(
    "/{representative_ref}",
    operation_id="putRepresentative",
    summary="Register or replace a representative",
    responses={201: {"model": RepresentationOut, "description": "Registered"}},
)
async def put_representative(
    subject_ref: SubjectRef,
    representative_ref: RepresentativeRef,
    body: RepresentationIn,
    response: Response,
    if_match: IfMatch,
    work: Annotated[Work, allow(Permission.REPRESENTATION_WRITE, sees=subjects.see, raises=FAULTS)],
) -> RepresentationOut:
    """Has no effect before it is approved; replacing it takes the approval away.

    Every relation may be registered beforehand: whom it lets act is asked at each act, by the subject's age and capacity.
    """
    put = representatives.put(work, subject_ref, representative_ref, body.registration(), if_match)
    representation, created = await put
    response.status_code = 201 if created else 200
    tag(response, representation.version)
    return RepresentationOut.model_validate(representation)


@router.get("", operation_id="listRepresentatives", summary="Who may act for a data subject")
async def list_representatives(
    subject_ref: SubjectRef,
    work: Annotated[Work, allow(Permission.REPRESENTATION_READ, sees=subjects.see, raises=(NotFound, BadCursor))],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> RepresentationPage:
    """Those too who are not approved yet, and those whose time is over."""
    return RepresentationPage.model_validate(await representatives.page(work, subject_ref, cursor, limit))


@router.get("/{representative_ref}", operation_id="getRepresentative", summary="One representative of a data subject")
async def get_representative(
    subject_ref: SubjectRef,
    representative_ref: RepresentativeRef,
    response: Response,
    work: Annotated[Work, allow(Permission.REPRESENTATION_READ, sees=representatives.see, raises=(NotFound,))],
) -> RepresentationOut:
    """Whether the power is `effective` is said of today. That the evidence was read is recorded."""
    representation = await representatives.read(work, subject_ref, representative_ref)
    tag(response, representation.version)
    return RepresentationOut.model_validate(representation)


@router.post("/{representative_ref}/approval", operation_id="approveRepresentative", summary="Approve a representative")
async def approve_representative(
    subject_ref: SubjectRef,
    representative_ref: RepresentativeRef,
    response: Response,
    if_match: IfMatch,
    work: Annotated[Work, allow(Permission.REPRESENTATION_APPROVE, sees=representatives.see, raises=FAULTS)],
) -> RepresentationOut:
    """The evidence was seen and holds: from now on the power has its effect. Approved twice, the first one stands."""
    representation = await representatives.approve(work, subject_ref, representative_ref, if_match)
    tag(response, representation.version)
    return RepresentationOut.model_validate(representation)


@router.delete("/{representative_ref}", operation_id="endRepresentative", summary="End a representation")
async def end_representative(
    subject_ref: SubjectRef,
    representative_ref: RepresentativeRef,
    response: Response,
    if_match: IfMatch,
    work: Annotated[Work, allow(Permission.REPRESENTATION_WRITE, sees=representatives.see, raises=FAULTS)],
) -> RepresentationOut:
    """At once: its last day was yesterday. It stays on record, as proof of what was done under it."""
    representation = await representatives.end(work, subject_ref, representative_ref, if_match)
    tag(response, representation.version)
    return RepresentationOut.model_validate(representation)
