"""What every operation of the contract says about itself."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types
from openapi_spec_validator import validate

from app import contract
from app.contract.document import TAGS
from app.contract.operations import routes
from app.core.access import GuardedRoute, allow, public
from app.core.problems import PROBLEM_TYPES
from app.core.work import Work
from app.domain.errors import VersionConflict
from app.domain.vocabulary import Permission
from app.main import published_contract
from app.routers import ROUTERS, SANDBOX_ROUTERS
from tests.support.contract import DECISIONS

API_11 = {
    *("consent.granted", "consent.withdrawn", "consent.expired", "restriction.applied", "restriction.lifted"),
    *("objection.applied", "request.received", "request.identity_verified", "request.decided", "request.completed"),
    *("request.due_soon", "request.overdue", "disposal.approved", "disposal.completed", "task.created"),
    "notice.published",
}
"""What API.md lists."""
METHODS = ("get", "put", "post", "patch", "delete")
Document = dict[str, Any]


def operations(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in document["paths"].values():
        for method in METHODS:
            if method in path:
                yield path[method]["operationId"], path[method]


def answers(document: Document, operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, answer in operation["responses"].items():
        yield status, resolved(document, answer)


def resolved(document: Document, part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].split("/")[1:]:
            found = found[step]
        part = found
    return part


def nodes(value: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield place, value
        for key, inner in value.items():
            yield from nodes(inner, f"{place}/{key}")
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from nodes(inner, f"{place}/{position}")


def schemas(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every part of the document that types a value; examples, which are data, aside."""
    for place, node in nodes(document):
        if not re.search("/(examples?|value)(/|$)", place) and isinstance(node.get("type"), str) and "/schema" in place:
            yield place, node


def all_routers() -> FastAPI:
    app = FastAPI(openapi_url=None)
    for router in [*ROUTERS, *SANDBOX_ROUTERS]:
        app.include_router(router)
    return app


def test_the_document_is_valid_openapi_3_1(document: Document) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_route_is_an_operation_and_every_operation_a_route(document: Document) -> None:
    served = {(context.path_format, method.lower()) for context in iter_route_contexts(all_routers().routes)
              for method in context.methods or ()}  # fmt: skip
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert len(served) > 30
    assert described == served


def test_operation_ids_are_camel_case_and_unique(document: Document) -> None:
    found = [name for name, _ in operations(document)]
    assert [name for name in found if not re.fullmatch("[a-z]+([A-Z][a-z]*)*", name)] == []
    assert len(set(found)) == len(found)


def test_schema_names_are_pascal_case_so_that_clients_get_clean_classes(document: Document) -> None:
    assert [name for name in document["components"]["schemas"] if not re.fullmatch("([A-Z][a-z0-9]*)+", name)] == []


def test_every_operation_and_parameter_is_described(document: Document) -> None:
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["description"], name
        assert len(operation["tags"]) == 1, name
        for parameter in operation.get("parameters", ()):
            assert resolved(document, parameter).get("description"), f"{name} {parameter}"


def test_every_schema_and_every_tag_is_described(document: Document) -> None:
    assert [name for name, schema in document["components"]["schemas"].items() if not schema.get("description")] == []
    used = {op["tags"][0] for _, op in operations(document)} | {op["tags"][0] for _, op in webhooks(document)}
    assert {tag["name"] for tag in document["tags"]} == used == set(TAGS)


def webhooks(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for event, methods in document["webhooks"].items():
        yield event, methods["post"]


def test_each_type_of_event_that_systems_are_told_of_is_a_webhook_of_its_own_kind(document: Document) -> None:
    told = dict(webhooks(document))
    assert set(told) - {"webhook_endpoint.disabled"} == API_11
    for event, operation in told.items():
        assert operation["security"] == []
        assert operation["tags"] == ["webhook-events"], "shared with operations, generators would lose these"
        content = operation["requestBody"]["content"]["application/json"]
        schema = {**document, **resolved(document, content["schema"])}
        assert [error.message for error in Draft202012Validator(schema).iter_errors(content["example"])] == []
        assert content["example"]["type"] == event
        names = [resolved(document, one)["name"] for one in operation["parameters"]]
        assert names == ["webhook-id", "webhook-timestamp", "webhook-signature"]
    ids = [operation["operationId"] for operation in told.values()]
    assert len(set(ids) | {name for name, _ in operations(document)}) == len(ids) + len([*operations(document)])


def test_an_operation_asks_for_a_token_exactly_where_it_names_a_permission(document: Document) -> None:
    for name, operation in operations(document):
        guarded = "x-permission" in operation
        assert operation["security"] == ([{"bearer": []}] if guarded else []), name
        assert ({"401", "403"} <= operation["responses"].keys()) == guarded, name
        assert not guarded or operation["x-permission"] in set(Permission), name
    assert document["components"]["securitySchemes"]["bearer"]["bearerFormat"] == "JWT"
    assert "RFC8725" in document["components"]["securitySchemes"]["bearer"]["description"]


def test_every_reference_leads_somewhere(document: Document) -> None:
    references = [node["$ref"] for _, node in nodes(document) if "$ref" in node]
    assert len(references) > 500
    for reference in references:
        resolved(document, {"$ref": reference})


def test_every_component_is_referred_to(document: Document) -> None:
    references = {node["$ref"] for _, node in nodes(document) if "$ref" in node}
    parts = {
        f"#/components/{kind}/{name}"
        for kind, named in document["components"].items()
        for name in named
        if kind != "securitySchemes"
    }
    assert parts == references


def test_the_framework_s_own_error_shape_is_nowhere(document: Document) -> None:
    assert "HTTPValidationError" not in str(document)
    assert not {"ValidationError", "HTTPValidationError"} & document["components"]["schemas"].keys()


def test_every_failure_is_a_problem_document_with_its_codes(document: Document) -> None:
    for name, operation in operations(document):
        failures = {status: answer for status, answer in answers(document, operation) if status >= "400"}
        assert {"429", "500"} <= failures.keys(), name
        if name == "isReady":
            assert failures.pop("503")["content"].keys() == {"application/json"}, "what is not ready, check by check"
        for status, answer in failures.items():
            content = answer["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert content["examples"], f"{name} {status}"
            assert answer["x-problem-codes"], f"{name} {status}"
            assert {PROBLEM_TYPES[code].status for code in answer["x-problem-codes"]} == {int(status)}


def test_whatever_needs_the_database_may_be_unavailable(document: Document) -> None:
    for path, method, route in routes(all_routers()):
        told = dict(answers(document, document["paths"][path][method]))
        codes = told.get("503", {}).get("x-problem-codes", ())
        needed = not route.access.offline or path == "/sandbox/clock"  # which opens units of work of its own
        assert ("unavailable" in codes) is needed, path


def test_whatever_a_route_says_that_it_raises_is_documented(document: Document) -> None:
    for path, method, route in routes(all_routers()):
        operation = document["paths"][path][method]
        told = {code for status, answer in answers(document, operation) for code in answer.get("x-problem-codes", ())}
        assert {error.code for error in route.access.raises} <= told, operation["operationId"]


def test_a_body_brings_its_problems(document: Document) -> None:
    with_body = [operation for _, operation in operations(document) if "requestBody" in operation]
    assert len(with_body) > 10
    for operation in with_body:
        decided = operation["operationId"] in DECISIONS
        brought = {"400", "413"} if decided else {"400", "413", "415", "422"}
        assert brought <= operation["responses"].keys(), operation["operationId"]
        assert not decided or not {"415", "422"} & operation["responses"].keys(), "AuthZEN knows 400 alone"


def test_a_path_that_names_something_may_answer_that_there_is_no_such_thing(document: Document) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert "{" not in path or "404" in operation["responses"], operation["operationId"]


def test_post_with_a_permission_takes_an_idempotency_key_and_nothing_else_does(document: Document) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            names = [resolved(document, parameter)["name"] for parameter in operation.get("parameters", ())]
            keyed = method == "post" and "x-permission" in operation and operation["operationId"] not in DECISIONS
            assert ("Idempotency-Key" in names) == keyed, f"{method} {path}"
            assert ("idempotency_mismatch" in str(operation["responses"])) == keyed, f"{method} {path}"
            if keyed:
                good = next(answer for status, answer in answers(document, operation) if status.startswith("2"))
                assert "Idempotency-Replayed" in good["headers"]


def test_if_match_and_version_conflict_come_together(document: Document) -> None:
    found = 0
    for name, operation in operations(document):
        names = [resolved(document, parameter)["name"] for parameter in operation.get("parameters", ())]
        assert ("If-Match" in names) == ("412" in operation["responses"]), name
        found += "If-Match" in names
    assert found > 3


def test_every_answer_carries_the_request_id(document: Document) -> None:
    for name, operation in operations(document):
        for status, answer in answers(document, operation):
            assert "X-Request-ID" in answer["headers"], f"{name} {status}"


def test_every_text_list_and_number_is_bounded(document: Document) -> None:
    unbounded = []
    for place, schema in schemas(document):
        match schema["type"]:
            case "string":
                bounded = not schema.keys().isdisjoint({"maxLength", "enum", "const"})
            case "integer":
                bounded = {"minimum", "maximum", "format"} <= schema.keys()
            case "array":
                bounded = "maxItems" in schema
            case _:
                bounded = True
        if not bounded:
            unbounded.append(place)
    assert unbounded == []


def test_every_enumeration_has_a_name_and_no_second_one(document: Document) -> None:
    components = document["components"]["schemas"]
    inline = [
        place
        for place, node in schemas(document)
        if "enum" in node and place.removeprefix("/components/schemas/") not in components and "/headers/" not in place
    ]
    assert inline == []
    named = [tuple(schema["enum"]) for schema in components.values() if "enum" in schema]
    assert len(set(named)) == len(named)


def test_no_parameter_is_said_to_take_null(document: Document) -> None:
    for _, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            assert "null" not in str(resolved(document, parameter)["schema"]), parameter


def test_a_body_whose_fields_are_all_optional_may_be_left_out(document: Document) -> None:
    assert document["paths"]["/v1/requests/{request_id}/cancellation"]["post"]["requestBody"]["required"] is False
    assert document["paths"]["/v1/requests/{request_id}/decision"]["post"]["requestBody"]["required"] is True


def test_resources_with_a_version_are_answered_with_an_etag(document: Document) -> None:
    request = document["paths"]["/v1/requests/{request_id}"]["get"]["responses"]["200"]
    policy = document["paths"]["/v1/policy"]["get"]["responses"]["200"]
    assert "ETag" in request["headers"]
    assert "ETag" not in policy["headers"]


def test_the_document_is_the_same_each_time(document: Document) -> None:
    assert published_contract() == document


def test_without_the_sandbox_its_operations_are_not_described() -> None:
    app = FastAPI(openapi_url=None)
    for router in ROUTERS:
        app.include_router(router)
    production = contract.document(app, "https://privacy.coop.example")
    assert not any(path.startswith("/sandbox") for path in production["paths"])
    assert "sandbox" not in {tag["name"] for tag in production["tags"]}
    assert production["servers"][0]["url"] == "https://privacy.coop.example"


def test_a_route_without_a_guard_stops_the_document() -> None:
    with pytest.raises(TypeError, match="not a guarded route"):
        contract.document(FastAPI(), "http://sitthi.test")


def test_what_a_route_declares_is_what_its_operation_says() -> None:
    router = APIRouter(route_class=GuardedRoute, tags=["health"])

    @router.get("/open", operation_id="readOpen")
    async def read_open(work: Annotated[Work, public("a test")]) -> None: ...

    @router.put("/shut", operation_id="writeShut")
    async def write_shut(work: Annotated[Work, allow(Permission.SUBJECT_WRITE, raises=(VersionConflict,))]) -> None: ...

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router)
    paths = contract.document(app, "http://sitthi.test")["paths"]
    assert set(paths["/open"]["get"]["responses"]) == {"200", "422", "429", "500", "503"}
    assert set(paths["/shut"]["put"]["responses"]) == {"200", "401", "403", "412", "422", "429", "500", "503"}
    assert paths["/shut"]["put"]["x-permission"] == "subject:write"
