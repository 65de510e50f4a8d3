"""The feed of events."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor
from app.domain.vocabulary import Permission
from app.routers.pages import MAX_CURSOR, Limit
from app.schemas.event_feed import EventPage
from app.services import event_feed
from app.services.events import EventType

router = APIRouter(prefix="/v1/events", route_class=GuardedRoute, tags=["events"])


@router.get("", operation_id="listEvents", summary="What happened, from a point on")
async def list_events(
    work: Annotated[Work, allow(Permission.EVENT_READ, raises=(BadCursor,))],
    type: Annotated[EventType | None, Query(description="Only of this type")] = None,
    after: Annotated[
        str | None,
        Query(max_length=MAX_CURSOR, description="`next_after` of an answer before; left out: from the start"),
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
) -> EventPage:
    """In the order in which they became visible, so that nothing ever appears below a point that was read.

    Keep `next_after` and ask again with it: the way to hear of everything without a webhook, or to catch up after one.
    It fits every `type`.
    """
    return EventPage.model_validate(await event_feed.page(work, type, after, limit))
