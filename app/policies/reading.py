"""Turns the plain values of a pack into the frozen dataclasses of `domain.policy`, driven by their type hints alone.

A field with a default may be left out; every other must be there, and nothing else may. What is wrong is collected, not
raised: one reading finds all of it, and leaves None where it could not read.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from types import MappingProxyType, NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from app.domain.policy import Notice
from app.policies.scalars import SCALARS, parse_word
from app.policies.yaml_source import Finding, Position, Tree

NOTHING: Mapping[str, object] = {}


def canonical_json(tree: object) -> str:
    """The one way to write a value: sorted keys, no spaces, Thai as it is. Digests are taken over its UTF-8 bytes."""
    return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(tree: object) -> str:
    """SHA-256, in hexadecimal, over the canonical JSON."""
    return hashlib.sha256(canonical_json(tree).encode()).hexdigest()


def _rank(entry: tuple[str, Tree]) -> tuple[int, str]:
    """By number where there is one, else by key: the order of the files means nothing."""
    key, tree = entry
    number = tree.get("number") if isinstance(tree, dict) else None
    return (int(number) if isinstance(number, str) and number.isdecimal() else 0, key)


def notice_digest(tree: Mapping[str, Any]) -> str:
    """What a consent is bound to: the digest of a notice's title and content alone."""
    return digest({part: tree.get(part) for part in ("title", "content")})


class Reading:
    """One pass over a document."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def record(self, kind: type[Any], tree: Tree, position: Position, given: Mapping[str, object] = NOTHING) -> Any:
        """A dataclass from keys and values; the fields in `given` are not the file's to state."""
        if not isinstance(tree, dict):
            self._complain(position, "must hold keys and values")
            return None
        hints = get_type_hints(kind)
        for key in tree.keys() - (hints.keys() - given.keys()):
            self._complain((*position, key), f"unknown key `{key}`")
        values = dict(given)
        for field in fields(kind):
            here = (*position, field.name)
            if field.name in given:
                continue
            if field.name in tree:
                values[field.name] = self.value(hints[field.name], tree[field.name], here)
            elif field.default is MISSING:
                values[field.name] = None
                self._complain(here, f"missing key `{field.name}`")
        return kind(**values)

    def value(self, kind: Any, tree: Tree, position: Position) -> Any:
        """A value of the type `kind`, or None where there is none to read."""
        origin, parts = get_origin(kind), get_args(kind)
        if origin is UnionType:
            (inner,) = (part for part in parts if part is not NoneType)
            return None if tree == "null" else self.value(inner, tree, position)
        if origin is tuple:
            return tuple(self._items(parts[0], tree, position))
        if origin is frozenset:
            return frozenset(self._items(parts[0], tree, position))
        if origin is Mapping:
            return self._mapping(parts[0], parts[1], tree, position)
        if kind not in SCALARS and isinstance(kind, type) and is_dataclass(kind):
            return self.record(kind, tree, position)
        return self._scalar(kind, tree, position)

    def _items(self, kind: Any, tree: Tree, position: Position) -> list[Any]:
        if not isinstance(tree, list):
            self._complain(position, "must be a list")
            return []
        for index, item in enumerate(tree):
            if item in tree[:index]:
                self._complain((*position, str(index)), "the same item stands twice in the list")
        return [self.value(kind, item, (*position, str(index))) for index, item in enumerate(tree)]

    def _mapping(self, key_kind: Any, kind: Any, tree: Tree, position: Position) -> Any:
        """Entries by their key. The first field of an entry that has the key's type is the key: it is not repeated."""
        if not isinstance(tree, dict):
            self._complain(position, "must hold keys and values")
            return None
        hints = get_type_hints(kind) if is_dataclass(kind) else {}
        first = next(iter(hints), "")
        entries: dict[Any, Any] = {}
        for text, entry in sorted(tree.items(), key=_rank):
            here = (*position, text)
            key = self._scalar(key_kind, text, here)
            if hints.get(first) is not key_kind:
                entries[key] = self.value(kind, entry, here)
                continue
            given: dict[str, object] = {first: key}
            if kind is Notice and isinstance(entry, dict):
                given |= {"content_sha256": notice_digest(entry), "published_at": None}
            entries[key] = self.record(kind, entry, here, given)
        return MappingProxyType(entries)

    def _scalar(self, kind: Any, tree: Tree, position: Position) -> Any:
        if not isinstance(tree, str):
            self._complain(position, "must be a single value")
            return None
        try:
            return parse_word(kind, tree) if issubclass(kind, StrEnum) else SCALARS[kind](tree)
        except ValueError as error:
            self._complain(position, str(error))
            return None

    def _complain(self, position: Position, message: str) -> None:
        self.findings.append(Finding(position, message))
