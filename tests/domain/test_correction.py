"""What a correction may get."""

from app.domain.correction import assess_item
from app.domain.policy import Bilingual
from app.domain.rights_request import ItemOutcome

LABEL = Bilingual("โทรศัพท์", "phone")


def test_a_change_is_granted_unless_the_data_is_right_or_the_evidence_wanting() -> None:
    item = assess_item("0", LABEL, held=True, deceased=False)
    assert (item.proposed, item.grantable) == (ItemOutcome.GRANTED, True)
    assert item.grounds == (
        "rectify_accurate",
        "rectify_no_evidence",
        "insufficient_detail",
        "out_of_scope_credit_bureau",
    )


def test_what_is_not_held_and_what_the_dead_ask_for_is_not_corrected() -> None:
    assert assess_item("0", LABEL, held=False, deceased=False).grounds == ("no_data_held",)
    assert assess_item("0", LABEL, held=False, deceased=True).grounds == ("deceased_subject",)
    assert not assess_item("0", LABEL, held=False, deceased=False).grantable
