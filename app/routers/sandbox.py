"""The sandbox's own routes: tokens, outbox, clock, reset. They do not exist in production."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.core.access import Desk, GuardedRoute, public
from app.core.sandbox_issuer import TOKEN_SECONDS, SandboxIssuer
from app.core.work import PEOPLE, Work
from app.domain.errors import Unavailable
from app.domain.vocabulary import Assurance, Role
from app.schemas.sandbox import ClockMove, ClockOut, Outbox, SentMessageOut, TokenOut, TokenRequest
from app.schemas.types import Ref
from app.services import sandbox

router = APIRouter(prefix="/sandbox", route_class=GuardedRoute, tags=["sandbox"])
Open = Annotated[Work, public("the sandbox needs no token", writes=True)]


@router.post("/tokens", operation_id="makeSandboxToken", summary="Make an access token")
async def make_token(request: Request, body: TokenRequest, work: Open) -> TokenOut:  # noqa: ARG001  (declares access)
    """A token for any role, person or system, signed like a real one."""
    issuer: SandboxIssuer = request.app.state.issuer
    roles = body.all_roles
    system = body.system or ("core_banking" if Role.CORE_BANKING in roles else None)
    default_assurance = Assurance.SUBSTANTIAL if PEOPLE & set(roles) else None
    assurance = body.assurance or default_assurance
    token = issuer.issue(
        sub=body.sub or body.subject_ref or system or f"sandbox-{roles[0]}",
        roles=roles,
        subject_ref=body.subject_ref,
        system=system,
        acr=assurance,
    )
    return TokenOut(access_token=token, expires_in=TOKEN_SECONDS)


@router.get("/outbox", operation_id="readSandboxOutbox", summary="Codes and messages that would have been sent")
async def read_outbox(work: Open, to: Annotated[Ref | None, Query(description="A subject_ref")] = None) -> Outbox:
    """The newest 200 messages, newest first, with their one-time codes."""
    return Outbox(items=[SentMessageOut.model_validate(sent) for sent in await sandbox.read_outbox(work, to)])


@router.get("/clock", operation_id="readSandboxClock", summary="The sandbox's clock")
async def read_clock(work: Open) -> ClockOut:
    """The instant that everything but tokens and idempotency lives by."""
    return ClockOut(now=work.now, catching_up=await sandbox.is_catching_up(work))


@router.post(
    "/clock",
    operation_id="moveSandboxClock",
    summary="Move the sandbox's clock",
    responses={202: {"model": ClockOut, "description": "Still catching up; a GET shows how far it has come"}},
)
async def move_clock(
    request: Request,
    response: Response,
    body: ClockMove,
    work: Annotated[Work, public("the sandbox needs no token", raises=(Unavailable,), writes=True, offline=True)],
) -> ClockOut:
    """Moves the clock forward or back; it ticks on from there. What fell due on the way has happened when this answers.

    In order of due time, each at its own instant. What takes longer than 30 seconds goes on after a 202.
    """
    desk: Desk = request.app.state.desk
    moved = await sandbox.move_clock(desk.works, work.request_id, advance=body.advance, at=body.at)
    response.status_code = 202 if moved.catching_up else 200
    return ClockOut(now=moved.now, catching_up=moved.catching_up)


@router.post(
    "/reset", operation_id="resetSandbox", summary="Empty the sandbox", status_code=204, response_class=Response
)
async def reset(work: Open) -> None:
    """As freshly migrated, with the real clock. Tokens that were made stay valid."""
    await sandbox.reset(work)
