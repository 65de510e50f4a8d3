"""Who may import whom: the contracts in pyproject.toml, and a closed list for the domain."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.architecture.source import ROOT, modules

PURE = {
    "calendar",
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "hashlib",
    "itertools",
    "re",
    "types",
    "typing",
}


def test_the_import_contracts_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  (a constant)
    assert done.returncode == 0, done.stdout


def test_the_layers_are_exhaustive() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract for contract in contracts if contract["type"] == "layers")
    assert layers["exhaustive"] is True
    assert layers["containers"] == ["app"]


def test_the_domain_imports_nothing_but_pure_parts_of_the_standard_library() -> None:
    found = {name.split(".")[0] for path, tree in modules() if path.startswith("app/domain/") for name in imports(tree)}
    assert found - {"app"} <= PURE
    assert {name for path, tree in modules() if path.startswith("app/domain/") for name in imports(tree)
            if name.startswith("app.") and not name.startswith("app.domain")} == set()  # fmt: skip


def imports(tree: ast.AST) -> list[str]:
    found: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found += [alias.name for alias in names]
            case ast.ImportFrom(module=str(module)):
                found.append(module)
            case _:
                pass
    return found
