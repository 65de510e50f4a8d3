"""What stays in force of a consent that is withdrawn in part (PDPA s.19, s.95)."""

import pytest

from app.domain.consent import Binding
from app.domain.errors import FieldError, InvalidInput
from app.domain.partial_withdrawal import check_part, what_remains
from app.domain.policy import PolicyPack
from app.policies.loader import load_pack

INSURANCE, MASTER = "life_insurance_assessment", "member_master_record"
WHOLE = Binding(("personal_identity", "health", "third_party"), ("insurer",), explicit=True)


@pytest.fixture(scope="module")
def pack() -> PolicyPack:
    return load_pack("chanthaburi-teachers")


def test_what_was_not_named_remains_and_is_explicit_while_it_must_be(pack: PolicyPack) -> None:
    left = what_remains(INSURANCE, WHOLE, {"third_party"}, pack)
    assert left == Binding(("personal_identity", "health"), ("insurer",), explicit=True)
    left = what_remains(INSURANCE, WHOLE, {"health"}, pack)
    assert left == Binding(("personal_identity", "third_party"), ("insurer",), explicit=False)


def test_what_was_never_explicit_does_not_become_so(pack: PolicyPack) -> None:
    left = what_remains(INSURANCE, Binding(WHOLE.categories, WHOLE.recipients), {"third_party"}, pack)
    assert left is not None
    assert left.explicit is False


def test_nothing_remains_of_the_whole_nor_for_a_purpose_that_is_gone(pack: PolicyPack) -> None:
    assert what_remains(INSURANCE, WHOLE, WHOLE.categories, pack) is None
    assert what_remains("moon_landing", WHOLE, {"health"}, pack) is None


def test_where_only_sensitive_data_needs_consent_ordinary_data_alone_is_none(pack: PolicyPack) -> None:
    bound = Binding(("personal_identity", "religion"), (), explicit=True)
    assert what_remains(MASTER, bound, {"religion"}, pack) is None
    assert what_remains(MASTER, bound, {"personal_identity"}, pack) == Binding(("religion",), (), explicit=True)


def test_a_category_that_is_not_bound_is_told_by_its_place() -> None:
    check_part(WHOLE.categories, ["health", "third_party"])
    with pytest.raises(InvalidInput) as refused:
        check_part(WHOLE.categories, ["health", "moon"])
    assert refused.value.errors == [FieldError("/categories/1", "not_allowed")]
