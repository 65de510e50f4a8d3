"""The register of service levels."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.core.access import GuardedRoute, allow
from app.core.work import Work
from app.domain.vocabulary import Permission, RequestKind
from app.routers.tables import Format, table, tabled
from app.schemas.sla import FiguresPage, figures_csv
from app.schemas.types import CalendarDate
from app.services import sla

router = APIRouter(prefix="/v1/registers", route_class=GuardedRoute, tags=["registers"])


@router.get(
    "/sla",
    operation_id="listServiceLevels",
    summary="Deadlines kept and missed",
    response_model=FiguresPage,
    responses=tabled("kind,month,outcome,received,decided_in_time"),
)
async def list_service_levels(
    work: Annotated[Work, allow(Permission.REGISTER_READ)],
    since: Annotated[CalendarDate | None, Query(alias="from", description="First day of receipt")] = None,
    until: Annotated[CalendarDate | None, Query(description="Last day of receipt")] = None,
    kind: Annotated[RequestKind | None, Query(description="Only of this right")] = None,
    format: Format = "json",
) -> FiguresPage | Response:
    """By right, month of receipt and outcome; by default of the last twelve months.

    Decided in time is on or before the last day of deciding, completed in time on or before that of completing.
    """
    found = await sla.register(work, since, until, kind)
    if format == "csv":
        return table(figures_csv(found), "sla")
    return FiguresPage.model_validate({"items": found})
