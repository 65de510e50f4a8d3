"""The contract as it is served, a reader for it that needs nothing from elsewhere, and a page for each problem type."""

from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from app.core.access import GuardedRoute, public
from app.core.problems import PROBLEM_TYPES, page
from app.core.work import Work
from app.domain.errors import NotFound

router = APIRouter(route_class=GuardedRoute, tags=["documentation"])
Open = Annotated[Work, public("documentation is there to be read", offline=True)]
ASSETS = {
    "page.css": "text/css",
    "start.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
NOTHING_ELSE = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'self'; img-src data:"
)
READER = f"{NOTHING_ELSE}; script-src 'self'; connect-src 'self'"
KEPT = {"Cache-Control": "public, max-age=604800"}


@router.get(
    "/openapi.json",
    operation_id="getOpenapi",
    summary="This document",
    response_class=JSONResponse,
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}, "example": {"openapi": "3.1.0"}}}}},
)
async def get_openapi(request: Request, work: Open) -> Response:  # noqa: ARG001  (declares access)
    """The contract of this very deployment, OpenAPI 3.1; `openapi/openapi.yaml` of the source is the published one."""
    return JSONResponse(request.app.state.document)


@router.get("/docs", operation_id="readDocumentation", summary="This document, for people", response_class=HTMLResponse)
async def read_documentation(work: Open) -> Response:  # noqa: ARG001  (declares access)
    """Swagger UI, served from here alone."""
    return HTMLResponse(_asset("index.html"), headers={"Content-Security-Policy": READER})


@router.get(
    "/docs/{asset}",
    operation_id="getDocumentationAsset",
    summary="A script or style sheet of the documentation",
    response_class=Response,
    responses={200: {"content": {"text/css": {}, "text/javascript": {}}}},
)
async def get_asset(
    asset: Annotated[str, Path(description="Name of the file", examples=["page.css"])],
    work: Open,  # noqa: ARG001  (declares access)
) -> Response:
    """May be kept for a week."""
    if asset not in ASSETS:
        raise NotFound
    return Response(_asset(asset), media_type=ASSETS[asset], headers=KEPT)


@router.get(
    "/problems/{code}", operation_id="readProblem", summary="What a problem type means", response_class=HTMLResponse
)
async def read_problem(
    code: Annotated[str, Path(description="Code of the problem type", examples=["not_found"])],
    work: Open,  # noqa: ARG001  (declares access)
) -> Response:
    """What happened, and what to do about it, in Thai and English: where the `type` of a problem document leads."""
    if code not in PROBLEM_TYPES:
        raise NotFound
    return HTMLResponse(page(PROBLEM_TYPES[code]), headers={"Content-Security-Policy": NOTHING_ELSE})


@cache
def _asset(name: str) -> bytes:
    return files("app").joinpath("docs_ui", name).read_bytes()
