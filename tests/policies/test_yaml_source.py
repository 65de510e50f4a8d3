"""The files of a pack become one document, in which everything knows its file and line."""

from pathlib import Path

import pytest

from app.policies.yaml_source import Document, Finding, PackProblem, read_document
from tests.policies.editing import PackCopy


def document_of(folder: Path, **files: str) -> Document:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return read_document(folder)


def test_scalars_stay_as_they_are_written(tmp_path: Path) -> None:
    document = document_of(tmp_path, a="list: [no, 16:30, 010, 2027-01-01, 'x', null]")
    assert document.tree == {"list": ["no", "16:30", "010", "2027-01-01", "x", "null"]}


def test_two_files_add_to_the_same_section(tmp_path: Path) -> None:
    document = document_of(tmp_path, a="events:\n  one: {th: ก}\n", b="events:\n  two: {th: ข}\n")
    assert document.tree == {"events": {"one": {"th": "ก"}, "two": {"th": "ข"}}}
    assert document.problems == []


def test_two_files_add_to_the_same_entry(tmp_path: Path) -> None:
    document = document_of(tmp_path, a="rights:\n  one: {th: ก}\n", b="rights:\n  one: {clause: 12(1)}\n")
    assert document.tree == {"rights": {"one": {"th": "ก", "clause": "12(1)"}}}
    assert document.problem(Finding(("rights", "one", "clause"), "?")) == PackProblem("b.yaml", 2, "?")


def test_the_same_value_in_two_files_is_named_with_both_places(tmp_path: Path) -> None:
    document = document_of(tmp_path, a="events:\n  one: {th: ก}\n", b="events:\n  two: {th: ข}\n  one: {th: ค}\n")
    assert document.problems == [PackProblem("b.yaml", 3, "`th` stands twice, first at a.yaml:2")]


def test_a_shared_part_is_included_by_its_name_and_leaves_no_trace_of_that(tmp_path: Path) -> None:
    document = document_of(tmp_path, a="include: [bases, holidays]\nbases:\n  consent: {clause: '7.4'}\n")
    assert isinstance(document.tree["bases"], dict)
    assert document.tree["bases"]["consent"] == {
        "clause": "7.4",
        "provision": "PDPA s.19",
        "label": {"th": "ความยินยอม", "en": "Consent"},
    }
    assert document.tree.keys() == {"bases", "holidays", "fixed_holidays"}
    assert document.problem(Finding(("fixed_holidays",), "?")).file == "common/holidays/fixed.yaml"


@pytest.mark.parametrize("part", ["basis", "bases.yaml", "../chanthaburi_teachers", "{bases: 1}", "[]"])
def test_a_part_that_does_not_exist_is_all_that_is_told(copy: PackCopy, part: str) -> None:
    copy.edit("pack.yaml", "version:", f"include:\n  - {part}\nversion:")
    (problem,) = copy.problems()
    assert (problem.file, problem.line) == ("pack.yaml", copy.line_of("pack.yaml", "include:") + 1)
    assert "is none of the shared parts: bases, conditions," in problem.message


@pytest.mark.parametrize("text", ["a: 1\nb: 2\na: 3\n", "c: 0\nd: 0\na: {b: 1}\na: {c: 2}\n"])
def test_a_section_that_stands_twice_in_one_file_is_refused(tmp_path: Path, text: str) -> None:
    (problem,) = document_of(tmp_path, x=text).problems
    assert (problem.file, problem.line) == ("x.yaml", text.count("\n"))
    assert problem.message.startswith("`a` stands twice, first at x.yaml:")


def test_a_duplicate_key_deep_inside_is_refused(tmp_path: Path) -> None:
    document = document_of(tmp_path, x="a:\n  - b:\n      c: 1\n      c: 2\n")
    assert document.problems == [PackProblem("x.yaml", 4, "`c` stands twice, first at x.yaml:3")]


def test_what_is_missing_is_placed_where_it_ought_to_stand(tmp_path: Path) -> None:
    document = document_of(tmp_path, x="\na:\n  - b: 1\n  - c: 2\n")
    assert document.problem(Finding(("a", "1", "d", "e"), "?")) == PackProblem("x.yaml", 4, "?")
    assert document.problem(Finding(("z",), "?")) == PackProblem("pack.yaml", 1, "?")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "is not YAML: "),
        ("a: &x {b: 1}\nc: *x\n", 2, "is not YAML: aliases are not allowed in a pack"),
        ("a: 1\n\tb: 2\n", 2, "is not YAML: "),
        ("a: 1\n---\nb: 2\n", 2, "is not YAML: "),
        ("", 1, "a pack's file holds keys and values"),
        ("- a\n- b\n", 1, "a pack's file holds keys and values"),
        ("a: \x00\n", 1, "is not YAML: "),
    ],
    ids=["unclosed", "alias", "tab", "two documents", "empty", "list", "NUL"],
)
def test_a_file_that_cant_be_read_is_all_that_is_told(copy: PackCopy, text: str, line: int, message: str) -> None:
    copy.write("purposes.yaml", text)
    (problem,) = copy.problems()
    assert (problem.file, problem.line) == ("purposes.yaml", line)
    assert problem.message.startswith(message)


def test_a_file_that_is_not_utf_8_is_named_with_the_line(copy: PackCopy) -> None:
    copy.write("common/roles.yaml", b"a: 1\nb: \xff\n")
    assert copy.problems() == [PackProblem("common/roles.yaml", 2, "is not UTF-8")]


def test_a_file_under_another_ending_is_not_passed_over(copy: PackCopy) -> None:
    (copy.folder / "common/holidays/2027.yaml").rename(copy.folder / "common/holidays/2027.yml")
    assert copy.problems() == [PackProblem("common/holidays/2027.yml", 1, "is not read: the name must end in .yaml")]


def test_a_key_that_is_no_word_is_refused(tmp_path: Path) -> None:
    document = document_of(tmp_path, x="a:\n  [b, c]: 1\n")
    assert document.problems == [PackProblem("x.yaml", 2, "a key must be a word")]
