"""One place begins and ends transactions, and no SQL is put together from values."""

import ast

import pytest

from tests.architecture.source import calls, modules

ENDINGS = {"begin", "begin_nested", "commit", "rollback", "savepoint"}
ALLOWED = {
    ("app/core/transactions.py", "commit"),
    ("app/core/transactions.py", "rollback"),
    ("app/core/work.py", "begin_nested"),
    ("app/core/work.py", "commit"),
    ("app/migrations/upgrade.py", "begin"),
}
SQL = {"execute", "executemany", "exec", "exec_driver_sql", "fetch", "fetchrow", "fetchval", "prepare", "text"}


def test_only_the_unit_of_work_ends_a_transaction() -> None:
    found = {(path, name) for path, tree in modules() for name, _ in calls(tree) if name in ENDINGS}
    assert found == ALLOWED


def is_assembled(node: ast.expr) -> bool:
    """Whether a text is put together from parts that are not all constants."""
    match node:
        case ast.JoinedStr(values=parts):
            return any(isinstance(part, ast.FormattedValue) for part in parts)
        case ast.BinOp(left=left, right=right):
            return not all(isinstance(side, ast.Constant) for side in (left, right))
        case ast.Call(func=ast.Attribute(attr="format" | "join")):
            return True
        case _:
            return False


@pytest.mark.parametrize(
    ("expression", "assembled"),
    [
        ("'SELECT 1'", False),
        ("'SELECT ' 'one'", False),
        ("STATEMENT", False),
        ("f'SELECT 1'", False),
        ("f'SELECT {value}'", True),
        ("'SELECT ' + value", True),
        ("'SELECT %s' % value", True),
        ("'SELECT {}'.format(value)", True),
        ("' '.join(parts)", True),
    ],
)
def test_a_statement_with_a_value_in_it_is_recognised(expression: str, assembled: bool) -> None:
    assert is_assembled(ast.parse(expression, mode="eval").body) is assembled


def test_no_statement_is_put_together_from_values() -> None:
    found = [
        f"{path}:{call.lineno}"
        for path, tree in modules()
        if not path.startswith("app/migrations/")
        for name, call in calls(tree)
        if name in SQL and call.args and is_assembled(call.args[0])
    ]
    assert found == []
