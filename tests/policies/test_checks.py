"""A pack that contradicts itself or the law, or leaves a case without an answer, is refused at the right line."""

from pathlib import Path

import pytest
import yaml

from app.domain.vocabulary import Right
from app.policies.loader import SHIPPED, PackProblem
from tests.policies.editing import PackCopy

BREAKAGES = [
    pytest.param(breakage, id=f"{path.stem}: {breakage['what']}")
    for path in sorted(Path(__file__).parent.glob("breakages/*.yaml"))
    for breakage in yaml.safe_load(path.read_text())
]


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_broken_pack_is_refused_with_file_and_line(tmp_path: Path, breakage: dict[str, str]) -> None:
    copy = PackCopy(tmp_path / "pack", SHIPPED / breakage.get("pack", "chanthaburi_teachers"))
    file, entry = breakage["file"], breakage["entry"]
    copy.edit(file, breakage["old"], breakage["new"], entry)
    assert copy.problems() == [PackProblem(file, copy.line_of(file, breakage["at"], entry), breakage["message"])]


def test_a_purpose_that_needs_consent_has_a_notice(copy: PackCopy) -> None:
    copy.edit("notices.yaml", "[account_opening]", "[]", "account-opening")
    line = copy.line_of("purposes.yaml", "account_opening:")
    message = "purpose `account_opening` needs consent, and no notice asks for it"
    assert PackProblem("purposes.yaml", line, message) in copy.problems()
    assert (
        PackProblem("notices.yaml", copy.line_of("notices.yaml", "[]"), "a notice needs a purpose") in copy.problems()
    )


def test_no_notice_asks_consent_for_a_purpose_that_needs_none(copy: PackCopy) -> None:
    copy.edit("notices.yaml", "[account_opening]", "[account_opening, accounting_entries]", "account-opening")
    line = copy.line_of("purposes.yaml", "accounting_entries:")
    message = "purpose `accounting_entries` needs no consent, yet a notice asks for it"
    assert copy.problems() == [PackProblem("purposes.yaml", line, message)]


def test_a_purpose_that_needs_consent_says_what_a_withdrawal_brings(copy: PackCopy) -> None:
    lines = (copy.folder / "purposes.yaml").read_text().splitlines(keepends=True)
    at = copy.line_of("purposes.yaml", "consequences:", "life_insurance_assessment") - 1
    copy.write("purposes.yaml", "".join(lines[:at] + lines[at + 3 :]))
    line = copy.line_of("purposes.yaml", "life_insurance_assessment:")
    message = "purpose `life_insurance_assessment` needs consent, and lacks the `consequences` of a withdrawal"
    assert copy.problems() == [PackProblem("purposes.yaml", line, message)]


def test_an_evidence_period_belongs_to_a_purpose(copy: PackCopy) -> None:
    copy.edit("common/evidence.yaml", "  consent_evidence:\n", "  consent_proof:\n")
    line = copy.line_of("common/evidence.yaml", "consent_proof:")
    assert PackProblem("common/evidence.yaml", line, "`consent_proof` is not among the purposes") in copy.problems()


def test_all_eight_rights_stand_in_a_pack(copy: PackCopy) -> None:
    copy.edit("rights.yaml", "  complaint: {clause: 12(8)}\n", "")
    lines = (copy.folder / "common/rights.yaml").read_text().splitlines(keepends=True)
    first = copy.line_of("common/rights.yaml", "  complaint:") - 1
    last = copy.line_of("common/rights.yaml", "identity:") - 1
    copy.write("common/rights.yaml", "".join(lines[:first] + lines[last:]))
    line = copy.line_of("common/rights.yaml", "rights:")
    assert copy.problems() == [PackProblem("common/rights.yaml", line, "`complaint` is missing")]


def test_every_form_of_storage_has_its_method_of_destruction(copy: PackCopy) -> None:
    lines = (copy.folder / "categories.yaml").read_text().splitlines(keepends=True)
    first, last = copy.line_of("categories.yaml", "  file:") - 1, copy.line_of("categories.yaml", "  database:") - 1
    copy.write("categories.yaml", "".join(lines[:first] + lines[last:]))
    line = copy.line_of("categories.yaml", "storage_forms:")
    assert copy.problems() == [PackProblem("categories.yaml", line, "`file` is missing")]


def test_keeping_without_an_end_loads_where_the_pack_gives_leave(copy: PackCopy) -> None:
    copy.edit("retention.yaml", "soft_delete: false", "soft_delete: true")
    copy.edit("retention.yaml", "enabled: false", "enabled: true", "ret_soft_deleted")
    assert copy.load().retention_rules["ret_soft_deleted"].enabled


def test_what_an_insurer_has_stated_loads(copy: PackCopy) -> None:
    stated = "insurer_periods:\n  acme: {trigger: cover_ended, period: P5Y, evidence: letter 1}"
    copy.edit("retention.yaml", "insurer_periods: {}", stated)
    assert copy.load().insurer_periods["acme"].period.years == 5


def test_a_section_that_cant_be_read_does_not_hide_what_is_wrong_in_another(copy: PackCopy) -> None:
    copy.edit("purposes.yaml", "number: 1\n", "number: one\n")
    copy.edit("common/rights.yaml", "code_digits: 6", "code_digits: 4")
    assert [problem.message for problem in copy.problems()] == [
        "a code has 6 digits or more",
        "`one` is not a whole number",
    ]


def test_a_basis_that_carries_a_purpose_is_described(copy: PackCopy) -> None:
    copy.edit("recipients.yaml", '  legal_obligation: {clause: "7.3"}\n', "")
    lines = (copy.folder / "common/bases.yaml").read_text().splitlines(keepends=True)
    at = copy.line_of("common/bases.yaml", "  legal_obligation:") - 1
    copy.write("common/bases.yaml", "".join(lines[:at] + lines[at + 3 :]))
    line = copy.line_of("purposes.yaml", "bases:", "accounting_entries")
    assert PackProblem("purposes.yaml", line, "`legal_obligation` is not among the bases") in copy.problems()


def test_what_minors_may_do_alone_is_the_packs_to_say(copy: PackCopy) -> None:
    assert copy.load().minors_alone == frozenset()
    copy.edit("rights.yaml", "minors_alone: []", "minors_alone: [complaint, consent, withdrawal]")
    assert copy.load().minors_alone == {"complaint", "consent", "withdrawal"}


def test_a_rule_that_ends_with_a_consent_is_named_by_a_purpose(officials_copy: PackCopy) -> None:
    for code in ("web_offers_and_recommendations", "cross_sell_other_services"):
        officials_copy.edit("purposes.yaml", ", ret_web_usage]", "]", code)
    officials_copy.edit("purposes.yaml", "[ret_web_usage]", "[ret_web_registration]", "web_behaviour_tracking")
    line = officials_copy.line_of("retention.yaml", "until_consent_ends", "ret_web_usage")
    message = "no purpose names rule `ret_web_usage`: no consent can keep its records"
    assert officials_copy.problems() == [PackProblem("retention.yaml", line, message)]


def test_the_rule_for_members_is_in_force(officials_copy: PackCopy) -> None:
    officials_copy.edit("retention.yaml", "enabled: true", "enabled: false", "ret_membership_default")
    message = "`ret_membership_default` is switched off, or sends members on to another rule"
    found = [problem.line for problem in officials_copy.problems() if problem.message == message]
    rules = ("ret_web_registration", "ret_web_contact_history", "ret_web_credentials")
    assert found == [officials_copy.line_of("retention.yaml", "members_under", rule) for rule in rules]


def test_a_fee_with_its_rights_and_its_reason_loads(copy: PackCopy) -> None:
    fee = "fees: {enabled: true, rights: [access], reason: {th: ค่าถ่ายเอกสาร, en: Copies}}"
    copy.edit("rights.yaml", "fees: {enabled: false}", fee)
    fees = copy.load().fees
    assert [right for right in Right if not fees.free_of_charge(right)] == [Right.ACCESS]


def test_without_a_word_on_fees_nothing_costs_anything(copy: PackCopy) -> None:
    copy.edit("rights.yaml", "fees: {enabled: false}", "")
    fees = copy.load().fees
    assert all(fees.free_of_charge(right) for right in Right)
