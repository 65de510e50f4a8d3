"""The fields of a body, read from the contract; and a good body with something else in one of them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]
_MARK = "@@here@@"
_KEY = "zq7key"


class Fields:
    """The bodies of one contract. `known` are values by name, for what must exist."""

    def __init__(self, document: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        self._components, self._known = document["components"], known

    def of(self, schema: Schema, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
        """Every place in a body with what it wants there; each branch of a choice by itself."""
        for branch in self._branches(schema):
            yield path, branch
            for name, inner in branch.get("properties", {}).items():
                yield from self.of(inner, (*path, name))
            for inner in self._free(branch):
                yield from self.of(inner, (*path, _KEY))
            if "items" in branch:
                yield from self.of(branch["items"], (*path, 0))

    def body(self, schema: Schema, path: Path, json_text: str) -> bytes:
        """A good body with a JSON text at one place; keys on the way that may be any are made up."""
        whole = self._with(schema, self.example(schema), path)
        return json.dumps(whole).replace(json.dumps(_MARK), json_text).encode()

    def example(self, schema: Schema) -> Any:
        """A good body."""
        name = schema.get("$ref", "").rpartition("/")[2]
        written = self._components["examples"].get(name)
        return self._fit(written["value"]) if written else self._sample(schema, "")

    def sample(self, schema: Schema) -> Any:
        """What a branch of a body wants, with no more than it must have."""
        return self._sample(schema, "")

    def _with(self, schema: Schema, value: Any, path: Path) -> Any:
        if not path:
            return _MARK
        key, rest = path[0], path[1:]
        if isinstance(key, int):
            branch = next(one for one in self._branches(schema) if "items" in one)
            first = value[0] if isinstance(value, list) and value else self._sample(branch["items"], "")
            return [self._with(branch["items"], first, rest)]
        branch = next(one for one in self._branches(schema) if self._inner(one, key) is not None)
        if not isinstance(value, dict) or any(self._inner(branch, name) is None for name in value):
            value = self._sample(branch, "")
        inner = self._inner(branch, key) or {}
        return {**value, key: self._with(inner, value.get(key), rest)}

    def _inner(self, branch: Schema, key: str) -> Schema | None:
        return next(
            iter(
                [branch.get("properties", {}).get(key)] if key in branch.get("properties", {}) else self._free(branch)
            ),
            None,
        )

    def _free(self, branch: Schema) -> list[Schema]:
        """What members with any name hold."""
        free = [branch.get("additionalProperties"), *branch.get("patternProperties", {}).values()]
        return [schema for schema in free if isinstance(schema, Mapping)]

    def _branches(self, schema: Schema) -> list[Schema]:
        if "$ref" in schema:
            return self._branches(self._components["schemas"][schema["$ref"].rpartition("/")[2]])
        choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        branches = [branch for one in choices for branch in self._branches(one)]
        return [one for one in branches if one.get("type") != "null"] or [schema]

    def _sample(self, schema: Schema, name: str) -> Any:
        branch = self._branches(schema)[0]
        if name in self._known:
            return self._known[name]
        match branch.get("type"):
            case "object":
                wanted = branch.get("required") or list(branch.get("properties", {}))[:1]
                return {key: self._sample(branch["properties"][key], key) for key in wanted}
            case "array":
                return [self._sample(branch["items"], name)]
            case "integer":
                return branch.get("minimum", 1)
            case "boolean":
                return True
            case _:
                formats = {"date": "2024-03-02", "date-time": "2024-03-02T10:00:00+07:00", "uuid": self._known["lease"]}
                choices = branch.get("enum") or [branch.get("const")]
                return choices[0] or formats.get(branch.get("format", ""), "abcd")

    def _fit(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._known.get(key, self._fit(inner)) for key, inner in value.items()}
        return [self._fit(inner) for inner in value] if isinstance(value, list) else value
