"""No route without a declared access, and what is open is known by name."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI

from app.contract.operations import routes
from app.core.access import GuardedRoute, allow, public
from app.core.work import PEOPLE, Work
from app.domain.vocabulary import Permission
from app.main import Process, create_app
from app.routers import ROUTERS, SANDBOX_ROUTERS

OPEN = {
    "/.well-known/authzen-configuration", "/.well-known/jwks.json",
    "/docs", "/docs/{asset}", "/healthz", "/metrics", "/openapi.json", "/problems/{code}", "/readyz",
    "/v1/controller", "/v1/notices", "/v1/notices/{notice_id}", "/v1/receipt-schema", "/v1/rights",
}  # fmt: skip
GUARDED = APIRouter(route_class=GuardedRoute)
Read = Annotated[Work, allow(Permission.SUBJECT_READ)]
Anybody = Annotated[Work, public("a test")]


async def undeclared() -> None:
    """Asks for no work."""


async def declared_twice(work: Read, other: Anybody) -> None:
    """Asks for two kinds of work."""


def hidden(work: Read) -> None:
    """A dependency that asks for work on behalf of its endpoint."""


async def declared_elsewhere(nothing: Annotated[None, Depends(hidden)]) -> None:
    """Leaves the declaration to a dependency."""


@pytest.mark.parametrize("endpoint", [undeclared, declared_twice, declared_elsewhere])
def test_a_route_that_does_not_declare_its_access_exactly_once_can_not_be_defined(endpoint: object) -> None:
    with pytest.raises(TypeError, match="must declare its access exactly once"):
        GUARDED.get("/anything")(endpoint)  # type: ignore[type-var]  # the endpoints differ in their parameters


def test_an_application_with_a_route_of_another_class_does_not_start(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    careless = APIRouter()
    careless.get("/v1/everything")(undeclared)
    monkeypatch.setattr("app.main.ROUTERS", [*ROUTERS, careless])
    with pytest.raises(TypeError, match="/v1/everything is not a guarded route"):
        create_app(process)


def test_exactly_these_routes_are_open_to_everyone() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for router in ROUTERS:
        app.include_router(router)
    found = {path: route.access for path, _, route in routes(app) if route.access.permission is None}
    assert set(found) == OPEN
    assert all(access.reason and not access.writes for access in found.values())


def test_of_open_routes_only_those_of_the_sandbox_write() -> None:
    for router in SANDBOX_ROUTERS:
        for route in router.routes:
            assert isinstance(route, GuardedRoute)
            assert route.path.startswith("/sandbox/")


def test_who_is_named_in_the_body_of_a_people_s_call_must_be_seen_before_it_is_answered_again(process: Process) -> None:
    """A kept answer is given again only to who may still see the subject (API 1: a replay re-authorises)."""
    held = {one for role in PEOPLE for one in process.works.pack.roles[role]}
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for router in ROUTERS:
        app.include_router(router)
    asked = [
        (path, route.access.names is not None)
        for path, method, route in routes(app)
        if method == "post" and route.access.permission in held and route.body_field is not None
        if "subject_ref" in getattr(route.body_field.field_info.annotation, "model_fields", {})
    ]
    assert len(asked) > 3, "the calls are found"
    assert [path for path, named in asked if not named] == []
