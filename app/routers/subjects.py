"""Data subjects."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.core.access import GuardedRoute, allow
from app.core.work import Work
from app.domain.errors import SubjectErased, VersionConflict
from app.domain.vocabulary import Permission
from app.routers.conditional import IfMatch, tag
from app.schemas.subjects import SubjectIn, SubjectOut
from app.schemas.types import Ref
from app.services import registration, subjects

router = APIRouter(prefix="/v1/subjects", route_class=GuardedRoute, tags=["subjects"])
SubjectRef = Annotated[Ref, Path(description="The core banking system's own opaque key of the subject")]


@router.put(
    "/{subject_ref}",
    operation_id="putSubject",
    summary="Register or replace a data subject",
    responses={201: {"model": SubjectOut, "description": "Registered"}},
)
async def put_subject(
    subject_ref: SubjectRef,
    body: SubjectIn,
    response: Response,
    if_match: IfMatch,
    work: Annotated[Work, allow(Permission.SUBJECT_WRITE, raises=(SubjectErased, VersionConflict))],
) -> SubjectOut:
    """Replaces the whole resource. A reference that was erased is refused: who returns gets a new one."""
    subject, created = await registration.put(work, subject_ref, body.particulars(), if_match)
    response.status_code = 201 if created else 200
    tag(response, subject.version)
    return SubjectOut.model_validate(subject)


@router.get("/{subject_ref}", operation_id="getSubject", summary="One data subject")
async def get_subject(
    subject_ref: SubjectRef,
    response: Response,
    work: Annotated[Work, allow(Permission.SUBJECT_READ, sees=subjects.see)],
) -> SubjectOut:
    """Contacts and national ID are masked except to roles that may see them; unmasked reads are audited."""
    subject = await subjects.read(work, subject_ref)
    tag(response, subject.version)
    return SubjectOut.model_validate(subject)
