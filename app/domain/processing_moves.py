"""What a data subject can do about a purpose: consent, withdraw, object, restrict, ask for erasure (PDPA s.19, 32-34)."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from app.domain.catalogue import Purpose
from app.domain.consent import ConsentStatus
from app.domain.notices import current_notice
from app.domain.policy import PolicyPack
from app.domain.processing import OBJECTION, RESTRICTION
from app.domain.processing_facts import Facts, Limit
from app.domain.vocabulary import ConsentNeed, Objectable


class ProcessingMove(StrEnum):
    """A step that is open now; whether it is granted is another question."""

    GRANT_CONSENT = "grant_consent"
    WITHDRAW_CONSENT = "withdraw_consent"
    OBJECT = "object"
    RESTRICT = "restrict"
    ERASE = "erase"


def moves(
    purpose: Purpose, facts: Facts, status: ConsentStatus | None, pack: PolicyPack, today: date
) -> tuple[ProcessingMove, ...]:
    """The moves that the pack leaves open; none about who has died or was erased. `status`: of the newest consent.

    A consent that another law makes irrevocable can be neither given nor withdrawn here (LAW T-23).
    """
    if facts.person is None or facts.erased or facts.person.dead(today):
        return ()
    return tuple(_moves(purpose, facts, status, pack, today))


def limit_of(purpose: Purpose, facts: Facts, kind: str) -> Limit | None:
    """The oldest restriction or objection that names the purpose, or any of whose records it concerns."""
    refs = {held.record.record_ref for held in facts.records}
    found = [
        limit
        for limit in facts.limits
        if limit.kind == kind and (purpose.code in limit.purposes or not refs.isdisjoint(limit.record_refs))
    ]
    return min(found, key=lambda limit: limit.since, default=None)


def _moves(
    purpose: Purpose, facts: Facts, status: ConsentStatus | None, pack: PolicyPack, today: date
) -> Iterator[ProcessingMove]:
    if purpose.statutory_instrument is None and purpose.requires_consent is not ConsentNeed.NEVER:
        if status is ConsentStatus.ACTIVE:
            yield ProcessingMove.WITHDRAW_CONSENT
        elif current_notice(pack.notices.values(), purpose.code, today) is not None:
            yield ProcessingMove.GRANT_CONSENT
    if purpose.objectable is not Objectable.NO and limit_of(purpose, facts, OBJECTION) is None:
        yield ProcessingMove.OBJECT
    if limit_of(purpose, facts, RESTRICTION) is None:
        yield ProcessingMove.RESTRICT
    yield ProcessingMove.ERASE
