"""Each operation completed: security, headers, problems, examples and bounded parameters, all from its route."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.contract import problems
from app.contract.examples import example
from app.contract.headers import header
from app.contract.schemas import REF, Schema, name_enumerations, pascal, tidy, without_null
from app.core.access import GuardedRoute, RawRoute
from app.core.idempotency import HEADER, REPLAYED

Operation = dict[str, Any]
Components = dict[str, dict[str, Any]]
JSON = "application/json"
MAX_FILE = 8 * 1024 * 1024
MAX_FILES = {"application/zip": 1 << 40}


def routes(app: FastAPI) -> Iterator[tuple[str, str, GuardedRoute]]:
    """Path, method and route of every operation."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, GuardedRoute) or context.path_format is None:
            raise TypeError(f"{context.path} is not a guarded route")
        for method in sorted(route.methods or ()):
            yield context.path_format, method.lower(), route


def complete(operation: Operation, route: GuardedRoute, components: Components) -> None:
    """Say about an operation what the framework doesn't know. Adds the examples that it refers to."""
    permission = route.access.permission
    operation["security"] = [{"bearer": []}] if permission else []
    if permission is not None:
        operation["x-permission"] = permission.value
    for parameter in operation.get("parameters", ()):
        _complete_parameter(parameter, operation["operationId"], components["schemas"])
    keyed = permission is not None and route.methods == {"POST"} and not isinstance(route, RawRoute)
    if keyed:
        operation.setdefault("parameters", []).append({"$ref": f"#/components/parameters/{HEADER}"})
    if body := operation.get("requestBody"):
        body["required"] = _needed(body["content"][JSON]["schema"], components["schemas"])
        _illustrate(body["content"][JSON], components)
    _complete_answers(operation, route, components, keyed=keyed)


def _complete_parameter(parameter: dict[str, Any], owner: str, schemas: dict[str, Schema]) -> None:
    schema = without_null(parameter["schema"])
    schema.pop("description", None)
    tidy(schema, parameter["name"])
    name_enumerations({"properties": {parameter["name"]: schema}}, pascal(owner), schemas)
    parameter["schema"] = schema


def _needed(schema: Schema, schemas: Mapping[str, Schema]) -> bool:
    """Whether there is a field that must be sent; a body without one may be left out."""
    if "$ref" in schema:
        return _needed(schemas[schema["$ref"].removeprefix(REF)], schemas)
    if branches := schema.get("anyOf") or schema.get("oneOf"):
        return all(_needed(branch, schemas) for branch in branches)
    return schema.get("type") == "array" or bool(schema.get("required"))


def _illustrate(content: dict[str, Any], components: Components) -> None:
    """Give a body an example for each of its models; operations share them."""
    schema = content["schema"]
    schema.pop("title", None)
    names = [
        one["$ref"].removeprefix(REF) for one in schema.get("anyOf") or schema.get("oneOf") or [schema] if "$ref" in one
    ]
    if "example" in content or "examples" in content:
        return
    if not names:
        content["example"] = example(schema, components["schemas"])
        return
    content["examples"] = {name: {"$ref": f"#/components/examples/{name}"} for name in names}
    for name in names:
        value = example({"$ref": REF + name}, components["schemas"])
        components["examples"].setdefault(name, {"value": value})


def _complete_answers(operation: Operation, route: GuardedRoute, components: Components, *, keyed: bool) -> None:
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


def _complete_answer(answer: dict[str, Any], components: Components, *, keyed: bool) -> None:
    headers = ["X-Request-ID", REPLAYED] if keyed else ["X-Request-ID"]
    told = "Done; no content."
    for media_type, content in answer.get("content", {}).items():
        schema = content.setdefault("schema", {})
        if media_type != JSON:
            longest = MAX_FILES.get(media_type, MAX_FILE)
            content["schema"] = {"type": "string", "contentMediaType": media_type, "maxLength": longest}
            content.setdefault("example", "…")
        component = components["schemas"].get(schema.get("$ref", "").removeprefix(REF), {})
        told = component.get("description", "The page or file.")
        if component.get("properties", {}).get("version", {}).get("type") == "integer":
            headers.append("ETag")
        _illustrate(content, components)
    if answer["description"] == "Successful Response":
        answer["description"] = told
    answer["headers"] = {**answer.get("headers", {}), **{name: header(name) for name in headers}}
