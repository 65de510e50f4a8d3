"""What a restriction may get of one purpose or record (PDPA s.34; LAW B2)."""

from collections.abc import Iterable
from enum import StrEnum

from app.domain.policy import Bilingual, PolicyPack
from app.domain.rights_request import (
    DECEASED_SUBJECT,
    JUDGED_BY_OFFICERS,
    NO_DATA_HELD,
    ItemAssessment,
    ItemOutcome,
    refused_for,
)

RESTRICT_GROUND_NOT_MET = "restrict_ground_not_met"


class RestrictionGround(StrEnum):
    """The case of PDPA s.34 that the subject relies on."""

    ACCURACY_UNDER_CHECK = "accuracy_under_check"
    UNLAWFUL_BUT_KEEP = "unlawful_but_keep"
    NEEDED_FOR_CLAIMS = "needed_for_claims"
    OBJECTION_UNDER_CHECK = "objection_under_check"


def assess_item(ref: str, label: Bilingual, *, held: bool, deceased: bool) -> ItemAssessment:
    """What law says about restricting a purpose, or a record: granted, unless an officer finds that no case of s.34 applies.

    `held`: whether there is such a record, or the policy knows the purpose.
    """
    if deceased:
        return refused_for(DECEASED_SUBJECT, ref, label)
    if not held:
        return refused_for(NO_DATA_HELD, ref, label)
    grounds = (RESTRICT_GROUND_NOT_MET, *JUDGED_BY_OFFICERS)
    return ItemAssessment(ref, label, ItemOutcome.GRANTED, grounds)


def kinds_of(purposes: Iterable[str], pack: PolicyPack) -> frozenset[str]:
    """The kinds of records that serve the purposes: those of their retention rules."""
    rules = {rule for code in purposes if code in pack.purposes for rule in pack.purposes[code].retention}
    return frozenset(kind for rule in rules for kind in pack.retention_rules[rule].kinds)


def categories_of(purposes: Iterable[str], pack: PolicyPack) -> frozenset[str]:
    """The categories of data that the purposes process."""
    return frozenset(
        category for code in purposes if code in pack.purposes for category in pack.purposes[code].categories
    )
