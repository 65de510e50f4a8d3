"""Whether the process lives, and whether it may be given work."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response

from app.core.access import Desk, GuardedRoute, public
from app.core.clock import MAX_SKEW
from app.core.receive_deadline import STOPPING
from app.core.work import ANONYMOUS, Work, Works
from app.schemas.types import OutModel
from app.services import readiness

router = APIRouter(route_class=GuardedRoute, tags=["health"])


class Alive(OutModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(OutModel):
    """Whether the service may be given work, check by check."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, Literal["ok", "failed"]]


@router.get("/healthz", operation_id="isAlive", summary="The process is alive")
async def is_alive(work: Annotated[Work, public("a probe carries no token", offline=True)]) -> Alive:  # noqa: ARG001  (declares access)
    """Answers as long as the process runs, whether or not its database does."""
    return Alive()


@router.get(
    "/readyz",
    operation_id="isReady",
    summary="The service may be given work",
    responses={503: {"model": Ready, "description": "Not ready"}},
)
async def is_ready(
    request: Request, response: Response, work: Annotated[Work, public("a probe carries no token", offline=True)]
) -> Ready:
    """Asks for the database, its schema, the clock, the policy, the workers and, in production, this year's holidays.

    `serving` fails once the process was told to stop: it answers what still comes, and wants nothing new.
    `policy` fails where something was published over the pack that this version of the service does not know.
    `workers` fails where something was due for five minutes and no worker lives that could do it."""
    desk: Desk = request.app.state.desk
    skewed = desk.works.clock.skew() > MAX_SKEW
    found = await readiness.check(work, desk.revision, production=not desk.sandbox)
    if found["schema"]:
        found["policy"] = await _knows_the_policy(desk.works)
    checks = {"serving": not hasattr(request.state, STOPPING), "clock": not skewed, **found}
    ready = all(checks.values())
    response.status_code = 200 if ready else 503
    return Ready(
        status="ready" if ready else "not_ready", checks={name: "ok" if ok else "failed" for name, ok in checks.items()}
    )


async def _knows_the_policy(works: Works) -> bool:
    """Whether units of work can be opened: each asks for the policy in force first."""
    try:
        async with works.open(ANONYMOUS, "readiness", keep=False):
            return True
    except Exception:
        return False
