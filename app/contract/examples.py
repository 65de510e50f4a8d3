"""An example for every body: its model's own, else the written one, else one made from its schema."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import yaml

from app.contract.schemas import REF, Schema

WRITTEN: Mapping[str, Any] = yaml.safe_load(files(__package__).joinpath("examples.yaml").read_text(encoding="utf-8"))
KNOWN: Mapping[str, object] = {
    "advance": "P30D",
    "categories": ["financial"],
    "code": "482915",
    "kind": "deposit",
    "language": "th",
    "last4": "1234",
    "note": "ยื่นพร้อมหนังสือมอบอำนาจ",
    "provision": "Civil Procedure Code s.90",
    "purpose": "account_opening",
    "reason": "อยู่ระหว่างการพิจารณาของศาล",
    "record_ref": "DEP-2015-000456",
    "record_refs": ["DEP-2015-000456"],
    "subject_ref": "M-000123",
    "system": "core_banking",
    "warnings": ["ret_loan_contract: our reading of clause 9.1(3) is not confirmed."],
}
"""Values by property name, taken where they fit the schema."""
FORMATS: Mapping[str, str] = {
    "date": "2026-11-20",
    "date-time": "2026-11-20T04:30:00Z",
    "email": "somying@member.example",
    "uri": "https://privacy.coop.example/",
    "uuid": "019ab2c4-7a10-7c3e-9f52-3d8b6a1e4c70",
}
_TYPES: Mapping[type, str] = {str: "string", int: "integer", list: "array"}


def example(schema: Schema, schemas: Mapping[str, Schema], name: str = "") -> Any:
    """A value of a schema that belongs to the property `name`."""
    if "$ref" in schema:
        return _of_component(schema["$ref"].removeprefix(REF), schemas, name)
    if "examples" in schema:
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    branches = schema.get("anyOf") or schema.get("oneOf")
    if branches:
        return None if {"type": "null"} in branches and name not in KNOWN else example(branches[0], schemas, name)
    known = KNOWN.get(name)
    if (
        schema.get("type") == _TYPES.get(type(known))
        and "format" not in schema
        and known in schema.get("enum", [known])
    ):
        return known
    return _by_type(schema, schemas, name)


def _of_component(key: str, schemas: Mapping[str, Schema], name: str) -> Any:
    if key in WRITTEN and "examples" not in schemas[key]:
        return with_nulls(WRITTEN[key], schemas[key], schemas)
    return example(schemas[key], schemas, name)


def _by_type(schema: Schema, schemas: Mapping[str, Schema], name: str) -> Any:
    match schema.get("type"):
        case "string":
            text = schema["enum"][0] if "enum" in schema else FORMATS.get(schema.get("format", ""), name or "…")
            return schema.get("default", text)
        case "integer" | "number":
            return schema.get("default", max(schema.get("minimum", 0), 0))
        case "boolean":
            return schema.get("default", False)
        case "array":
            return [example(schema["items"], schemas, name)]
        case "object":
            return _object(schema, schemas)
        case _:
            return None


def _object(schema: Schema, schemas: Mapping[str, Schema]) -> dict[str, Any]:
    """What must be there; where nothing must, the first property."""
    properties = schema.get("properties", {})
    wanted = schema.get("required") or list(properties)[:1]
    return {key: example(properties[key], schemas, key) for key in wanted}


def with_nulls(value: Any, schema: Schema, schemas: Mapping[str, Schema]) -> Any:
    """A written example with the nulls that its writer or the framework left out."""
    if "$ref" in schema:
        return with_nulls(value, schemas[schema["$ref"].removeprefix(REF)], schemas)
    if "anyOf" in schema:
        return with_nulls(value, schema["anyOf"][0], schemas)
    properties = schema.get("properties", {})
    match value:
        case list():
            return [with_nulls(item, schema.get("items", {}), schemas) for item in value]
        case dict() if properties:
            held = [key for key in properties if key in value or key in schema.get("required", ())]
            return {key: with_nulls(value.get(key), properties[key], schemas) for key in held}
        case _:
            return value
