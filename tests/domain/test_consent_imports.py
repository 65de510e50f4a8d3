"""What a former consent binds and what it is worth (PDPA s.19, s.95; LAW T-01, T-25)."""

from datetime import date
from typing import Any

import pytest

from app.domain.capacity import Person
from app.domain.catalogue import ClauseFlag
from app.domain.consent import Binding
from app.domain.consent_imports import FormerConsent, ImportFault, judge
from app.domain.policy import PolicyPack
from app.domain.vocabulary import Channel, ConsentQuality
from app.policies.loader import load_pack

INSURANCE, MASTER = "life_insurance_assessment", "member_master_record"
TODAY = date(2026, 11, 21)
BUNDLED = (ClauseFlag.BUNDLED_CONSENT,)


@pytest.fixture(scope="module")
def pack() -> PolicyPack:
    return load_pack("chanthaburi-teachers")


def former(**changes: Any) -> FormerConsent:
    given: dict[str, Any] = {
        "subject_ref": "M-1",
        "purpose": INSURANCE,
        "granted_on": date(2024, 3, 15),
        "channel": Channel.COUNTER,
    }
    return FormerConsent(**{**given, **changes})


@pytest.mark.parametrize(
    ("before_act", "wording", "quality"),
    [
        (False, (), ConsentQuality.DOUBTFUL),
        (False, BUNDLED, ConsentQuality.DOUBTFUL),
        (True, BUNDLED, ConsentQuality.DOUBTFUL),
        (True, (), ConsentQuality.ORIGINAL_PURPOSE),
    ],
)
def test_it_is_never_sound(before_act: bool, wording: tuple[ClauseFlag, ...], quality: ConsentQuality) -> None:
    assert former(before_act=before_act, wording=wording).quality is quality


def test_it_binds_ordinary_data_unless_it_says_more_and_is_never_explicit(pack: PolicyPack) -> None:
    insurer = ("insurer",)
    assert judge(former(), Person(), pack, TODAY) == Binding(("personal_identity", "third_party"), insurer)
    named = judge(former(categories=("health",)), Person(), pack, TODAY)
    assert named == Binding(("health",), insurer, explicit=False)


def test_where_only_sensitive_data_needs_consent_it_binds_all_or_what_it_names_with_some_of_that(
    pack: PolicyPack,
) -> None:
    whole = judge(former(purpose=MASTER), Person(), pack, TODAY)
    assert isinstance(whole, Binding)
    assert whole.categories == tuple(pack.purposes[MASTER].categories)
    ordinary = tuple(code for code in whole.categories if not pack.categories[code].sensitive)
    assert judge(former(purpose=MASTER, categories=ordinary), Person(), pack, TODAY) is ImportFault.NOT_CONSENT_BASED


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"purpose": "moon_landing"}, ImportFault.PURPOSE_UNKNOWN),
        ({"purpose": "monthly_member_billing"}, ImportFault.NOT_CONSENT_BASED),
        ({"purpose": "payroll_deduction_notice_to_employer"}, ImportFault.STATUTORY_INSTRUMENT),
        ({"granted_on": date(2026, 11, 22)}, ImportFault.INVALID_ROW),
        ({"granted_on": date(1970, 5, 16)}, ImportFault.INVALID_ROW),
        ({"granted_on": date(2022, 6, 1), "before_act": True}, ImportFault.NOT_BEFORE_ACT),
        ({"categories": ("moon",)}, ImportFault.INVALID_ROW),
        ({"categories": ()}, ImportFault.INVALID_ROW),
        ({"recipients": ("banks",)}, ImportFault.INVALID_ROW),
        ({"granted_on": date(2025, 1, 1)}, ImportFault.SUBJECT_DECEASED),
    ],
)
def test_what_can_t_have_been_consented_to_is_told_by_a_code(
    pack: PolicyPack, changes: dict[str, Any], fault: ImportFault
) -> None:
    assert judge(former(**changes), Person("1970-05-17", deceased_on=date(2025, 1, 1)), pack, TODAY) is fault


@pytest.mark.parametrize(
    "changes", [{"granted_on": TODAY}, {"granted_on": date(2022, 5, 31), "before_act": True}, {"recipients": ()}]
)
def test_what_lies_just_within_is_taken(pack: PolicyPack, changes: dict[str, Any]) -> None:
    assert isinstance(judge(former(**changes), Person(), pack, TODAY), Binding)
