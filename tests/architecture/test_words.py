"""What no file of the project says."""

import re

from tests.architecture.source import ROOT

SKIPPED = {".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__", "node_modules"}
REGISTRIES = re.compile(
    r"\b(pypi|pythonhosted|npmjs|yarnpkg|unpkg|jsdelivr|golang|maven|crates)\.(org|com|net|io)\b", re.I
)
TEXTS = {".css", ".html", ".js", ".md", ".py", ".toml", ".txt", ".yaml", ".yml", ""}


def test_no_file_names_the_host_of_a_package_registry() -> None:
    files = [
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not SKIPPED & set(path.relative_to(ROOT).parts) and path.suffix in TEXTS
    ]
    assert len(files) > 200
    assert [str(path) for path in files if REGISTRIES.search(path.read_text(encoding="utf-8", errors="ignore"))] == []
