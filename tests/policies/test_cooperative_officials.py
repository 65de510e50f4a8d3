"""The website policy of the second pack: what it says, what the Act makes of it, and what it leaves out (LAW A12, A13)."""

from collections import Counter

import pytest

from app.domain.policy import ClauseFlag, PolicyPack, Purpose
from app.domain.vocabulary import Basis, ConsentNeed, Objectable
from tests.policies.editing import PackCopy

OFFERS = {
    "web_offers_and_recommendations",
    "web_behaviour_tracking",
    "application_profile_offers",
    "cross_sell_other_services",
}
BUREAU = {"credit_bureau_disclosure", "credit_bureau_onward_disclosure"}


def asked(pack: PolicyPack) -> set[str]:
    return {code for code, purpose in pack.purposes.items() if purpose.requires_consent is not ConsentNeed.NEVER}


def of_the_policy(pack: PolicyPack) -> list[Purpose]:
    return [purpose for purpose in pack.purposes.values() if not purpose.proposed]


def test_the_eleven_purposes_of_the_policy_stand_in_order_and_three_are_proposed(officials: PolicyPack) -> None:
    assert [purpose.number for purpose in of_the_policy(officials)] == list(range(101, 112))
    assert [purpose.number for purpose in officials.purposes.values() if purpose.proposed] == [201, 202, 203]
    clauses = [purpose.clause for purpose in of_the_policy(officials)]
    assert clauses == ["2", "2", "2", "2(1)", "2(1)", "2(2)", "3(1)", "3(1)", "3(1)", "3(2)", "4"]
    assert not any(purpose.verified for purpose in officials.purposes.values())


def test_what_all_packs_share_is_the_same_in_both(officials: PolicyPack, chanthaburi: PolicyPack) -> None:
    for section in ("roles", "grounds", "statutes", "holidays", "fixed_holidays", "conditions", "evidence", "identity"):
        assert getattr(officials, section) == getattr(chanthaburi, section), section
    assert set(officials.recipients) == set(chanthaburi.recipients)
    own = {code for code, purpose in officials.purposes.items() if code in chanthaburi.purposes}
    assert own == {"rights_request_handling", "consent_evidence", "aml_identification_and_due_diligence"}
    assert "deposit_made" not in officials.reportable_events


@pytest.mark.parametrize(
    ("purpose", "bases"),
    [
        ("web_service_registration", [Basis.CONTRACT]),
        ("web_enquiry_analysis_and_callback", [Basis.CONTRACT, Basis.LEGITIMATE_INTEREST]),
        ("web_contact_history", [Basis.LEGITIMATE_INTEREST]),
        ("web_account_authentication", [Basis.CONTRACT, Basis.LEGAL_OBLIGATION]),
        ("accuracy_enquiry_handling", [Basis.LEGAL_OBLIGATION]),
        *((code, [Basis.CONSENT]) for code in sorted(OFFERS | BUREAU)),
    ],
)
def test_each_purpose_rests_on_the_basis_of_the_proposal(
    officials: PolicyPack, purpose: str, bases: list[Basis]
) -> None:
    assert list(officials.purposes[purpose].bases) == bases


def test_offers_and_tracking_are_opt_in_and_an_objection_to_them_is_absolute(officials: PolicyPack) -> None:
    """T-26."""
    objectable = {code: officials.purposes[code].objectable for code in asked(officials)}
    assert objectable == {**dict.fromkeys(OFFERS, Objectable.ABSOLUTE), **dict.fromkeys(BUREAU, Objectable.NO)}


def test_every_consent_has_a_notice_of_its_own_and_says_what_its_withdrawal_brings(officials: PolicyPack) -> None:
    """T-02, T-25: no consent comes with another."""
    asking = Counter(purpose for notice in officials.notices.values() for purpose in notice.purposes)
    assert asking == dict.fromkeys(asked(officials), 1)
    assert all(len(notice.purposes) == 1 for notice in officials.notices.values())
    consequences = [officials.purposes[code].consequences for code in sorted(asked(officials))]
    assert len(set(consequences)) == len(OFFERS | BUREAU)
    assert None not in consequences


def test_wording_for_ever_or_bundled_is_flagged_and_nothing_else_is(officials: PolicyPack) -> None:
    """T-01, T-25."""
    flags = {
        code: frozenset(purpose.clause_flags) for code, purpose in officials.purposes.items() if purpose.clause_flags
    }
    assert flags == dict.fromkeys(BUREAU, frozenset(ClauseFlag))
    assert any("credit_bureau_onward_disclosure: " in told and "bind nobody" in told for told in officials.warnings)


def test_nobody_but_the_bureau_and_its_members_gets_data_on_consent(officials: PolicyPack) -> None:
    """T-02: the promise to exchange with nobody holds but for two consents."""
    recipients = {purpose.code: purpose.recipients for purpose in of_the_policy(officials) if purpose.recipients}
    assert recipients == {
        "credit_bureau_disclosure": ("credit_bureau",),
        "credit_bureau_onward_disclosure": ("credit_bureau_members",),
    }


class TestMembershipOfTheCreditBureau:
    """T-01: what the law wants told to the bureau goes on after a withdrawal, and only where the cooperative is a member."""

    def test_by_default_the_disclosure_rests_on_consent_alone(self, officials: PolicyPack) -> None:
        purpose = officials.purposes["credit_bureau_disclosure"]
        assert not officials.credit_bureau_member
        assert not any("own notice does not tell" in warning for warning in officials.warnings)
        assert (purpose.bases, purpose.credit_bureau_duty) == ((Basis.CONSENT,), None)

    def test_a_member_discloses_by_legal_obligation_besides(self, officials_copy: PackCopy) -> None:
        officials_copy.edit("controller.yaml", "credit_bureau_member: false", "credit_bureau_member: true")
        pack = officials_copy.load()
        purpose = pack.purposes["credit_bureau_disclosure"]
        assert pack.credit_bureau_member
        assert any("own notice does not tell" in warning for warning in pack.warnings)
        assert purpose.bases == (Basis.CONSENT, Basis.LEGAL_OBLIGATION)
        assert purpose.requires_consent is ConsentNeed.ALWAYS
        assert purpose.credit_bureau_duty is not None
        assert purpose.credit_bureau_duty.provision == "Credit Information Business Act s.18"
        assert purpose.consequences == purpose.credit_bureau_duty.consequences

    def test_what_the_bureau_passes_on_rests_on_consent_either_way(
        self, officials: PolicyPack, officials_copy: PackCopy
    ) -> None:
        officials_copy.edit("controller.yaml", "credit_bureau_member: false", "credit_bureau_member: true")
        onward = officials_copy.load().purposes["credit_bureau_onward_disclosure"]
        assert onward == officials.purposes["credit_bureau_onward_disclosure"]
        assert onward.bases == (Basis.CONSENT,)

    def test_the_two_are_different_policies(self, officials: PolicyPack, officials_copy: PackCopy) -> None:
        officials_copy.edit("controller.yaml", "credit_bureau_member: false", "credit_bureau_member: true")
        assert officials_copy.load().sha256 != officials.sha256


def test_the_kinds_of_record_are_those_of_the_website_and_member_data(officials: PolicyPack) -> None:
    assert sorted(officials.rules_by_kind) == [
        "member_data",
        "web_contact_history",
        "web_credentials",
        "web_registration",
        "web_usage",
    ]


def test_every_rule_serves_a_purpose_and_none_is_of_the_policy(officials: PolicyPack) -> None:
    used = {rule for purpose in officials.purposes.values() for rule in purpose.retention}
    assert used == set(officials.retention_rules)
    assert {rule.clause for rule in officials.retention_rules.values()} == {None}
    assert sum("the policy states no period" in warning for warning in officials.warnings) == len(used)


def test_what_a_purpose_uses_has_a_rule_that_keeps_it(officials: PolicyPack) -> None:
    """A category named like a kind is kept by that kind's rule."""
    for purpose in of_the_policy(officials):
        kinds = {kind for rule in purpose.retention for kind in officials.retention_rules[rule].kinds}
        web = {category for category in purpose.categories if category in officials.rules_by_kind}
        assert web <= kinds, purpose.code


def test_no_contact_is_made_up_where_the_policy_states_none(officials: PolicyPack) -> None:
    controller = officials.controller
    assert controller.name.th == "สหกรณ์ข้าราชการสหกรณ์ จำกัด"
    assert (controller.contact.address, controller.contact.phones, controller.contact.email) == (None, (), None)
    assert (controller.office_hours, controller.dpo.contact) == (None, None)
    assert any("no address, telephone or e-mail" in warning.en for warning in controller.warnings)
    assert any("PDPA s.23(5)" in warning for warning in officials.warnings)


def test_a_contact_that_was_added_is_missed_no_longer(officials_copy: PackCopy) -> None:
    officials_copy.edit("controller.yaml", "address: null", "address: {th: กรุงเทพ, en: Bangkok}")
    officials_copy.edit("controller.yaml", "phones: []", "phones: [02-000-0000]")
    officials_copy.edit("controller.yaml", "email: null", "email: privacy@coop.example")
    assert not any("PDPA s.23(5)" in warning for warning in officials_copy.load().warnings)


@pytest.mark.parametrize(
    ("language", "elements"),
    [
        (
            "th",
            ["โดยใช้", "ฐาน: ความยินยอม", "หากท่านไม่ยินยอม", "ระยะเวลาเก็บ", "เปิดเผย", "ถอนความยินยอม", "สิทธิ", "ติดต่อ:"],
        ),
        (
            "en",
            [
                "using",
                "basis: consent",
                "If you do not consent",
                "How long",
                "disclosed",
                "withdraw",
                "erasure",
                "Contact:",
            ],
        ),
    ],
)
def test_each_notice_states_the_elements_of_section_23(
    officials: PolicyPack, language: str, elements: list[str]
) -> None:
    for notice in officials.notices.values():
        missing = [element for element in elements if element not in getattr(notice.content, language)]
        assert missing == [], notice.notice_id


def test_each_notice_names_the_recipients_of_its_purpose_and_no_others(officials: PolicyPack) -> None:
    for notice in officials.notices.values():
        recipients = officials.purposes[notice.purposes[0]].recipients
        named = [officials.recipients[code].label for code in recipients]
        line_th, line_en = (text.splitlines()[3] for text in (notice.content.th, notice.content.en))
        assert all(line_th.endswith(f"ได้แก่ {label.th}") for label in named), notice.notice_id
        assert all(label.en.lower() in line_en.lower() for label in named), notice.notice_id
        assert line_en.startswith("No recipient") is not bool(named), notice.notice_id


def test_notices_of_marketing_tell_of_the_objection_that_nobody_may_refuse(officials: PolicyPack) -> None:
    telling = {
        notice.purposes[0]
        for notice in officials.notices.values()
        if "nobody may refuse" in notice.content.en and "ปฏิเสธไม่ได้" in notice.content.th
    }
    assert telling == OFFERS


def test_a_notice_is_a_proposal_whose_version_names_year_and_purpose(officials: PolicyPack) -> None:
    assert [notice.version for notice in officials.notices.values()] == [f"2569-1-{code}" for code in officials.notices]
    assert not any(notice.verified for notice in officials.notices.values())
