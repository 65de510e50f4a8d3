"""What a complaint may get."""

from app.domain.complaint import assess_item
from app.domain.policy import Bilingual
from app.domain.rights_request import ItemOutcome

LABEL = Bilingual("ร้องเรียน", "Complaint")


def test_facts_refuse_no_complaint_and_judgement_may() -> None:
    item = assess_item(LABEL, deceased=False)
    assert (item.ref, item.proposed, item.grantable) == ("complaint", ItemOutcome.GRANTED, True)
    assert item.grounds == ("complaint_not_founded", "insufficient_detail", "out_of_scope_credit_bureau")


def test_the_dead_complain_no_more() -> None:
    item = assess_item(LABEL, deceased=True)
    assert (item.proposed, item.grounds, item.grantable) == (ItemOutcome.REFUSED, ("deceased_subject",), False)
