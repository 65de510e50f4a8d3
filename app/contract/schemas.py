"""Schemas as generated clients want them: enumerations with names, everything bounded, no titles that repeat the key."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Schema = dict[str, Any]

INT32 = 2_147_483_647
MAX_ITEMS = 100_000
MAX_TEXT = 4_000
LENGTHS = {"uuid": 36, "date": 10, "date-time": 35, "uri": 2_048}
TEXT_LENGTHS = {"th": 100_000, "en": 100_000}
REF = "#/components/schemas/"


def walk(schema: Schema, name: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema inside one, itself first, with the name of the property that it belongs to."""
    yield name, schema
    for key, inner in schema.get("properties", {}).items():
        yield from walk(inner, key)
    if isinstance(schema.get("items"), dict):
        yield from walk(schema["items"], name)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from walk(schema["additionalProperties"], f"{name}_value")
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for inner in schema.get(key, ()):
            yield from walk(inner, name)


def tidy(schema: Schema, name: str = "") -> None:
    """Take away titles, and bound what its model leaves unbounded."""
    for key, inner in walk(schema, name):
        inner.pop("title", None)
        match inner.get("type"):
            case "string":
                _bound_string(inner, key)
            case "integer":
                _bound_integer(inner)
            case "array":
                inner.setdefault("maxItems", MAX_ITEMS)
            case _:
                pass


def _bound_string(schema: Schema, name: str) -> None:
    if not {"enum", "const", "maxLength"} & schema.keys():
        default = TEXT_LENGTHS.get(name, MAX_TEXT)
        schema["maxLength"] = LENGTHS.get(schema.get("format", ""), default)


def _bound_integer(schema: Schema) -> None:
    lowest = schema.setdefault("minimum", -INT32 - 1)
    highest = schema.setdefault("maximum", INT32)
    small = lowest >= -INT32 - 1 and highest <= INT32
    schema.setdefault("format", "int32" if small else "int64")


def without_null(schema: Schema) -> Schema:
    """A parameter's schema: it is given or left out, never null."""
    branches = [branch for branch in schema.get("anyOf", ()) if branch.get("type") != "null"]
    if not branches:
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**rest, **branches[0]} if len(branches) == 1 else {**rest, "anyOf": branches}


def name_enumerations(schema: Schema, owner: str, components: dict[str, Schema]) -> None:
    """Move each enumeration inside a schema to a component of its own, named for its owner and property.

    One with the same values as a component becomes a reference to that.
    """
    for name, inner in list(walk(schema)):
        if "enum" in inner and inner is not components.get(owner):
            key = _same_values(inner["enum"], components) or pascal(re.sub("(In|Out)$", "", owner), name)
            component = components.setdefault(key, {"type": inner["type"], "enum": inner["enum"]})
            if component.get("enum") != inner["enum"]:
                raise ValueError(f"two enumerations would be called {key}")
            component.setdefault("description", f"Values of `{name}`.")
            for gone in ("enum", "type"):
                del inner[gone]
            inner["$ref"] = REF + key


def _same_values(values: list[Any], components: Mapping[str, Schema]) -> str | None:
    return next((key for key, schema in sorted(components.items()) if schema.get("enum") == values), None)


def pascal(*parts: str) -> str:
    """`PascalCase` of words in camel or snake case."""
    words = [word for part in parts for word in part.split("_") if word]
    return "".join(word[0].upper() + word[1:] for word in words)
