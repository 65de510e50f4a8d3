"""What a correction may get of one change that is asked for (PDPA s.35, s.36; policy clause 12(2))."""

from app.domain.policy import Bilingual
from app.domain.rights_request import (
    DECEASED_SUBJECT,
    JUDGED_BY_OFFICERS,
    NO_DATA_HELD,
    ItemAssessment,
    ItemOutcome,
    refused_for,
)

RECTIFY_ACCURATE = "rectify_accurate"
RECTIFY_NO_EVIDENCE = "rectify_no_evidence"


def assess_item(ref: str, label: Bilingual, *, held: bool, deceased: bool) -> ItemAssessment:
    """What law says about a change: granted, unless an officer finds the data right, or the evidence wanting.

    `held`: whether there is such a record; a change that names none always counts as that.
    """
    if deceased:
        return refused_for(DECEASED_SUBJECT, ref, label)
    if not held:
        return refused_for(NO_DATA_HELD, ref, label)
    grounds = (RECTIFY_ACCURATE, RECTIFY_NO_EVIDENCE, *JUDGED_BY_OFFICERS)
    return ItemAssessment(ref, label, ItemOutcome.GRANTED, grounds)
