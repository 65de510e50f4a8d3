"""What is asked and answered about a request."""

from typing import Annotated

from fastapi import APIRouter

from app.core.access import GuardedRoute, allow
from app.core.work import Work
from app.domain.vocabulary import Permission
from app.routers.requests.parameters import RequestId
from app.schemas.messages import RequestMessages
from app.services import rights_requests
from app.services.rights_requests import see

router = APIRouter(prefix="/v1/requests/{request_id}", route_class=GuardedRoute, tags=["requests"])


@router.get("/messages", operation_id="getRequestMessages", summary="What was asked and answered about a request")
async def get_messages(
    request_id: RequestId, work: Annotated[Work, allow(Permission.REQUEST_READ, sees=see)]
) -> RequestMessages:
    """Questions, answers and reasons in order. Officers' reading is audited; auditors see that, not what, was said."""
    return RequestMessages.model_validate({"items": await rights_requests.messages_of(work, request_id)})
