"""What a request for access may get of one category, and what has to be told about each record (PDPA s.30, s.23)."""

from collections.abc import Collection
from dataclasses import dataclass

from app.domain import disclosures
from app.domain.disclosures import Told
from app.domain.policy import Bilingual, PolicyPack
from app.domain.retention import RetentionDecision
from app.domain.rights_request import (
    DECEASED_SUBJECT,
    JUDGED_BY_OFFICERS,
    NO_DATA_HELD,
    ItemAssessment,
    ItemOutcome,
    refused_for,
)

ACCESS_LAW_COURT_AND_OTHERS = "access_law_court_and_others"
OWN_DATA = frozenset({"personal_identity"})
"""The category of what the service itself holds about everybody who is registered."""
THIRD_PARTY = "third_party"
"""The category under which a policy keeps data of others in the subject's records (clause 3.8)."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A record that the subject is told about: where it comes from, what for, who gets it, how long it is kept.

    `purposes`: its own where its system named one, else those that keep such records. `recipients`: whom these may disclose
    to. `told`: to whom such data was disclosed. `third_persons`: it holds data of others, which must be looked through
    before a copy is given.
    """

    record_ref: str
    kind: str
    label: Bilingual
    categories: tuple[str, ...]
    source: str | None
    provided_by_subject: bool
    purposes: tuple[str, ...]
    recipients: tuple[str, ...]
    told: tuple[Told, ...]
    third_persons: bool
    retention: RetentionDecision


def assess_item(ref: str, label: Bilingual, *, held: bool, deceased: bool) -> ItemAssessment:
    """What law says about access to a category: granted, unless law or a court forbids it and others would be harmed."""
    if deceased:
        return refused_for(DECEASED_SUBJECT, ref, label)
    if not held:
        return refused_for(NO_DATA_HELD, ref, label)
    grounds = (ACCESS_LAW_COURT_AND_OTHERS, *JUDGED_BY_OFFICERS)
    return ItemAssessment(ref, label, ItemOutcome.GRANTED, grounds)


def purposes_of(kind: str, own: str | None, categories: Collection[str], pack: PolicyPack) -> tuple[str, ...]:
    """What a record is held for: `own`, the purpose that its system named.

    Else all that keep records of its kind and use one of its categories.
    """
    if own is not None:
        return (own,)
    rule = pack.rule_for(kind)
    return tuple(
        code
        for code, purpose in pack.purposes.items()
        if rule is not None and rule.code in purpose.retention and not set(categories).isdisjoint(purpose.categories)
    )


def recipients_of(purposes: Collection[str], pack: PolicyPack) -> tuple[str, ...]:
    """Whom data held for these purposes may be disclosed to."""
    known = [pack.purposes[code] for code in purposes if code in pack.purposes]
    return tuple(sorted({recipient for purpose in known for recipient in disclosures.recipients_of(purpose, pack)}))
