"""Holidays, which deadlines pass over."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.core.access import GuardedRoute, allow
from app.core.work import Work
from app.domain.vocabulary import Permission
from app.schemas.holidays import AnnouncementIn, AnnouncementOut, YearOut
from app.schemas.types import CalendarYear
from app.services import holidays

router = APIRouter(prefix="/v1/holidays", route_class=GuardedRoute, tags=["holidays"])


@router.get("", operation_id="listHolidays", summary="The holidays of a year")
async def list_holidays(
    work: Annotated[Work, allow(Permission.CATALOGUE_READ)],
    year: Annotated[CalendarYear | None, Query(description="A year of the Common Era; by default this one")] = None,
) -> YearOut:
    """Each with where it is known from. A year whose list is missing knows fixed dates and announcements alone.

    Deadlines that meet such a year are `provisional`, and computed anew when its list is given.
    """
    return YearOut.model_validate(holidays.read(work, year))


@router.post("", operation_id="announceHolidays", summary="Announce holidays", status_code=201)
async def announce_holidays(
    body: AnnouncementIn, work: Annotated[Work, allow(Permission.HOLIDAY_ANNOUNCE)]
) -> AnnouncementOut:
    """Days that the cabinet has made holidays, or cancelled; with `year`, the whole list of that year. For good.

    The newest word about a day stands. Open requests that it concerns get new dates: each is told by the event
    `request.rescheduled` with the old and the new ones, and none is brought forward into the past.
    """
    return AnnouncementOut.of(await holidays.announce(work, body.announcement()))
