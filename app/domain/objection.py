"""What an objection may get of one purpose (PDPA s.32; DOMAIN "Rights requests").

The purpose's own nature decides, whatever ground the subject names: direct marketing always stops, what rests on a
public task or a legitimate interest stops unless a more compelling reason is shown, and nothing else can be objected to.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from app.domain.policy import PolicyPack, Purpose, RightRule
from app.domain.rights_request import (
    DECEASED_SUBJECT,
    JUDGED_BY_OFFICERS,
    ItemAssessment,
    ItemOutcome,
    refused_for,
)
from app.domain.vocabulary import Objectable, Right

OBJECT_NOT_OBJECTABLE = "object_not_objectable"
OBJECT_COMPELLING = "object_compelling"
OBJECT_LEGAL_CLAIMS = "object_legal_claims"
OBJECT_PUBLIC_RESEARCH = "object_public_research"


class ObjectionGround(StrEnum):
    """The case of PDPA s.32 that the subject relies on."""

    PUBLIC_TASK_OR_LEGITIMATE_INTEREST = "public_task_or_legitimate_interest"
    DIRECT_MARKETING = "direct_marketing"
    RESEARCH = "research"


def assess_item(purpose: Purpose, ground: ObjectionGround, *, deceased: bool) -> ItemAssessment:
    """What law and pack say about an objection to `purpose`. No ground at all refuses one to direct marketing."""
    if purpose.objectable is Objectable.ABSOLUTE:
        return ItemAssessment(purpose.code, purpose.label, ItemOutcome.GRANTED)
    if deceased:
        return refused_for(DECEASED_SUBJECT, purpose.code, purpose.label)
    if purpose.objectable is Objectable.NO:
        return refused_for(OBJECT_NOT_OBJECTABLE, purpose.code, purpose.label)
    own = (OBJECT_PUBLIC_RESEARCH,) if ground is ObjectionGround.RESEARCH else (OBJECT_COMPELLING, OBJECT_LEGAL_CLAIMS)
    return ItemAssessment(purpose.code, purpose.label, ItemOutcome.GRANTED, (*own, *JUDGED_BY_OFFICERS))


def objectable(purposes: Sequence[str], pack: PolicyPack, *, absolutely: bool) -> list[str]:
    """Those of the purposes that an objection segregates at once: for good where the right is absolute, else until decided."""
    wanted = Objectable.ABSOLUTE if absolutely else Objectable.YES
    return [code for code in purposes if code in pack.purposes and pack.purposes[code].objectable is wanted]


def rule_for(purposes: Sequence[str], pack: PolicyPack) -> RightRule:
    """How the objection is handled: one to nothing but direct marketing needs little assurance and is due at once."""
    rule = pack.rights[Right.OBJECTION]
    marketing = rule.direct_marketing
    if marketing is None or len(objectable(purposes, pack, absolutely=True)) < len(purposes):
        return rule
    days = marketing.stop_within
    return replace(
        rule, decide_within=days, complete_within=days, assurance=marketing.assurance, pause_for_information=False
    )
