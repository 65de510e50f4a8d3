"""How the eight rights are exercised, refused and staffed (LAW A10, E7; API 2, 8)."""

import pytest

from app.domain.policy import PolicyPack
from app.domain.vocabulary import (
    Assurance,
    Permission,
    RequestKind,
    Right,
    Role,
)


@pytest.mark.parametrize(
    ("right", "clause", "days", "assurance"),
    [
        (Right.ACCESS, "12(1)", (30, 30), Assurance.SUBSTANTIAL),
        (Right.CORRECTION, "12(2)", (30, 30), Assurance.SUBSTANTIAL),
        (Right.PORTABILITY, "12(3)", (30, 30), Assurance.SUBSTANTIAL),
        (Right.OBJECTION, "12(4)", (30, 30), Assurance.SUBSTANTIAL),
        (Right.RESTRICTION, "12(5)", (30, 30), Assurance.SUBSTANTIAL),
        (Right.WITHDRAWAL, "12(6)", (0, 0), None),
        (Right.ERASURE, "12(7)", (30, 90), Assurance.SUBSTANTIAL),
        (Right.COMPLAINT, "12(8)", (30, 30), Assurance.LOW),
    ],
)
def test_each_right_has_its_deadline_and_assurance(
    chanthaburi: PolicyPack, right: Right, clause: str, days: tuple[int, int], assurance: Assurance | None
) -> None:
    rule = chanthaburi.rights[right]
    assert (rule.clause, (rule.decide_within, rule.complete_within), rule.assurance) == (clause, days, assurance)
    assert rule.four_eyes is (right is Right.ERASURE)
    assert rule.extension_days == 0
    assert not rule.pause_for_information


def test_direct_marketing_stops_the_same_day_at_low_assurance(chanthaburi: PolicyPack) -> None:
    marketing = chanthaburi.rights[Right.OBJECTION].direct_marketing
    assert marketing is not None
    assert (marketing.stop_within, marketing.assurance) == (0, Assurance.LOW)


def test_the_grounds_that_a_request_names_are_those_of_the_api(chanthaburi: PolicyPack) -> None:
    named = {right: rule.request_grounds for right, rule in chanthaburi.rights.items() if rule.request_grounds}
    assert named == {
        Right.OBJECTION: ("public_task_or_legitimate_interest", "direct_marketing", "research"),
        Right.RESTRICTION: (
            "accuracy_under_check",
            "unlawful_but_keep",
            "needed_for_claims",
            "objection_under_check",
        ),
        Right.ERASURE: ("no_longer_necessary", "consent_withdrawn", "objected", "unlawful"),
    }


EVERY_RIGHT = set(RequestKind)


def test_the_prefix_of_a_ground_names_its_right(chanthaburi: PolicyPack) -> None:
    prefixes = {
        "access": {RequestKind.ACCESS},
        "port": {RequestKind.PORTABILITY},
        "object": {RequestKind.OBJECTION},
        "erase": {RequestKind.ERASURE},
        "restrict": {RequestKind.RESTRICTION},
        "rectify": {RequestKind.CORRECTION},
        "complaint": {RequestKind.COMPLAINT},
    }
    for code, ground in chanthaburi.grounds.items():
        assert set(ground.rights) == prefixes.get(code.split("_")[0], EVERY_RIGHT), code


def test_the_list_of_grounds_is_closed(chanthaburi: PolicyPack) -> None:
    assert set(chanthaburi.grounds) == {
        "access_law_court_and_others",
        "port_public_task_or_law",
        "port_others_rights",
        "port_not_eligible",
        "port_technically_impossible",
        "object_compelling",
        "object_legal_claims",
        "object_public_research",
        "object_not_objectable",
        "erase_legal_compliance",
        "erase_legal_claims",
        "erase_expression",
        "erase_archive_public_health",
        "erase_still_necessary",
        "restrict_ground_not_met",
        "rectify_accurate",
        "rectify_no_evidence",
        "complaint_not_founded",
        "no_data_held",
        "insufficient_detail",
        "deceased_subject",
        "out_of_scope_credit_bureau",
        "id_not_proven",
        "no_authority",
    }


def test_grounds_that_must_be_registered_or_cant_be_decided_are_marked(chanthaburi: PolicyPack) -> None:
    grounds = chanthaburi.grounds
    assert {code for code, ground in grounds.items() if ground.register_mandatory} == {
        "access_law_court_and_others",
        "port_public_task_or_law",
        "port_others_rights",
        "port_not_eligible",
        "object_compelling",
        "object_legal_claims",
        "object_public_research",
        "rectify_accurate",
        "rectify_no_evidence",
    }
    assert {code for code, ground in grounds.items() if not ground.decidable} == {"id_not_proven", "no_authority"}
    assert {code for code, ground in grounds.items() if not ground.statutory} == {
        "rectify_no_evidence",
        "complaint_not_founded",
        "no_data_held",
        "insufficient_detail",
        "id_not_proven",
        "no_authority",
    }


def test_what_was_not_read_of_a_ground_is_not_called_verified(chanthaburi: PolicyPack) -> None:
    assert {code for code, ground in chanthaburi.grounds.items() if not ground.verified} == {
        "port_not_eligible",
        "erase_legal_compliance",
        "erase_legal_claims",
        "erase_expression",
        "erase_archive_public_health",
        "deceased_subject",
        "no_authority",
    }


@pytest.mark.parametrize(
    ("ground", "words"),
    [
        ("access_law_court_and_others", ["และ", "อาจก่อให้เกิดความเสียหาย", "สิทธิและเสรีภาพของบุคคลอื่น"]),
        ("object_legal_claims", ["การปฏิบัติตาม"]),
        ("erase_legal_claims", ["การปฏิบัติตาม"]),
        ("object_not_objectable", ["ประโยชน์โดยชอบด้วยกฎหมาย", "การตลาดแบบตรง", "การวิจัย"]),
    ],
)
def test_a_ground_says_no_less_than_the_law_asks_for(chanthaburi: PolicyPack, ground: str, words: list[str]) -> None:
    missing = [word for word in words if word not in chanthaburi.grounds[ground].text.th]
    assert missing == []


def test_the_general_text_of_a_ground_leaves_no_place_open(chanthaburi: PolicyPack) -> None:
    for ground in chanthaburi.grounds.values():
        assert "{" not in ground.general_text.th + ground.general_text.en, ground.code
    assert chanthaburi.grounds["erase_legal_compliance"].general_text.en == (
        "The data must be kept under the law named in the decision until the date stated in the decision."
    )
    accurate = chanthaburi.grounds["rectify_accurate"]
    assert accurate.general_text == accurate.text


def test_a_one_time_code_has_six_digits_ten_minutes_and_five_tries(chanthaburi: PolicyPack) -> None:
    rule = chanthaburi.identity
    assert (rule.code_digits, rule.code_minutes, rule.code_tries, rule.cool_off_minutes, rule.lapse_days) == (
        6,
        10,
        5,
        15,
        30,
    )


def test_everybody_with_a_token_reads_catalogue_and_policy(chanthaburi: PolicyPack) -> None:
    for role in Role:
        assert {Permission.CATALOGUE_READ, Permission.POLICY_READ} <= chanthaburi.roles[role], role


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        (Permission.SUBJECT_READ, "member representative core_banking staff dpo auditor"),
        (Permission.SUBJECT_READ_UNMASKED, "dpo"),
        (Permission.SUBJECT_WRITE, "core_banking staff dpo"),
        (Permission.RECORD_READ, "member representative core_banking staff dpo auditor"),
        (Permission.RECORD_WRITE, "core_banking"),
        (Permission.RETENTION_READ, "member representative core_banking staff dpo committee auditor"),
        (Permission.CONSENT_READ, "member representative core_banking staff dpo auditor"),
        (Permission.CONSENT_GRANT, "member representative core_banking staff dpo"),
        (Permission.CONSENT_WITHDRAW, "member representative core_banking staff dpo"),
        (Permission.REQUEST_READ, "member representative staff dpo auditor"),
        (Permission.REQUEST_SUBMIT, "member representative staff dpo"),
        (Permission.REQUEST_IDENTIFY, "member representative staff dpo"),
        (Permission.REQUEST_IDENTIFY_IN_PERSON, "staff dpo"),
        (Permission.REQUEST_ASSESS, "staff dpo"),
        (Permission.REQUEST_ASSIGN, "staff dpo"),
        (Permission.REQUEST_ASK, "staff dpo"),
        (Permission.REQUEST_ANSWER, "member representative staff dpo"),
        (Permission.REQUEST_CANCEL, "member representative staff dpo"),
        (Permission.REQUEST_DECIDE, "staff dpo"),
        (Permission.REQUEST_DECIDE_FOUR_EYES, "dpo"),
        (Permission.REQUEST_EXTEND, "dpo"),
        (Permission.TASK_READ, "core_banking staff dpo auditor"),
        (Permission.TASK_WORK, "core_banking staff dpo"),
        (Permission.LEGAL_HOLD_READ, "staff dpo auditor"),
        (Permission.LEGAL_HOLD_WRITE, "dpo"),
        (Permission.AUDIT_READ, "dpo auditor"),
    ],
)
def test_each_permission_is_held_by_the_roles_of_the_api(
    chanthaburi: PolicyPack, permission: Permission, roles: str
) -> None:
    assert {role for role in Role if permission in chanthaburi.roles[role]} == set(roles.split())
