"""Each operation completed: security, headers, problems, examples and bounded parameters, all from its route."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.contract import problems
from app.contract.examples import example
from app.contract.headers import header
from app.contract.schemas import REF, Schema, name_enumerations, pascal, tidy, without_null
from app.core.access import GuardedRoute
from app.core.idempotency import HEADER, REPLAYED

Operation = dict[str, Any]
JSON = "application/json"


def routes(app: FastAPI) -> Iterator[tuple[str, str, GuardedRoute]]:
    """Path, method and route of every operation."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, GuardedRoute) or context.path_format is None:
            raise TypeError(f"{context.path} is not a guarded route")
        for method in sorted(route.methods or ()):
            yield context.path_format, method.lower(), route


def complete(operation: Operation, route: GuardedRoute, components: dict[str, Schema]) -> None:
    """Say about an operation what the framework doesn't know."""
    guarded = route.access.permission is not None
    operation["security"] = [{"bearer": []}] if guarded else []
    if route.access.permission is not None:
        operation["x-permission"] = route.access.permission.value
    for parameter in operation.get("parameters", ()):
        _complete_parameter(parameter, operation["operationId"], components)
    keyed = guarded and route.methods == {"POST"}
    if keyed:
        operation.setdefault("parameters", []).append({"$ref": f"#/components/parameters/{HEADER}"})
    if "requestBody" in operation:
        _complete_body(operation["requestBody"], components)
    _complete_answers(operation, route, components, keyed=keyed)


def _complete_parameter(parameter: dict[str, Any], owner: str, components: dict[str, Schema]) -> None:
    schema = without_null(parameter["schema"])
    parameter.setdefault("description", components.get(schema.get("$ref", "")[len(REF) :], {}).get("description", ""))
    schema.pop("description", None)
    tidy(schema, parameter["name"])
    name_enumerations({"properties": {parameter["name"]: schema}}, pascal(owner), components)
    parameter["schema"] = schema


def _complete_body(body: dict[str, Any], components: Mapping[str, Schema]) -> None:
    content = body["content"][JSON]
    content["schema"].pop("title", None)
    body["required"] = _needed(content["schema"], components)
    content.setdefault("example", example(content["schema"], components))


def _needed(schema: Schema, components: Mapping[str, Schema]) -> bool:
    """Whether there is a field that must be sent; a body without one may be left out."""
    if "$ref" in schema:
        return _needed(components[schema["$ref"].removeprefix(REF)], components)
    return all(_needed(branch, components) for branch in schema.get("anyOf", ())) and bool(
        schema.get("anyOf") or schema.get("required")
    )


def _complete_answers(operation: Operation, route: GuardedRoute, components: dict[str, Schema], *, keyed: bool) -> None:
    answers = {status: answer for status, answer in operation["responses"].items() if not _is_guess(answer)}
    for answer in answers.values():
        _complete_answer(answer, components, keyed=keyed)
    for status, kinds in problems.by_status(problems.codes_of(route, operation)).items():
        own = answers.get(status, {}).get("content")
        failure = problems.refer(kinds) if own is None else problems.response(kinds)
        answers[status] = failure if own is None else {**failure, "content": {**own, **failure["content"]}}
    operation["responses"] = dict(sorted(answers.items()))


def _is_guess(answer: dict[str, Any]) -> bool:
    """Whether this is the framework's own idea of an invalid input."""
    reference = answer.get("content", {}).get(JSON, {}).get("schema", {}).get("$ref", "")
    return bool(reference == f"{REF}HTTPValidationError")


def _complete_answer(answer: dict[str, Any], components: dict[str, Schema], *, keyed: bool) -> None:
    answer["headers"] = {"X-Request-ID": header("X-Request-ID")}
    if keyed:
        answer["headers"][REPLAYED] = header(REPLAYED)
    for media_type, content in answer.get("content", {}).items():
        schema = content.setdefault("schema", {})
        if media_type != JSON:
            content["schema"] = schema = {"type": "string", "contentMediaType": media_type}
        tidy(schema)
        component = components.get(schema.get("$ref", "").removeprefix(REF), {})
        if component.get("properties", {}).get("version", {}).get("type") == "integer":
            answer["headers"]["ETag"] = header("ETag")
        if answer["description"] == "Successful Response":
            answer["description"] = component.get("description", "The page or file.")
        content.setdefault("example", example(schema, components, answer=True))
    if answer["description"] == "Successful Response":
        answer["description"] = "Done; no content."
