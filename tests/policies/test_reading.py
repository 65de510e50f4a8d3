"""Plain values become the dataclasses of the domain; everything that does not fit is named where it stands."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from app.domain.policy import Bilingual, Notice, PolicyPack
from app.domain.vocabulary import Storage
from app.policies.reading import Reading, canonical_json
from app.policies.yaml_source import Finding, Tree
from tests.policies.editing import PackCopy


@dataclass(frozen=True)
class Shelf:
    code: str
    storage: Storage
    labels: tuple[Bilingual, ...]
    keeper: str | None
    spare: bool = field(default=False, kw_only=True)


def read(tree: Tree) -> tuple[object, list[Finding]]:
    reading = Reading()
    return reading.value(Mapping[str, Shelf], tree, ("shelves",)), reading.findings


SHELF: dict[str, Tree] = {"storage": "paper", "labels": [{"th": "ก", "en": "a"}], "keeper": "null"}


def test_an_entry_takes_its_code_from_its_key_and_its_defaults_from_the_dataclass() -> None:
    shelves, findings = read({"one": SHELF})
    assert findings == []
    assert shelves == {"one": Shelf("one", Storage.PAPER, (Bilingual("ก", "a"),), None)}


@pytest.mark.parametrize(
    ("change", "position", "message"),
    [
        ({"storage": "cloud"}, ("storage",), "`cloud` is none of: database, file, paper"),
        ({"storage": ["paper"]}, ("storage",), "must be a single value"),
        ({"labels": "a"}, ("labels",), "must be a list"),
        ({"labels": ["a"]}, ("labels", "0"), "must hold keys and values"),
        ({"labels": [{"th": "ก"}]}, ("labels", "0", "en"), "missing key `en`"),
        ({"labels": [{"th": "ก", "en": " "}]}, ("labels", "0", "en"), "must not be empty"),
        ({"labels": [{"th": "ก", "en": "a"}] * 2}, ("labels", "1"), "the same item stands twice in the list"),
        ({"colour": "red"}, ("colour",), "unknown key `colour`"),
        ({"code": "two"}, ("code",), "unknown key `code`"),
        ({"spare": "maybe"}, ("spare",), "`maybe` is neither true nor false"),
    ],
)
def test_what_does_not_fit_is_found_where_it_stands(
    change: dict[str, Tree], position: tuple[str, ...], message: str
) -> None:
    _, findings = read({"one": SHELF | change})
    assert findings == [Finding(("shelves", "one", *position), message)]


def test_an_optional_field_without_a_default_must_be_said_to_be_null() -> None:
    _, findings = read({"one": {key: value for key, value in SHELF.items() if key != "keeper"}})
    assert findings == [Finding(("shelves", "one", "keeper"), "missing key `keeper`")]


def test_one_reading_finds_everything() -> None:
    _, findings = read({"one": SHELF | {"storage": "cloud"}, "two": "x", "three": SHELF | {"keeper": ""}})
    assert {finding.position[1] for finding in findings} == {"one", "two", "three"}


def test_the_hash_of_a_notice_covers_title_and_content_in_both_languages(chanthaburi: PolicyPack) -> None:
    notice = chanthaburi.notices["life-insurance"]
    text = {
        "title": {"th": notice.title.th, "en": notice.title.en},
        "content": {"th": notice.content.th, "en": notice.content.en},
    }
    assert notice.content_sha256 == hashlib.sha256(canonical_json(text).encode()).hexdigest()


def test_a_pack_cant_state_the_hash_of_its_notice(copy: PackCopy) -> None:
    copy.edit(
        "notices.yaml", "    purposes: [account_opening]\n", "    purposes: [account_opening]\n    content_sha256: x\n"
    )
    (problem,) = copy.problems()
    assert problem.message == "unknown key `content_sha256`"
    assert problem.line == copy.line_of("notices.yaml", "content_sha256")


def test_canonical_json_is_sorted_compact_and_keeps_thai() -> None:
    assert canonical_json({"b": ["ก"], "a": "1"}) == '{"a":"1","b":["ก"]}'


def test_what_a_pack_holds_cant_be_changed(chanthaburi: PolicyPack) -> None:
    with pytest.raises(TypeError):
        chanthaburi.notices["another"] = next(iter(chanthaburi.notices.values()))  # type: ignore[index]  # that is the point
    assert isinstance(chanthaburi.notices["life-insurance"], Notice)
