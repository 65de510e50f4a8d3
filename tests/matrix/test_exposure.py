"""What each role is shown of each thing that it may read, member by member (RELIABILITY.md 5, promise 8).

`exposure.yaml` has, for each reading operation, which members of its answer have a value for whom. One that is shown to more
roles than before, or a new one, must be written there by somebody who means it: `SITTHI_PIN_EXPOSURE=1` writes the file anew.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from app.domain.vocabulary import Role
from tests.matrix.test_access_matrix import CALLERS, ROWS, Matrix, matrix

__all__ = ["matrix"]
FILE = Path(__file__).with_name("exposure.yaml")
PINNED: dict[str, dict[str, list[str]]] = yaml.safe_load(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
READERS = [caller for caller in CALLERS if caller.name in set(Role)]
UNPINNED = {"getOpenapi", "readDocumentation", "readSandboxOutbox", "isReady"}
"""Whose answers are pages, or say what has just gone on."""


def members(value: Any, path: str = "") -> Iterator[str]:
    """Where an answer has values; the items of a list are one place."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from members(inner, f"{path}.{name}" if path else name)
        case list():
            for inner in value:
                yield from members(inner, f"{path}[]")
        case None:
            return
        case _:
            yield path


async def shown(matrix: Matrix, name: str) -> dict[str, list[str]]:
    """The members of an operation's answers about one's own thing, by the roles that they have a value for."""
    by_member: dict[str, list[str]] = defaultdict(list)
    for caller in READERS:
        answer = await matrix.call(matrix.operations[name], caller, "own")
        if answer.status_code == 200 and answer.headers["content-type"] == "application/json":
            for member in set(members(answer.json())):
                by_member[member].append(caller.name)
    by_roles: dict[str, list[str]] = defaultdict(list)
    for member, roles in sorted(by_member.items()):
        by_roles[" ".join(roles)].append(member)
    return dict(sorted(by_roles.items()))


def reading(name: str, method: str) -> bool:
    return method == "GET" and "public" not in ROWS[name] and name not in UNPINNED


async def test_nobody_is_shown_more_than_is_written(matrix: Matrix) -> None:
    found = {
        name: await shown(matrix, name)
        for name, operation in sorted(matrix.operations.items())
        if reading(name, operation.method)
    }
    found = {name: its for name, its in found.items() if its}
    if os.environ.get("SITTHI_PIN_EXPOSURE"):
        FILE.write_text(yaml.safe_dump(found, width=120, default_flow_style=None), encoding="utf-8")
    assert len(found) > 30
    assert set(found) == set(PINNED)
    for name, its in found.items():
        assert its == PINNED[name], name
