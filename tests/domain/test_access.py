"""What a request for access may get, and what it tells."""

from app.domain.access import assess_item, purposes_of, recipients_of
from app.domain.policy import Bilingual
from app.domain.rights_request import ItemOutcome
from app.policies.loader import load_pack

LABEL = Bilingual("ข้อมูลการเงิน", "Financial data")
PACK = load_pack("chanthaburi-teachers")


def test_what_is_held_is_granted_unless_law_and_the_rights_of_others_forbid_it() -> None:
    item = assess_item("financial", LABEL, held=True, deceased=False)
    assert (item.proposed, item.grantable) == (ItemOutcome.GRANTED, True)
    assert item.grounds == ("access_law_court_and_others", "insufficient_detail", "out_of_scope_credit_bureau")


def test_what_is_not_held_and_what_is_of_the_dead_is_not_told() -> None:
    assert assess_item("financial", LABEL, held=False, deceased=False).grounds == ("no_data_held",)
    assert assess_item("financial", LABEL, held=True, deceased=True).grounds == ("deceased_subject",)


def test_a_record_serves_the_purpose_that_its_system_named() -> None:
    assert purposes_of("loan_contract", "account_opening", ("photo",), PACK) == ("account_opening",)


def test_else_it_serves_all_that_keep_such_records_and_use_one_of_its_categories() -> None:
    found = purposes_of("member_data", None, ("personal_identity",), PACK)
    rule = PACK.rule_for("member_data")
    assert rule is not None
    assert found
    for code, purpose in PACK.purposes.items():
        assert (code in found) == (rule.code in purpose.retention and "personal_identity" in purpose.categories)
    assert purposes_of("member_data", None, ("astrology",), PACK) == ()
    assert purposes_of("nothing known", None, ("personal_identity",), PACK) == ()


def test_recipients_are_those_of_the_purposes_once_each() -> None:
    assert recipients_of(("life_insurance_assessment", "life_insurance_assessment"), PACK) == ("insurer",)
    assert recipients_of(("dropped long ago",), PACK) == ()
