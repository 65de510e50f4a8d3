"""What the `type` of a problem document leads to."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.core.access import GuardedRoute, public
from app.core.problems import PROBLEM_TYPES, page
from app.core.work import Work
from app.domain.errors import NotFound
from app.schemas.types import Code

router = APIRouter(route_class=GuardedRoute, tags=["documentation"])


@router.get(
    "/problems/{code}", operation_id="readProblem", summary="What a problem type means", response_class=HTMLResponse
)
async def read_problem(code: Code, work: Annotated[Work, public("documentation")]) -> HTMLResponse:  # noqa: ARG001  (declares access)
    """What happened, and what to do about it."""
    if code not in PROBLEM_TYPES:
        raise NotFound
    return HTMLResponse(page(PROBLEM_TYPES[code]))
