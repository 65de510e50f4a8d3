"""Legal holds."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor, NotFound, SubjectErased, VersionConflict
from app.domain.vocabulary import Permission
from app.routers.conditional import IfMatch, tag
from app.routers.pages import Cursor, Limit
from app.schemas.legal_holds import LegalHoldIn, LegalHoldOut, LegalHoldPage, LegalHoldRelease
from app.schemas.types import Id, Ref
from app.services import legal_holds

router = APIRouter(prefix="/v1/legal-holds", route_class=GuardedRoute, tags=["legal-holds"])
HoldId = Annotated[Id, Path(description="Identifier of the legal hold")]


@router.post("", operation_id="placeLegalHold", summary="Place a legal hold", status_code=201)
async def place_legal_hold(
    body: LegalHoldIn,
    response: Response,
    work: Annotated[Work, allow(Permission.LEGAL_HOLD_WRITE, raises=(NotFound, SubjectErased))],
) -> LegalHoldOut:
    """Beats every rule that would free a record, from now until its release.

    Erasures that were granted but not carried out yet wait: their tasks can't be claimed, nor completed once claimed.
    """
    hold = await legal_holds.place(work, body.placement())
    tag(response, hold.version)
    return LegalHoldOut.model_validate(hold)


@router.get("", operation_id="listLegalHolds", summary="Legal holds on a subject, or on all")
async def list_legal_holds(
    work: Annotated[Work, allow(Permission.LEGAL_HOLD_READ, raises=(NotFound, BadCursor))],
    subject_ref: Annotated[Ref | None, Query(description="Only on this subject")] = None,
    in_force: Annotated[bool | None, Query(description="Only those in force, or only those released")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> LegalHoldPage:
    """The newest first. Reasons are shown only to those who may place holds, and that they were read is recorded."""
    return LegalHoldPage.model_validate(await legal_holds.page(work, subject_ref, in_force, cursor, limit))


@router.get("/{hold_id}", operation_id="getLegalHold", summary="One legal hold")
async def get_legal_hold(
    hold_id: HoldId,
    response: Response,
    work: Annotated[Work, allow(Permission.LEGAL_HOLD_READ, sees=legal_holds.see, raises=(NotFound,))],
) -> LegalHoldOut:
    """In force until `released_at`. Its reasons are shown only to those who may place holds."""
    hold = await legal_holds.read(work, hold_id)
    tag(response, hold.version)
    return LegalHoldOut.model_validate(hold)


@router.post("/{hold_id}/release", operation_id="releaseLegalHold", summary="Release a legal hold")
async def release_legal_hold(
    hold_id: HoldId,
    body: LegalHoldRelease,
    response: Response,
    if_match: IfMatch,
    work: Annotated[Work, allow(Permission.LEGAL_HOLD_WRITE, sees=legal_holds.see, raises=(NotFound, VersionConflict))],
) -> LegalHoldOut:
    """The records are again what retention and law make of them. Released twice, it is answered with the first release."""
    hold = await legal_holds.release(work, hold_id, body.reason, if_match)
    tag(response, hold.version)
    return LegalHoldOut.model_validate(hold)
