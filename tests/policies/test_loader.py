"""A pack is loaded whole or not at all, and its digest stands for what it says."""

import json
from pathlib import Path

import pytest
import yaml

from app.domain.policy import PolicyPack
from app.policies.loader import PackInvalid, available_packs, load_pack, restore_pack
from tests.policies.editing import CHANTHABURI, PackCopy


def test_each_shipped_pack_loads_by_its_name() -> None:
    assert "chanthaburi-teachers" in available_packs()
    assert [load_pack(name).name for name in available_packs()] == available_packs()


def test_a_folder_loads_as_the_shipped_pack_does(chanthaburi: PolicyPack, copy: PackCopy) -> None:
    assert copy.load() == chanthaburi


def test_a_name_that_is_neither_shipped_nor_a_folder_is_refused_with_the_names_that_are() -> None:
    with pytest.raises(PackInvalid, match=r"no-such-pack:0: is neither a folder nor a shipped pack \(.*chanthaburi"):
        load_pack("no-such-pack")


def test_the_name_of_a_folder_beside_the_loader_is_no_way_around_the_shipped_names() -> None:
    with pytest.raises(PackInvalid):
        load_pack("chanthaburi_teachers")


def test_an_empty_folder_lacks_every_section(tmp_path: Path) -> None:
    with pytest.raises(PackInvalid) as invalid:
        load_pack(str(tmp_path))
    messages = [problem.message for problem in invalid.value.problems]
    assert "missing key `purposes`" in messages
    assert "missing key `holidays`" in messages


def _sorted_like_a_machine(folder: Path) -> None:
    for path in folder.rglob("*.yaml"):
        as_written = yaml.load(path.read_text(), yaml.BaseLoader)  # noqa: S506  (makes nothing but text)
        path.write_text(yaml.dump(as_written, sort_keys=True, allow_unicode=True))


def test_order_of_keys_comments_and_quotes_do_not_change_the_digest(chanthaburi: PolicyPack, copy: PackCopy) -> None:
    before = (copy.folder / "retention.yaml").read_text()
    _sorted_like_a_machine(copy.folder)
    assert (copy.folder / "retention.yaml").read_text() != before
    assert copy.load() == chanthaburi


def test_the_files_into_which_a_pack_is_split_do_not_change_the_digest(chanthaburi: PolicyPack, copy: PackCopy) -> None:
    pieces = [path.read_text() for path in sorted(copy.folder.rglob("*.yaml")) if path.parent == copy.folder]
    for path in copy.folder.glob("*.yaml"):
        path.unlink()
    copy.write("all.yaml", "\n".join(pieces))
    assert copy.load() == chanthaburi


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("pack.yaml", "version: 2022-06-01.1", "version: 2022-06-01.2"),
        ("pack.yaml", "name: chanthaburi-teachers", "name: another"),
        ("controller.yaml", "closes: 16:30", "closes: 16:00"),
        ("categories.yaml", 'clause: "3.7"\n    sensitive: false', 'clause: "3.7"\n    sensitive: true'),
        ("common/recipients.yaml", "th: ศาลและทนายความ", "th: ศาล"),
        ("purposes.yaml", "en: Open accounts", "en: Open an account"),
        (
            "retention.yaml",
            "trigger: emergency_loan_contract_expired\n    period: P5Y",
            "trigger: loan_settled\n    period: P5Y",
        ),
        ("retention.yaml", "quorum: 3", "quorum: 4"),
        ("common/rights.yaml", "complete_within: 90", "complete_within: 60"),
        (
            "common/roles.yaml",
            "  partner:\n    - catalogue:read\n    - policy:read",
            "  partner:\n    - catalogue:read",
        ),
        ("common/holidays/2027.yaml", "      2027-12-31: {th: วันสิ้นปี, en: New Year's Eve}\n", ""),
        ("notices.yaml", "title:\n      th: ข้อมูลเพื่อการทำประกันชีวิต", "title:\n      th: ประกันชีวิต"),
    ],
)
def test_any_change_of_content_changes_the_digest(
    chanthaburi: PolicyPack, copy: PackCopy, file: str, old: str, new: str
) -> None:
    copy.edit(file, old, new)
    assert copy.load().sha256 != chanthaburi.sha256


@pytest.mark.parametrize("name", available_packs())
def test_the_canonical_text_brings_the_same_pack_back(name: str) -> None:
    pack = load_pack(name)
    restored = restore_pack(pack.canonical)
    assert restored == pack
    assert list(restored.purposes) == list(pack.purposes)


@pytest.mark.parametrize("name", available_packs())
def test_the_canonical_text_holds_what_a_pack_shares_with_others(name: str) -> None:
    canonical = json.loads(load_pack(name).canonical)
    assert "include" not in canonical
    assert canonical["rights"]["erasure"].keys() >= {"clause", "provision", "label", "decide_within"}
    assert canonical["roles"]["dpo"]
    assert canonical["holidays"]["2026"]["days"]


def test_a_pack_that_the_bureau_counts_among_its_members_comes_back_as_one(officials_copy: PackCopy) -> None:
    officials_copy.edit("controller.yaml", "credit_bureau_member: false", "credit_bureau_member: true")
    pack = officials_copy.load()
    assert restore_pack(pack.canonical) == pack


def test_a_canonical_text_that_was_tampered_with_is_refused(chanthaburi: PolicyPack) -> None:
    with pytest.raises(PackInvalid, match="`P10X` is not a period"):
        restore_pack(chanthaburi.canonical.replace("P10Y", "P10X", 1))


def test_all_problems_are_told_at_once_each_on_its_own_line(copy: PackCopy) -> None:
    copy.edit("categories.yaml", "label: {th: รูปถ่าย, en: Photographs}", 'label: {th: "", en: Photographs}')
    copy.edit("retention.yaml", "later_of: loan_settled\n    period: P10Y", "later_of: loan_forgiven\n    period: 10Y")
    copy.edit("purposes.yaml", "bases: [explicit_consent, contract]", "bases: []")
    copy.edit("common/holidays/2027.yaml", "2027-05-20:", "2570-05-20:")
    copy.edit("common/roles.yaml", "    - request:extend", "    - request:shred")
    with pytest.raises(PackInvalid) as invalid:
        copy.load()
    later_of = copy.line_of("retention.yaml", "later_of:")
    assert str(invalid.value).splitlines() == [str(problem) for problem in invalid.value.problems]
    assert [(problem.file, problem.line) for problem in invalid.value.problems] == [
        ("categories.yaml", copy.line_of("categories.yaml", 'th: ""')),
        ("common/holidays/2027.yaml", copy.line_of("common/holidays/2027.yaml", "2570-05-20")),
        ("common/roles.yaml", copy.line_of("common/roles.yaml", "request:shred")),
        ("purposes.yaml", copy.line_of("purposes.yaml", "bases: []")),
        ("purposes.yaml", copy.line_of("purposes.yaml", "requires_consent: always")),
        ("retention.yaml", later_of),
        ("retention.yaml", later_of + 1),
    ]
    assert (
        str(invalid.value).splitlines()[2].startswith(f"common/roles.yaml:{invalid.value.problems[2].line}: `request:")
    )


def test_the_shipped_pack_lies_inside_the_package() -> None:
    assert (CHANTHABURI / "pack.yaml").is_file()
