"""Names that nothing in the pack answers to; the single cases stand in `breakages/references.yaml`."""

from app.policies.references import dangling
from app.policies.yaml_source import Finding, Tree
from tests.policies.editing import PackCopy


def test_names_in_a_section_that_is_missing_altogether_are_not_counted_one_by_one(copy: PackCopy) -> None:
    (copy.folder / "categories.yaml").unlink()
    assert [problem.message for problem in copy.problems()] == [
        "missing key `categories`",
        "missing key `sources`",
        "missing key `storage_forms`",
    ]


def test_a_name_is_checked_even_where_the_rest_cant_be_read() -> None:
    tree: Tree = {"events": {}, "retention_rules": {"a": {"trigger": "x", "floors": "none"}, "b": "not a rule"}}
    assert list(dangling(tree)) == [Finding(("retention_rules", "a", "trigger"), "`x` is not among the events")]


def test_a_fallback_said_to_be_null_names_nothing() -> None:
    assert list(dangling({"events": {}, "retention_rules": {"a": {"trigger_fallback": "null"}}})) == []
