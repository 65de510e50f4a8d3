"""The register of service levels."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from app.core.access import GuardedRoute, allow
from app.core.work import Work
from app.domain.vocabulary import Permission, RequestKind
from app.schemas.sla import FiguresPage, as_csv
from app.schemas.types import CalendarDate
from app.services import sla

router = APIRouter(prefix="/v1/registers", route_class=GuardedRoute, tags=["registers"])
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get(
    "/sla",
    operation_id="listServiceLevels",
    summary="Deadlines kept and missed",
    response_model=FiguresPage,
    responses=CSV,
)
async def list_service_levels(
    work: Annotated[Work, allow(Permission.REGISTER_READ)],
    since: Annotated[CalendarDate | None, Query(alias="from", description="First day of receipt")] = None,
    until: Annotated[CalendarDate | None, Query(description="Last day of receipt")] = None,
    kind: Annotated[RequestKind | None, Query(description="Only of this right")] = None,
    format: Annotated[Literal["json", "csv"], Query(description="How it is answered")] = "json",
) -> FiguresPage | Response:
    """By right, month of receipt and outcome; by default of the last twelve months.

    Decided in time is on or before the last day of deciding, completed in time on or before that of completing.
    """
    found = await sla.register(work, since, until, kind)
    if format == "csv":
        return Response(as_csv(found), media_type="text/csv")
    return FiguresPage.model_validate({"items": found})
