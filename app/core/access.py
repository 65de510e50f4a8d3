"""Access is declared where the unit of work is asked for, and denied where nothing is declared.

    work: Annotated[Work, allow(Permission.CONSENT_WITHDRAW, sees=consents.see)]

`GuardedRoute` refuses an undeclared endpoint at import. For each request it asks in this order: token, permission,
visibility, input and state; a body is not parsed before the permission is known. It opens the one transaction of the
request once the whole body is here, so that slow callers hold no connection, and commits it before the answer leaves.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Protocol

from fastapi import Depends, Request, Response
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from app.core.bodies import Received, bounded, check_kind, whole
from app.core.bodies import spooled as spooled_body
from app.core.idempotency import HEADER, REPLAYED, Answer, AnswerStore, Call, caller_of, identify_call, without
from app.core.spool import Spooled, SpoolReader
from app.core.strict_json import loads
from app.core.work import ANONYMOUS, PEOPLE, Actor, Lent, Work, Works
from app.domain.errors import (
    BodyTooLarge,
    DomainError,
    FieldError,
    Forbidden,
    InvalidInput,
    MalformedJson,
    NotFound,
    UnsupportedMediaType,
)
from app.domain.vocabulary import Permission

Sees = Callable[[Work, Mapping[str, str]], Awaitable[object]]
Names = Callable[[Work, Any], Awaitable[object]]
INPUT_ERRORS = (InvalidInput, MalformedJson, UnsupportedMediaType, BodyTooLarge, RequestValidationError)
BODY_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Access:
    """What a route asks for, and the problems beyond the general ones that it may answer.

    `direct`: its unit of work has no ORM session. `names`: as `sees`, of the body, before a kept answer is given again.
    `secrets`: members of the answer that are told once; a kept answer has null in their place.
    `spools`: the body is spooled, never whole in memory, and read by this.
    """

    permission: Permission | None
    reason: str | None = None
    sees: Sees | None = None
    names: Names | None = None
    raises: tuple[type[DomainError], ...] = ()
    body_limit: int = BODY_LIMIT
    writes: bool = True
    offline: bool = False
    direct: bool = False
    secrets: tuple[str, ...] = ()
    spools: SpoolReader | None = None


class Authenticator(Protocol):
    """Turns the `Authorization` headers of a request into an actor. Raises `InvalidToken`."""

    async def __call__(self, authorization: list[str]) -> Actor: ...


@dataclass(frozen=True)
class Desk:
    """What the routes need of the process; wired by `main.create_app` as `app.state.desk`.

    `revision`: the schema's revision that this code needs. `base_url`: the public address. `spools`: where bodies are
    spooled. `watchers`: where `/metrics` is.
    """

    authenticate: Authenticator
    works: Works
    answers: AnswerStore
    revision: str
    sandbox: bool
    base_url: str
    spools: Path
    watchers: Sequence[IPv4Network | IPv6Network]


def allow(
    permission: Permission,
    *,
    sees: Sees | None = None,
    names: Names | None = None,
    raises: tuple[type[DomainError], ...] = (),
    body_limit: int = BODY_LIMIT,
    direct: bool = False,
    secrets: tuple[str, ...] = (),
    spools: SpoolReader | None = None,
) -> Any:
    """A unit of work for actors with a permission. `sees` raises `NotFound` where the path names what they may not see.

    `names` does where the body does: who may see it no more is not told again what was answered then.
    `direct`: on the driver alone, for a hot path; `Work.session` can't be used.
    `secrets`: members of the answer that no repetition of the call tells again.
    `spools`: reads a body too large for memory once all of it is here; the endpoint takes it by `spooled`. Nobody waits
    for a connection meanwhile, and what is wrong with it is told after visibility.
    """
    return _marker(
        Access(permission, None, sees, names, raises, body_limit, direct=direct, secrets=secrets, spools=spools)
    )


def spooled() -> Any:
    """The body of a route that spools: a `Spooled`."""

    async def body_of_request(request: Request) -> Spooled:
        body: Spooled = request.scope["sitthi.spooled"]
        return body

    return Depends(body_of_request)


def public(
    reason: str, *, raises: tuple[type[DomainError], ...] = (), writes: bool = False, offline: bool = False
) -> Any:
    """A unit of work for anybody; nothing it writes is kept, unless `writes` (the sandbox).

    `offline`: it must be answered while the database is away, so not even the sandbox's clock is asked for.
    """
    return _marker(Access(None, reason=reason, raises=raises, writes=writes, offline=offline))


def _marker(access: Access) -> Any:
    async def work_of_request(request: Request) -> Work:  # not async, it would be run in a thread
        work: Work = request.scope["sitthi.work"]
        return work

    work_of_request.access = access  # type: ignore[attr-defined]  # read back by GuardedRoute
    return Depends(work_of_request)


class GuardedRoute(APIRoute):
    """A route that can't exist without a declared access."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        declared = [found for d in self.dependant.dependencies if (found := getattr(d.call, "access", None))]
        if len(declared) != 1:
            raise TypeError(f"{endpoint.__module__}.{endpoint.__name__} must declare its access exactly once")
        self.access: Access = declared[0]
        self.parameters = frozenset(_query_names(self.dependant))

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            desk: Desk = request.app.state.desk
            actor = await self._admit(desk, request)
            request_id = request.scope["sitthi.request_id"]
            async with self._received(desk, request) as received, self._open(desk.works, actor, request_id) as work:
                request.scope["sitthi.work"] = work
                try:
                    return await self._answer_once(desk, request, work, received, answer)
                except INPUT_ERRORS:
                    await work.begin_again()
                    await self._see(work, request)
                    raise

        return handle

    def _received(self, desk: Desk, request: Request) -> AbstractAsyncContextManager[Received]:
        """The body, for as long as it is worked on; more than the limit is not told before visibility."""
        if self.access.spools is not None:
            return spooled_body(request, self.access.body_limit, desk.spools, self.access.spools)
        return whole(request, self.access.body_limit)

    def _open(self, works: Works, actor: Actor, request_id: str) -> AbstractAsyncContextManager[Work]:
        if self.access.direct:
            return works.open_direct(actor, request_id)
        return works.open(actor, request_id, keep=self.access.writes, offline=self.access.offline)

    async def _admit(self, desk: Desk, request: Request) -> Actor:
        """The actor, once its permission for this route is known."""
        if self.access.permission is None:
            return ANONYMOUS
        actor = await self._authorise(desk, request)
        pack = desk.works.pack
        granting = {role for role in actor.roles if self.access.permission in pack.roles.get(role, frozenset())}
        return replace(actor, everyone=bool(granting - PEOPLE))

    async def _authorise(self, desk: Desk, request: Request) -> Actor:
        actor = await desk.authenticate(request.headers.getlist("authorization"))
        if self.access.permission is None or not actor.may(self.access.permission):
            raise Forbidden
        return actor

    async def _answer_once(
        self,
        desk: Desk,
        request: Request,
        work: Work,
        received: Received,
        answer: Callable[[Request], Awaitable[Response]],
    ) -> Response:
        self._check_parameters(request)
        body = self._parse(request, received)
        call = self._call(request, work.actor, body)
        if call is None:
            return await answer(request)
        if kept := await desk.answers.find(work, call):
            await self._see(work, request)
            if self.access.names is not None:
                await self.access.names(work, body)
            return Response(kept.body, kept.status, {**dict(kept.headers), REPLAYED: "true"})
        response = await answer(request)
        if 200 <= response.status_code < 300:
            headers = tuple((k, v) for k, v in response.headers.items() if k != "content-length")
            body = without(bytes(response.body), self.access.secrets)
            await desk.answers.keep(work, call, Answer(response.status_code, headers, body))
        return response

    async def _see(self, work: Work, request: Request) -> None:
        """Raises `NotFound` where the path names what the actor may not see, or what nothing can be named."""
        if self.access.sees is not None:
            _, wrong = request_params_to_args(self.dependant.path_params, request.path_params)
            if wrong:
                raise NotFound
            await self.access.sees(work, request.path_params)

    def _call(self, request: Request, actor: Actor, body: object) -> Call | None:
        if request.method != "POST" or self.access.permission is None:
            return None
        target = f"{request.url.path}?{request.url.query}"
        return identify_call(caller_of(actor), self.path_format, request.headers.getlist(HEADER), target, body)

    def _check_parameters(self, request: Request) -> None:
        given = Counter(name for name, _ in request.query_params.multi_items())
        if any(name not in self.parameters or times > 1 for name, times in given.items()):
            raise InvalidInput([FieldError("/query", "unknown_parameter")])

    def _parse(self, request: Request, received: Received) -> object:
        """Parse the body, and leave it where the framework looks for it. What has no fields takes `{}` or no body."""
        if isinstance(received, Exception):
            raise received
        if isinstance(received, Spooled):
            request.scope["sitthi.spooled"] = received
            return None
        if self.body_field is None and self.access.spools is None:
            if received is None or b"".join(received.split()) not in {b"", b"{}"}:
                raise InvalidInput([FieldError("", "unknown_field")])
            return None
        if received is None:
            raise BodyTooLarge
        if received:
            check_kind(request)
        parsed = loads(received) if received else {}
        request._body, request._json = received or b"{}", parsed  # where Starlette caches them
        return parsed


class RawRoute(GuardedRoute):
    """The hottest path: the endpoint takes the request itself and a unit of work for reading, and makes the answer.

    Token and permission are asked for as everywhere, and whose data it is about makes no difference to them. The
    framework reads no parameter and writes nothing.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        endpoint = self.endpoint

        async def handle(request: Request) -> Response:
            desk: Desk = request.app.state.desk
            actor = await self._authorise(desk, request)
            received = await bounded(request, self.access.body_limit)
            if received is None:
                raise BodyTooLarge
            request._body = received  # where Starlette caches it
            lent = Lent(desk.works.lane)
            async with lent as connection:
                work = desk.works.reading(connection, lent.let_go, actor, request.scope["sitthi.request_id"])
                answer: Response = await endpoint(request, work)
            return answer

        return handle


def _query_names(dependant: Any) -> list[str]:
    names = [field.alias for field in dependant.query_params]
    for inner in dependant.dependencies:
        names += _query_names(inner)
    return names
