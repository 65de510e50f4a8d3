"""Examples are true: they fit their schemas, and what they send is taken."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]  # ships no types

from app.contract.examples import WRITTEN, example, with_nulls
from app.contract.operations import routes
from tests.contract.test_document import all_routers, operations, resolved
from tests.support.contract import Contract

Document = dict[str, Any]


def bodies(document: Document, operation: dict[str, Any]) -> list[dict[str, Any]]:
    """Every media type object of an operation, of the request and of each answer."""
    parts = [
        operation.get("requestBody", {}),
        *(resolved(document, answer) for answer in operation["responses"].values()),
    ]
    return [content for part in parts for content in part.get("content", {}).values()]


def examples_of(document: Document, content: dict[str, Any]) -> list[Any]:
    if "example" in content:
        return [content["example"]]
    return [resolved(document, one)["value"] for one in content["examples"].values()]


def test_every_body_of_every_operation_has_an_example(document: Document) -> None:
    for name, operation in operations(document):
        for content in bodies(document, operation):
            assert "example" in content or content.get("examples"), name


def test_every_example_fits_its_schema(document: Document) -> None:
    registry = Contract(document).registry
    for name, operation in operations(document):
        for content in bodies(document, operation):
            schema = absolute(content["schema"])
            validator = Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())
            for value in examples_of(document, content):
                faults = [f"{name} {error.json_path}: {error.message}" for error in validator.iter_errors(value)]
                assert faults == []


def absolute(schema: Any) -> Any:
    match schema:
        case {"$ref": str(reference), **rest}:
            return {"$ref": f"urn:sitthi:contract{reference}", **rest}
        case dict():
            return {key: absolute(value) for key, value in schema.items()}
        case list():
            return [absolute(value) for value in schema]
        case _:
            return schema


def test_every_example_of_a_request_is_taken_by_its_model(document: Document) -> None:
    tried = 0
    for path, method, route in routes(all_routers()):
        operation = document["paths"][path][method]
        if route.body_field is None:
            continue
        for value in examples_of(document, operation["requestBody"]["content"]["application/json"]):
            _, faults = route.body_field.validate(value, {}, loc=("body",))
            assert faults == [], f"{operation['operationId']} {[(f['loc'], f['type']) for f in faults]}"
            tried += 1
    assert tried > 10


def test_every_written_example_is_shown_somewhere(document: Document) -> None:
    assert set(WRITTEN) <= set(document["components"]["schemas"])
    shadowed = [name for name in WRITTEN if document["components"]["schemas"][name].get("examples")]
    assert shadowed == []


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "format": "date"}, "2026-11-20"),
        ({"type": "string", "enum": ["open", "closed"]}, "open"),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "default": 7, "minimum": 5}, 7),
        ({"type": "boolean"}, False),
        ({"const": "in_person"}, "in_person"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None),
        ({"type": "array", "items": {"type": "boolean"}}, [False]),
        ({"$ref": "#/components/schemas/Thing"}, {"needed": False}),
        ({"type": "object", "properties": {"first": {"type": "boolean"}, "second": {}}}, {"first": False}),
    ],
)
def test_what_nobody_wrote_is_made_from_the_schema(schema: dict[str, Any], value: object) -> None:
    thing = {"type": "object", "required": ["needed"], "properties": {"needed": {"type": "boolean"}, "more": {}}}
    assert example(schema, {"Thing": thing}) == value


def test_a_known_name_gives_a_known_value_where_it_fits() -> None:
    assert example({"type": "string"}, {}, "subject_ref") == "M-000123"
    assert example({"type": "integer"}, {}, "subject_ref") == 0
    assert example({"anyOf": [{"type": "string"}, {"type": "null"}]}, {}, "subject_ref") == "M-000123"
    assert example({"type": "string", "enum": ["erasure"]}, {}, "kind") == "erasure"


def test_a_model_s_own_example_wins() -> None:
    assert example({"$ref": "#/components/schemas/TaskOut"}, {"TaskOut": {"examples": [{"own": True}]}}) == {
        "own": True
    }


def test_the_nulls_of_a_model_s_own_example_are_given_back() -> None:
    inner = {
        "type": "object",
        "required": ["until"],
        "properties": {"until": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
    }
    schema = {
        "type": "object",
        "required": ["name", "held"],
        "properties": {
            "name": {"type": "string"},
            "held": {"type": "array", "items": {"$ref": "#/components/schemas/In"}},
            "more": {},
        },
    }
    assert with_nulls({"name": "a", "held": [{}]}, schema, {"In": inner}) == {"name": "a", "held": [{"until": None}]}
