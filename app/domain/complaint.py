"""What a complaint to the cooperative may get (PDPA s.73; policy clause 12): officers judge it, the facts alone refuse nothing."""

from app.domain.policy import Bilingual
from app.domain.rights_request import DECEASED_SUBJECT, JUDGED_BY_OFFICERS, ItemAssessment, ItemOutcome, refused_for

COMPLAINT = "complaint"
"""The reference of a complaint's one item."""
COMPLAINT_NOT_FOUNDED = "complaint_not_founded"


def assess_item(label: Bilingual, *, deceased: bool) -> ItemAssessment:
    """What law says about a complaint: granted, which is to say founded, unless an officer finds no breach."""
    if deceased:
        return refused_for(DECEASED_SUBJECT, COMPLAINT, label)
    return ItemAssessment(COMPLAINT, label, ItemOutcome.GRANTED, (COMPLAINT_NOT_FOUNDED, *JUDGED_BY_OFFICERS))
