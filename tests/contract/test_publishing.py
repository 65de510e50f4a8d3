"""The published files: complete, equal to the code, and replaced as a whole."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from app import contract
from app.core.problems import PROBLEM_TYPES

OPENAPI = Path(__file__).parents[2] / "openapi"
Document = dict[str, Any]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, document: Document) -> Path:
    folder: Path = tmp_path_factory.mktemp("openapi")
    contract.write(folder, document)
    return folder


def test_the_published_contract_is_what_the_code_speaks(document: Document) -> None:
    assert contract.differences(OPENAPI, document) == [], "run `sitthi export openapi` and look at what changed"


def test_what_was_just_written_has_no_differences(published: Path, document: Document) -> None:
    assert contract.differences(published, document) == []
    assert {page.stem for page in (published / "problems").glob("*.md")} == set(PROBLEM_TYPES)


def test_the_file_says_exactly_what_is_served(published: Path, document: Document) -> None:
    text = (published / "openapi.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text) == document
    assert "&id" not in text


def test_paths_and_components_are_in_order(document: Document) -> None:
    assert list(document["paths"]) == sorted(document["paths"])
    for parts in ("schemas", "responses", "examples"):
        assert list(document["components"][parts]) == sorted(document["components"][parts])


def test_a_changed_a_missing_and_a_stale_file_are_told_apart(published: Path, document: Document) -> None:
    problems = published / "problems"
    (problems / "not_found.md").unlink()
    (problems / "forbidden.md").write_text("other", encoding="utf-8")
    (problems / "long_gone.md").write_text("stale", encoding="utf-8")
    assert contract.differences(published, document) == [
        "problems/not_found.md: missing",
        "problems/forbidden.md: differs",
        "problems/long_gone.md: no longer known",
    ]
    contract.write(published, document)
    assert contract.differences(published, document) == []
    assert not (problems / "long_gone.md").exists()


def test_a_change_of_the_document_is_a_difference(published: Path, document: Document) -> None:
    changed = {**document, "info": {**document["info"], "version": "9.9.9"}}
    assert contract.differences(published, changed) == ["openapi.yaml: differs"]


@pytest.mark.parametrize("text", ["0812345678", "482915", "1e5", "1.5", "0o17", "0x1F", "-7", "+66", ".5"])
def test_text_that_looks_like_a_number_is_quoted_for_readers_of_yaml_1_2(
    tmp_path: Path, document: Document, text: str
) -> None:
    contract.write(tmp_path, {**document, "x-text": text})
    assert f"x-text: '{text}'\n" in (tmp_path / "openapi.yaml").read_text(encoding="utf-8")
