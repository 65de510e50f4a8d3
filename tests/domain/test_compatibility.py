"""Further purposes: what an assessment may not say, and what the use still needs (PDPA s.21, s.26)."""

from dataclasses import replace
from itertools import product

import pytest

from app.domain.compatibility import Answers, FurtherUse, faults, requirements, sensitive_among
from app.domain.errors import FieldError
from app.domain.policy import Bilingual, Category, Purpose
from app.domain.vocabulary import Basis, ConsentNeed, Objectable
from tests.domain.building import pack, text

CATEGORIES = {
    code: Category(code, "3", sensitive, text(code))
    for code, sensitive in {"religion": True, "name": False, "health": True, "photo": False}.items()
}
PACK = replace(pack(), categories=CATEGORIES)
ACCOUNT = Purpose(
    code="account",
    number=1,
    clause="6(1)",
    label=text("account"),
    bases=(Basis.CONTRACT,),
    requires_consent=ConsentNeed.SENSITIVE_ONLY,
    objectable=Objectable.NO,
    categories=("name", "religion"),
    recipients=(),
    retention=(),
    verified=True,
)
STUDY = FurtherUse(
    purpose="account",
    further_purpose="study",
    label=Bilingual("ศึกษา", "Study"),
    categories=("name",),
    answers=Answers("a link", "a context", "names", "none", "sums only"),
    sensitive_reason=None,
    compatible=True,
    conclusion="It may.",
)


def test_ordinary_data_of_the_purpose_may_be_found_compatible() -> None:
    assert faults(STUDY, ACCOUNT, PACK) == []


def test_sensitive_data_is_not_found_compatible_without_a_reason() -> None:
    sensitive = replace(STUDY, categories=("name", "religion"))
    assert faults(sensitive, ACCOUNT, PACK) == [FieldError("/sensitive_reason", "missing")]
    assert faults(replace(sensitive, sensitive_reason="A law wants it"), ACCOUNT, PACK) == []


def test_no_reason_is_wanted_where_sensitive_data_is_found_incompatible() -> None:
    assert faults(replace(STUDY, categories=("religion",), compatible=False), ACCOUNT, PACK) == []


def test_what_was_not_collected_for_the_purpose_is_pointed_at() -> None:
    wide = replace(STUDY, categories=("photo", "name", "health"), compatible=False)
    assert faults(wide, ACCOUNT, PACK) == [
        FieldError("/categories/0", "not_allowed"),
        FieldError("/categories/2", "not_allowed"),
    ]


def test_the_purpose_itself_is_no_further_one() -> None:
    assert faults(replace(STUDY, further_purpose="account"), ACCOUNT, PACK) == [
        FieldError("/further_purpose", "not_allowed")
    ]


def test_sensitive_categories_come_in_the_order_of_the_pack() -> None:
    assert sensitive_among(["health", "name", "religion", "unknown"], PACK) == ("religion", "health")


@pytest.mark.parametrize(
    ("compatible", "sensitive", "needed"),
    [
        (True, False, []),
        (True, True, ["explicit_consent"]),
        (False, False, ["notice_version", "consent_or_law"]),
        (False, True, ["notice_version", "consent_or_law", "explicit_consent"]),
    ],
)
def test_what_the_use_still_needs(compatible: bool, sensitive: bool, needed: list[str]) -> None:
    assert [one.code for one in requirements(compatible=compatible, sensitive=sensitive)] == needed


def test_everything_that_is_needed_is_cited_in_both_languages() -> None:
    for compatible, sensitive in product([True, False], repeat=2):
        for one in requirements(compatible=compatible, sensitive=sensitive):
            assert one.provision.startswith("PDPA s.")
            assert one.text.th != one.text.en
