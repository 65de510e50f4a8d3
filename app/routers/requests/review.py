"""Proof of identity, assessment and decision."""

from typing import Annotated

from fastapi import APIRouter, Response

from app.core.access import GuardedRoute, allow
from app.core.notifying import Via
from app.core.work import Work
from app.domain.errors import (
    AssessmentStale,
    CodeExpired,
    CodeWrong,
    ContactMissing,
    DecisionUnlawful,
    FourEyesRequired,
    GroundNotValid,
    IdentityLocked,
    IllegalTransition,
    ItemsIncomplete,
    OutcomeMismatch,
    VersionConflict,
)
from app.domain.vocabulary import Permission
from app.routers.conditional import IfMatch
from app.routers.requests.parameters import RequestId, answer
from app.schemas.assessments import AssessmentOut
from app.schemas.rights_requests import ChallengeIn, ChallengeOut, CodeProof, DecisionIn, IdentityProof, RequestOut
from app.services import assessments, decisions, identity
from app.services.rights_requests import see

router = APIRouter(prefix="/v1/requests/{request_id}", route_class=GuardedRoute, tags=["requests"])
DECISION = (
    VersionConflict,
    IllegalTransition,
    AssessmentStale,
    ItemsIncomplete,
    OutcomeMismatch,
    GroundNotValid,
    DecisionUnlawful,
    FourEyesRequired,
)


@router.post("/identity/challenges", operation_id="sendIdentityCode", summary="Send a one-time code", status_code=201)
async def send_code(
    request_id: RequestId,
    body: ChallengeIn,
    if_match: IfMatch,
    work: Annotated[
        Work,
        allow(
            Permission.REQUEST_IDENTIFY,
            sees=see,
            raises=(IllegalTransition, IdentityLocked, ContactMissing, VersionConflict),
        ),
    ],
) -> ChallengeOut:
    """Goes only to a contact that the core banking system registered; lives ten minutes; an older code ends.

    Ends too when that contact is no longer registered.
    """
    return ChallengeOut.model_validate(await identity.challenge(work, request_id, Via(body.via), if_match))


@router.post("/identity/verifications", operation_id="verifyIdentity", summary="Prove identity")
async def verify_identity(
    request_id: RequestId,
    body: IdentityProof,
    response: Response,
    if_match: IfMatch,
    work: Annotated[
        Work,
        allow(
            Permission.REQUEST_IDENTIFY,
            sees=see,
            raises=(IllegalTransition, IdentityLocked, CodeExpired, CodeWrong, VersionConflict),
        ),
    ],
) -> RequestOut:
    """By the one-time code, or by staff who saw the person and a document. The fifth wrong code locks."""
    if isinstance(body, CodeProof):
        request = await identity.verify_code(work, request_id, body.challenge_id, body.code, if_match)
    else:
        seen = body.document
        request = await identity.verify_in_person(work, request_id, seen.kind, seen.last4, if_match)
    return await answer(work, response, request)


@router.get("/assessment", operation_id="readAssessment", summary="What law and pack say today")
async def read_assessment(
    request_id: RequestId, work: Annotated[Work, allow(Permission.REQUEST_READ_ASSESSMENT, sees=see)]
) -> AssessmentOut:
    """Item by item, with every reason; leaves no trace."""
    return AssessmentOut.of(await assessments.read(work, request_id))


@router.post("/assessment", operation_id="signAssessment", summary="Sign the assessment as it stands")
async def sign_assessment(
    request_id: RequestId,
    if_match: IfMatch,
    work: Annotated[Work, allow(Permission.REQUEST_ASSESS, sees=see, raises=(IllegalTransition, VersionConflict))],
) -> AssessmentOut:
    """The first pair of eyes, where the policy wants four."""
    return AssessmentOut.of(await assessments.sign(work, request_id, if_match))


@router.post("/decision", operation_id="decideRequest", summary="Decide a request")
async def decide_request(
    request_id: RequestId,
    body: DecisionIn,
    response: Response,
    if_match: IfMatch,
    work: Annotated[Work, allow(Permission.REQUEST_DECIDE, sees=see, raises=DECISION)],
) -> RequestOut:
    """Item by item, never against what law and pack say; without `items`, the proposal as it stands."""
    return await answer(work, response, await decisions.decide(work, request_id, body.decided(), if_match))
