"""Every answer that a test receives is held against the contract: a test of anything is a test of the contract."""

import json
import re
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]  # ships no types
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = "urn:sitthi:contract"
SHOWN = 20
OPTIONAL_HEADERS = {"Idempotency-Replayed"}
DECISIONS = {"evaluate", "evaluateMany"}
"""They take what their schema does not describe: by AuthZEN that is ignored, or a no."""


class Contract:
    """An OpenAPI document that answers are checked against."""

    def __init__(self, document: dict[str, Any]) -> None:
        resource = Resource.from_contents(document, default_specification=DRAFT202012)
        self.registry: Any = Registry().with_resource(ROOT, resource)
        self.document = document
        paths = sorted(document["paths"], key=lambda path: (path.count("{"), path))
        self.templates = [(path, re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))) for path in paths]
        self.validators: dict[str, Draft202012Validator] = {}

    def check(self, answer: httpx.Response) -> None:
        """Fails unless the contract says that this operation may answer so."""
        found = self._find(answer.request.method, answer.request.url.path)
        if found is None:
            assert answer.status_code in {404, 405}, (
                f"{answer.request.method} {answer.request.url.path} is not described"
            )
            return
        where, operation = found
        told = f"{operation['operationId']} answered {answer.status_code}"
        assert str(answer.status_code) in operation["responses"], f"{told}, which the contract does not name"
        where = [*where, "responses", str(answer.status_code)]
        response = operation["responses"][str(answer.status_code)]
        if "$ref" in response:
            where = response["$ref"].split("/")[1:]
            response = self.document["components"]["responses"][where[-1]]
        for name in response["headers"].keys() - OPTIONAL_HEADERS:
            assert name in answer.headers, f"{told} without {name}"
        assert "ETag" in response["headers"] or "ETag" not in answer.headers, f"{told} with an ETag"
        if answer.request.method != "HEAD":
            self._check_body(answer, response, where, told)
        if answer.is_success and not _rejects_rows(answer) and operation["operationId"] not in DECISIONS:
            self._check_request(answer.request, found)

    def _find(self, method: str, path: str) -> tuple[list[str], dict[str, Any]] | None:
        name = "get" if method == "HEAD" else method.lower()
        for template, pattern in self.templates:
            if pattern.fullmatch(path) and name in self.document["paths"][template]:
                return ["paths", template, name], self.document["paths"][template][name]
        return None

    def _check_body(self, answer: httpx.Response, response: dict[str, Any], where: list[str], told: str) -> None:
        media_type = answer.headers.get("content-type", "").split(";")[0]
        if "content" not in response:
            assert not answer.content, f"{told} with a body"
            return
        assert media_type in response["content"], f"{told} as {media_type!r}"
        if media_type == "application/problem+json":
            code = answer.json()["code"]
            assert code in response["x-problem-codes"], f"{told} {code}, which the contract does not name"
        if media_type.endswith("json"):
            self._validate(answer.json(), [*where, "content", media_type, "schema"], told)

    def _check_request(self, request: httpx.Request, found: tuple[list[str], dict[str, Any]]) -> None:
        """What was taken is what the contract describes."""
        where, operation = found
        if request.content and "requestBody" in operation:
            told = f"{operation['operationId']} took a body"
            self._validate(
                json.loads(request.content), [*where, "requestBody", "content", "application/json", "schema"], told
            )

    def _validate(self, value: Any, where: list[str], told: str) -> None:
        pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in where)
        if pointer not in self.validators:
            schema = {"$ref": f"{ROOT}#/{pointer}"}
            self.validators[pointer] = Draft202012Validator(
                schema, registry=self.registry, format_checker=FormatChecker()
            )
        for error in self.validators[pointer].iter_errors(_clipped(value)):
            place = "/".join(map(str, error.absolute_path))
            raise AssertionError(f"{told} that its schema does not describe, at /{place}: {error.message[:300]}")


@cache
def contract_of(app: Any) -> Contract:
    """The contract that an application serves."""
    return Contract(app.state.document)


def _rejects_rows(answer: httpx.Response) -> bool:
    """Whether the answer to a push names rows that are not as the contract wants them."""
    body = answer.json() if answer.content and answer.headers.get("content-type") == "application/json" else None
    return isinstance(body, dict) and bool(body.get("rejected"))


def _clipped(value: Any) -> Any:
    """The value with the first items of its lists: the five-thousandth says no more."""
    match value:
        case list():
            return [_clipped(item) for item in value[:SHOWN]]
        case dict():
            return {key: _clipped(item) for key, item in value.items()}
        case _:
            return value
