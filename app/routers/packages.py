"""Packages: whether they are ready, links to them, and the download."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response, StreamingResponse

from app.core.access import Desk, GuardedRoute, allow
from app.core.edge import ASKS_FOR_HEAD
from app.core.work import Work
from app.domain.errors import AssuranceInsufficient, NotFound
from app.domain.package_errors import LinkExpired, LinkUsed, PackageNotReady, PackageRemoved
from app.domain.vocabulary import Permission
from app.routers.requests.parameters import RequestId
from app.schemas.packages import PackageLinkOut, PackageOut
from app.services import package_links, packages
from app.services.package_links import Download
from app.services.rights_requests import see

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["packages"])
ZIP = "application/zip"
Token = Annotated[str, Path(description="Out of the link's `url`", pattern="^[A-Za-z0-9_-]{43}$", max_length=43)]


@router.get("/requests/{request_id}/package", operation_id="getPackage", summary="The package of a request")
async def get_package(
    request_id: RequestId, work: Annotated[Work, allow(Permission.PACKAGE_READ, sees=see, raises=(NotFound,))]
) -> PackageOut:
    """What was granted for access or portability, once every system has delivered; none is due for anything else."""
    return PackageOut.model_validate(await packages.read(work, request_id))


@router.post(
    "/requests/{request_id}/package/links",
    operation_id="makePackageLink",
    summary="Make a link to a package",
    status_code=201,
)
async def make_package_link(
    request: Request,
    request_id: RequestId,
    work: Annotated[
        Work,
        allow(
            Permission.PACKAGE_DOWNLOAD,
            sees=see,
            raises=(NotFound, AssuranceInsufficient, PackageNotReady, PackageRemoved),
            secrets=("url",),
        ),
    ],
) -> PackageLinkOut:
    """For the person themself, or an effective representative, as surely known as the right needs.

    Officers get one only where the request's `delivery` is `counter` or `post`.
    """
    made = await package_links.make(work, request_id)
    desk: Desk = request.app.state.desk
    return PackageLinkOut(url=f"{desk.base_url}/v1/packages/{made.token}", expires_at=made.expires_at)


@router.get(
    "/packages/{token}",
    operation_id="downloadPackage",
    summary="Download a package",
    response_class=Response,
    responses={200: {"description": "The package: a ZIP file.", "content": {ZIP: {"example": "PK…"}}}},
)
async def download_package(
    request: Request,
    token: Token,
    work: Annotated[
        Work,
        allow(
            Permission.PACKAGE_DOWNLOAD,
            sees=package_links.see,
            raises=(NotFound, AssuranceInsufficient, LinkUsed, LinkExpired, PackageRemoved),
        ),
    ],
) -> Response:
    """Once, to who made the link, with their bearer token besides. HEAD says how large it is, and uses nothing up."""
    asked = ASKS_FOR_HEAD in request.scope
    found = await package_links.take(work, token, use=not asked)
    if asked:
        return Response(None, headers=_headers(found), media_type=ZIP)
    desk: Desk = request.app.state.desk
    pieces = package_links.pieces(lambda: desk.works.open(work.actor, work.request_id), found)
    return StreamingResponse(pieces, headers=_headers(found), media_type=ZIP)


def _headers(found: Download) -> Mapping[str, str]:
    return {
        "Content-Length": str(found.size),
        "Content-Disposition": f'attachment; filename="{found.reference}.zip"',
    }
