"""The operations of the contract, as the matrix and the hostile sweeps call them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PUBLISHED = {"asset", "code", "notice_id"}
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """One operation of the contract."""

    id: str
    method: str
    path: str
    details: Mapping[str, Any]

    @property
    def names_somebody(self) -> bool:
        """Whether its path names a person's thing, and not only something published."""
        return bool(set(re.findall("{(.*?)}", self.path)) - PUBLISHED)

    def at(self, things: Mapping[str, str]) -> str:
        """Its path, with the names of some things."""
        return self.path.format_map(things)


def operations(document: Document) -> dict[str, Operation]:
    """All of them, by their id."""
    return {one.id: one for one in _each(document)}


def _each(document: Document) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, details in methods.items():
            yield Operation(details["operationId"], method.upper(), path, details)
