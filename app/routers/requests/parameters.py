"""What the routes of one request share."""

from typing import Annotated

from fastapi import Path, Response

from app.core.work import Work
from app.models.rights_request import RightsRequest
from app.routers.conditional import tag
from app.schemas.rights_requests import RequestOut
from app.schemas.types import Id
from app.services import request_views

RequestId = Annotated[Id, Path(description="The request's id")]


async def answer(work: Work, response: Response, request: RightsRequest, *, duplicate: bool = False) -> RequestOut:
    """A request as it stands now, with its ETag."""
    tag(response, request.version)
    return RequestOut.model_validate(await request_views.view(work, request, duplicate=duplicate))
