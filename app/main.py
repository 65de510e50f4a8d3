"""The composition root: the one place that wires the process together."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from sqlalchemy import AsyncAdaptedQueuePool, text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.exceptions import HTTPException

from app import contract
from app.core.access import Desk, GuardedRoute
from app.core.authentication import Authentication
from app.core.clock import MAX_SKEW, Clock
from app.core.database import Lane
from app.core.edge import App, Edge, Scope
from app.core.jwks import RemoteKeys, StaticKeys
from app.core.notifying.channels import channels_of
from app.core.outbound import Outbound
from app.core.policies import Policies
from app.core.problems import HTTP_CODES, ProblemResponse, describe, headers_of, preferred_language
from app.core.sandbox_issuer import SandboxIssuer
from app.core.sealing import KeyRing
from app.core.settings import Settings
from app.core.signing import new_signing_key
from app.core.tokens import TokenRules, TokenVerifier
from app.core.work import ANONYMOUS, Works
from app.domain.errors import DomainError, FieldError, InvalidInput
from app.domain.policy import PolicyPack
from app.migrations.upgrade import newest_revision
from app.routers import ROUTERS, SANDBOX_ROUTERS
from app.schemas.types import error_code, pointer
from app.services import deployment, idempotency, last_rows, overlay
from app.services.metrics import Scrape
from app.workers import jobs
from app.workers.loop import Loop

CLOCK_SECONDS = 5
TRIAL_URL = "http://127.0.0.1:8000"
log = structlog.get_logger("sitthi.main")


class WrongMode(Exception):
    """The database remembers another mode than the one asked for."""


@dataclass(frozen=True)
class Process:
    """What one process of the service is made of, once its database, keys and pack have been found good.

    `background`: opens the units of work of the jobs, over connections that no request waits for.
    """

    settings: Settings
    works: Works
    background: Works
    verifier: TokenVerifier
    issuer: SandboxIssuer | None
    outbound: Outbound


async def prepare(
    settings: Settings,
    engine: AsyncEngine,
    lane: Lane,
    clock: Clock,
    pack: PolicyPack,
    ring: KeyRing,
    background: AsyncEngine | None = None,
) -> Process:
    """Wire a process to its migrated database; `background` is the engine of its jobs. Raises `WrongMode`."""
    await synchronise(engine, clock)
    policies, channels = Policies(pack, overlay.load), channels_of(settings)
    works = Works(engine, lane, clock, policies, ring, channels, deployment.STATE, last_rows.write)
    async with works.open(ANONYMOUS, "start") as work:
        mode = await deployment.claim(work, settings.mode)
        if mode != settings.mode:
            raise WrongMode(f"this database is for {mode}, and SITTHI_MODE says {settings.mode}")
        pem = await deployment.signing_key(work, new_signing_key().decode()) if settings.sandbox else None
    jobs_works = replace(works, engine=background or engine)
    outbound = Outbound(settings.outbound_allowed)
    seconds = lambda: clock.now().timestamp()  # noqa: E731  (one clock, read in the unit that tokens use)
    rules = TokenRules(
        issuer=settings.oidc_issuer or f"{settings.base_url}/sandbox",
        audience=settings.oidc_audience,
        roles_claim=settings.oidc_roles_claim,
        subject_ref_claim=settings.oidc_subject_ref_claim,
        system_claim=settings.oidc_system_claim,
    )
    if pem is not None:
        issuer = SandboxIssuer(pem.encode(), issuer=rules.issuer, audience=rules.audience, clock=seconds)
        return Process(
            settings, works, jobs_works, TokenVerifier(rules, StaticKeys([issuer.jwk]), seconds), issuer, outbound
        )
    keys = RemoteKeys(settings.oidc_jwks_url or "", seconds, algorithms=settings.oidc_algorithms)
    return Process(settings, works, jobs_works, TokenVerifier(rules, keys, seconds), None, outbound)


def create_app(process: Process, only: Sequence[APIRouter] | None = None) -> FastAPI:
    """The service as an ASGI application, or `only` some routes. Refuses a route whose access is not declared."""
    settings = process.settings
    app = _routed([*ROUTERS, *(SANDBOX_ROUTERS if settings.sandbox else [])] if only is None else only)
    authentication = Authentication(process.verifier, process.works.pack, settings.oidc_acr_levels)
    app.state.desk = Desk(
        authenticate=authentication,
        works=process.works,
        answers=idempotency,
        revision=newest_revision(),
        sandbox=settings.sandbox,
        base_url=settings.base_url,
        spools=settings.data_dir / "spool",
        watchers=settings.metrics_allow,
    )
    app.state.issuer = process.issuer
    app.state.scrape = Scrape(process.works, _connections(process))
    app.state.outbound = process.outbound
    app.state.document = contract.document(app, settings.base_url)
    problem = _problem_maker(settings.base_url)
    _handle_errors(app, problem)
    app.add_middleware(Edge, broken=_broken(problem), simulation=settings.sandbox)
    return app


def published_contract() -> dict[str, Any]:
    """The contract as `openapi/` publishes it: the sandbox's routes too, at the address of a trial. Needs no process."""
    return contract.document(_routed([*ROUTERS, *SANDBOX_ROUTERS]), TRIAL_URL)


def _routed(routers: Sequence[APIRouter]) -> FastAPI:
    app = FastAPI(
        title="Sitthi",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        strict_content_type=False,
        telemetry=None,
    )
    for router in routers:
        app.include_router(router)
    _refuse_undeclared(app)
    return app


def _connections(process: Process) -> Callable[[], dict[str, int]]:
    engines = {"requests": process.works.engine, "jobs": process.background.engine}
    return lambda: {
        "lane": process.works.lane.in_use,
        **{
            name: engine.pool.checkedout()
            for name, engine in engines.items()
            if isinstance(engine.pool, AsyncAdaptedQueuePool)
        },
    }


@asynccontextmanager
async def attended(process: Process, *, working: bool) -> AsyncIterator[Loop]:
    """Keeps the process's time, and does what falls due where it is `working`. At the end what is in hand is finished."""
    loop = Loop(process.background, jobs.of(process.settings, process.outbound) if working else ())
    keeping, running = asyncio.create_task(_keep_time(process)), asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        loop.stop()
        await asyncio.wait({running})
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def _keep_time(process: Process) -> None:
    clock, known, skewed = process.works.clock, True, False
    while True:
        before, known = known, await _synchronised(process)
        if before and not known:
            log.warning("clock_not_synchronised")
        if skewed is not (skewed := clock.skew() > MAX_SKEW):
            log.warning("clock_skewed" if skewed else "clock_right_again", seconds=round(clock.skew().total_seconds()))
        await asyncio.sleep(CLOCK_SECONDS)


async def _synchronised(process: Process) -> bool:
    try:
        await synchronise(process.works.engine, process.works.clock)
    except Exception:
        return False
    return True


async def synchronise(engine: AsyncEngine, clock: Clock) -> None:
    """Set the clock by the database."""
    async with engine.connect() as connection:
        now = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
        clock.synchronise(now.astimezone(UTC))


def _refuse_undeclared(app: FastAPI) -> None:
    for context in iter_route_contexts(app.routes):
        if not isinstance(context.original_route, GuardedRoute):
            raise TypeError(f"{context.path} is not a guarded route")


def _problem_maker(base_url: str) -> Callable[..., Response]:
    def make(
        scope: Scope, code: str, extras: dict[str, object] | None = None, headers: dict[str, str] | None = None
    ) -> Response:
        language = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
        return ProblemResponse(
            code,
            base_url=base_url,
            instance=f"urn:uuid:{scope['sitthi.request_id']}",
            language=preferred_language(language.decode("latin-1")),
            extras=extras,
            headers=headers,
        )

    return make


def _handle_errors(app: FastAPI, problem: Callable[..., Response]) -> None:
    """One table from errors to problem documents; nothing that was sent is sent back."""

    async def domain(request: Request, error: Exception) -> Response:
        assert isinstance(error, DomainError), "registered for it"  # noqa: S101  (Starlette types handlers loosely)
        code, extras = describe(error)
        return problem(request.scope, code, extras, headers_of(error))

    async def validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError), "registered for it"  # noqa: S101  (as above)
        faults = [FieldError(pointer(fault["loc"]), error_code(fault["type"])) for fault in error.errors()]
        return await domain(request, InvalidInput(_told(faults)))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException), "registered for it"  # noqa: S101  (as above)
        code = HTTP_CODES.get(error.status_code, "internal_error")
        headers = {"Allow": ", ".join(_allowed(app, request.url.path))} if code == "method_not_allowed" else None
        return problem(request.scope, code, None, headers)

    app.add_exception_handler(DomainError, domain)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, http)


def _told(faults: Sequence[FieldError]) -> list[FieldError]:
    """Each fault once; a list is not called too short for an item of it that is wrong itself."""
    return [
        one
        for one in dict.fromkeys(faults)
        if one.code != "too_short" or not any(other.pointer.startswith(f"{one.pointer}/") for other in faults)
    ]


def _allowed(app: FastAPI, path: str) -> list[str]:
    """Every method that some route of this path takes."""
    methods: set[str] = set()
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, GuardedRoute) and route.path_regex.match(path):
            methods |= route.methods or set()
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def _broken(problem: Callable[..., Response]) -> Callable[[Scope], App]:
    return lambda scope: problem(scope, "internal_error")
