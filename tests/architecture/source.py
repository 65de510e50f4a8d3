"""The source as the architecture tests read it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
VERSIONS = APP / "migrations" / "versions"


def modules(*, versions: bool = False) -> Iterator[tuple[str, ast.Module]]:
    """Path below the root and syntax tree of every module of the service."""
    for path in sorted(APP.rglob("*.py")):
        if versions or VERSIONS not in path.parents:
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call, by the last part of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    yield name, node
                case _:
                    pass
