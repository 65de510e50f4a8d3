"""Small enough to hold in the head."""

import ast

from tests.architecture.source import ROOT, modules

LONGEST_FILE = 300
LONGEST_FUNCTION = 40


def test_no_file_is_longer_than_300_lines() -> None:
    found = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path, _ in modules()}
    assert len(found) > 100
    assert {path: lines for path, lines in found.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    found = {
        f"{path}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert len(found) > 300
    assert {name: lines for name, lines in found.items() if lines > LONGEST_FUNCTION} == {}
