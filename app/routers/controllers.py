"""Other controllers that portable data may go to."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor, NotFound, VersionConflict
from app.domain.vocabulary import Permission
from app.routers.conditional import IfMatch, tag
from app.routers.outbound import Out
from app.routers.pages import Cursor, Limit
from app.schemas.controllers import ControllerEntry, ControllerIn, ControllerPage
from app.schemas.types import Code
from app.services import controllers

router = APIRouter(prefix="/v1/controllers", route_class=GuardedRoute, tags=["controllers"])
ControllerCode = Annotated[Code, Path(description="What a request's `transfer_to` names")]


@router.get("", operation_id="listOtherControllers", summary="Other controllers that packages may go to")
async def list_controllers(
    work: Annotated[Work, allow(Permission.CONTROLLER_READ, raises=(BadCursor,))],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> ControllerPage:
    """By code."""
    return ControllerPage.model_validate(await controllers.page(work, cursor, limit))


@router.get("/{code}", operation_id="getOtherController", summary="One of them")
async def get_controller(
    code: ControllerCode,
    response: Response,
    work: Annotated[Work, allow(Permission.CONTROLLER_READ, sees=controllers.see, raises=(NotFound,))],
) -> ControllerEntry:
    """With its endpoint and its key."""
    found = await controllers.read(work, code)
    tag(response, found.version)
    return ControllerEntry.model_validate(found)


@router.put(
    "/{code}",
    operation_id="putOtherController",
    summary="Enter or replace one",
    responses={201: {"model": ControllerEntry, "description": "Entered"}},
)
async def put_controller(
    code: ControllerCode,
    body: ControllerIn,
    response: Response,
    if_match: IfMatch,
    outbound: Out,
    work: Annotated[Work, allow(Permission.CONTROLLER_WRITE, raises=(VersionConflict,))],
) -> ControllerEntry:
    """A direct transfer goes to no address that is not entered here, whoever asks for it."""
    controller, created = await controllers.put(work, outbound, code, body.entry(), if_match)
    response.status_code = 201 if created else 200
    tag(response, controller.version)
    return ControllerEntry.model_validate(controller)
