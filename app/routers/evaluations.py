"""The decision API: OpenID AuthZEN Authorization API 1.0 (API 7)."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from app.core.access import Desk, GuardedRoute, RawRoute, allow, public
from app.core.strict_json import check_content_encoding, check_content_type, loads
from app.core.work import Work
from app.domain.errors import FieldError, MalformedRequest, UnsupportedMediaType
from app.domain.vocabulary import Permission
from app.schemas.evaluations import AuthzenConfiguration, EvaluationOut, EvaluationsOut, many_questions, one_question
from app.services import evaluations

router = APIRouter(prefix="/access/v1", route_class=RawRoute, tags=["decisions"])
discovery = APIRouter(prefix="/.well-known", route_class=GuardedRoute, tags=["decisions"])
Deciding = Annotated[Work, allow(Permission.DECISION_EVALUATE, raises=(MalformedRequest,))]


@router.post(
    "/evaluation",
    operation_id="evaluate",
    summary="May this personal data be processed?",
    responses={200: {"model": EvaluationOut}},
    openapi_extra=one_question(),
)
async def evaluate(request: Request, work: Deciding) -> Response:
    """Yes or no as the records stand at this instant, with every reason in both languages. Unknown members are ignored."""
    desk: Desk = request.app.state.desk
    return _answer(await evaluations.evaluate(work, await _payload(request), desk.works.settle))


@router.post(
    "/evaluations",
    operation_id="evaluateMany",
    summary="Up to 1,000 such questions at once",
    responses={200: {"model": EvaluationsOut}},
    openapi_extra=many_questions(),
)
async def evaluate_many(request: Request, work: Deciding) -> Response:
    """Answered in their order. Members at the top stand in for those that an evaluation leaves out."""
    desk: Desk = request.app.state.desk
    return _answer(await evaluations.evaluate_many(work, await _payload(request), desk.works.settle))


@discovery.get("/authzen-configuration", operation_id="getAuthzenConfiguration", summary="Where decisions are made")
async def get_configuration(
    request: Request,
    work: Annotated[Work, public("metadata of the decision point is there to be found", offline=True)],  # noqa: ARG001  (declares access)
) -> AuthzenConfiguration:
    """The metadata document of AuthZEN 1.0, for the public address of this deployment."""
    desk: Desk = request.app.state.desk
    return AuthzenConfiguration.of(desk.base_url)


async def _payload(request: Request) -> object:
    """The JSON of the body. AuthZEN knows one status for all that is malformed: 400."""
    try:
        check_content_type(request.headers.get("content-type"))
        check_content_encoding(request.headers.get("content-encoding"))
    except UnsupportedMediaType:
        raise MalformedRequest([FieldError("/header/content-type", "not_allowed")]) from None
    body = await request.body()
    if not body:
        raise MalformedRequest([FieldError("", "missing")])
    return loads(body)


def _answer(text: str) -> Response:
    return Response(text.encode(), media_type="application/json")
