"""What an erasure request may get of one held record (PDPA s.33; DOMAIN "Erasure request").

Retention tells why a record is kept; this module tells which of those reasons may refuse its erasure. A running floor
refuses for the law's sake, the rest of the policy period for legal claims where the rule says so, and what still lasts
(membership, contract, debt, claim, another request) as still necessary. Where the consent behind the record was
withdrawn, or its processing was unlawful, only a law, an order or a hold refuses, and what no rule can resolve.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from app.domain.policy import Bilingual, PolicyPack
from app.domain.reasons import ERASE_LEGAL_CLAIMS, ERASE_LEGAL_COMPLIANCE, Cause, Reason
from app.domain.retention import Circumstances, Record, evaluate, last_day, rules_for, weigh
from app.domain.rights_request import ItemAssessment, ItemOutcome
from app.domain.vocabulary import Basis, RetentionAction

_CONSENT_BASES = frozenset({Basis.CONSENT, Basis.EXPLICIT_CONSENT})


class ErasureGround(StrEnum):
    """The case of PDPA s.33 on which erasure is asked for."""

    NO_LONGER_NECESSARY = "no_longer_necessary"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    OBJECTED = "objected"
    UNLAWFUL = "unlawful"


class ErasureMethod(StrEnum):
    """How the data ends: erased or destroyed, or made anonymous."""

    ERASE = "erase"
    ANONYMISE = "anonymise"


def method_for(ground: ErasureGround, asked: ErasureMethod) -> ErasureMethod:
    """The method to use: what was processed unlawfully is never kept in anonymous form."""
    return ErasureMethod.ERASE if ground is ErasureGround.UNLAWFUL else asked


def assess_item(
    record: Record,
    pack: PolicyPack,
    circumstances: Circumstances,
    today: date,
    *,
    ground: ErasureGround,
    consent_withdrawn: bool = False,
) -> ItemAssessment:
    """What law and pack say about erasing `record` today.

    `consent_withdrawn`: no consent for the record's purpose is effective any more. A request on that ground withdraws
    the consent of a record that rests on it.
    """
    decision = evaluate(record, pack, circumstances, today)
    label = _label(record, pack, today)
    if decision.action is RetentionAction.DISPOSE:
        return _granted(record, label, decision.because)
    withdrawn = record.basis in _CONSENT_BASES and (consent_withdrawn or ground is ErasureGround.CONSENT_WITHDRAWN)
    only_law = withdrawn or ground is ErasureGround.UNLAWFUL
    standing = tuple(reason for reason in decision.because if reason.binding or not only_law)
    refusing = tuple(reason for reason in standing if reason.ground is not None)
    if not refusing:
        return _granted(record, label, ())
    kept = weigh(standing, today)
    return ItemAssessment(
        ref=record.record_ref,
        label=label,
        proposed=ItemOutcome.REFUSED,
        grounds=_grounds(refusing),
        grantable=False,
        until=kept.until,
        waits_for=kept.waits_for,
        because=standing,
        refusable_until=last_day(refusing),
    )


def _granted(record: Record, label: Bilingual, because: tuple[Reason, ...]) -> ItemAssessment:
    return ItemAssessment(record.record_ref, label, ItemOutcome.GRANTED, because=because)


def _grounds(refusing: Sequence[Reason]) -> tuple[str, ...]:
    """The grounds that hold today: legal claims take over from the floors only when the last of these has run."""
    floor_runs = any(reason.cause is Cause.FLOOR for reason in refusing)
    found: dict[str, None] = {}
    for reason in refusing:
        if reason.cause is Cause.HOLD:
            found |= {ERASE_LEGAL_CLAIMS: None, ERASE_LEGAL_COMPLIANCE: None}
        elif reason.ground is not None and not (reason.cause is Cause.PERIOD and floor_runs):
            found[reason.ground] = None
    return tuple(found)


def _label(record: Record, pack: PolicyPack, today: date) -> Bilingual:
    rules = rules_for(record, pack, today)
    return rules[0].label if rules else Bilingual(th=record.kind, en=record.kind)
