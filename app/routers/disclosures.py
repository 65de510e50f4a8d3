"""Disclosures to recipients."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.core.access import GuardedRoute, allow
from app.core.paging import DEFAULT_LIMIT
from app.core.work import Work
from app.domain.errors import BadCursor, NotFound
from app.domain.vocabulary import Permission
from app.routers.pages import Cursor, Limit
from app.schemas.disclosures import DisclosureIn, DisclosureOut, DisclosurePage
from app.schemas.types import Ref
from app.services import disclosures

router = APIRouter(prefix="/v1/disclosures", route_class=GuardedRoute, tags=["disclosures"])


@router.post("", operation_id="recordDisclosure", summary="Tell of a disclosure", status_code=201)
async def record_disclosure(
    body: DisclosureIn, work: Annotated[Work, allow(Permission.DISCLOSURE_WRITE, raises=(NotFound,))]
) -> DisclosureOut:
    """Kept as it is, whatever restriction, objection or erasure there is: it has happened.

    A correction of what was disclosed is sent on to the recipient through the system that told of it.
    """
    happened = body.happened(max(work.now, work.real_now))
    return DisclosureOut.model_validate(await disclosures.record(work, happened))


@router.get("", operation_id="listDisclosures", summary="To whom data was disclosed")
async def list_disclosures(
    work: Annotated[Work, allow(Permission.DISCLOSURE_READ, raises=(NotFound, BadCursor))],
    subject_ref: Annotated[Ref | None, Query(description="Whose data; a member's own where left out")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> DisclosurePage:
    """The last recorded first. People see those of their own data."""
    return DisclosurePage.model_validate(await disclosures.page(work, subject_ref, cursor, limit))
