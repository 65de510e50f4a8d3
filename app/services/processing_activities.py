"""The record of processing activities (PDPA s.39(1)-(8)): what the policy in force says, purpose by purpose."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.core.paging import MAX_LIMIT
from app.core.work import Work
from app.domain.disclosures import recipients_of
from app.domain.policy import (
    Category,
    Controller,
    EvidenceRule,
    LawfulBasis,
    PolicyPack,
    Purpose,
    Recipient,
    RetentionRule,
    SecurityMeasure,
    Source,
    StorageForm,
)
from app.domain.portability import PORTABLE
from app.domain.vocabulary import ConsentNeed, Objectable, Right
from app.services import catalogue
from app.services.catalogue import RightView

ALWAYS = frozenset({Right.ACCESS, Right.CORRECTION, Right.RESTRICTION, Right.ERASURE, Right.COMPLAINT})


@dataclass(frozen=True, slots=True)
class Activity:
    """One purpose with all that the register tells of it. `evidence`: how long the service keeps its own proof of it.

    `rights`: those that reach this purpose; one whose consent another law makes irrevocable can't be withdrawn from.
    """

    purpose: Purpose
    categories: Sequence[Category]
    bases: Sequence[LawfulBasis]
    recipients: Sequence[Recipient]
    retention: Sequence[RetentionRule]
    evidence: EvidenceRule | None
    rights: Sequence[Right]


@dataclass(frozen=True, slots=True)
class ProcessingRegister:
    """The whole record."""

    pack: PolicyPack
    controller: Controller
    activities: Sequence[Activity]
    rights: Sequence[RightView]
    sources: Sequence[Source]
    storage_forms: Sequence[StorageForm]
    security_measures: Sequence[SecurityMeasure]


def read(work: Work) -> ProcessingRegister:
    """The record as it stands under the policy in force."""
    pack = work.pack
    return ProcessingRegister(
        pack=pack,
        controller=pack.controller,
        activities=[_activity(pack, purpose) for purpose in sorted(pack.purposes.values(), key=lambda p: p.number)],
        rights=catalogue.rights(work, MAX_LIMIT, None).items,
        sources=list(pack.sources.values()),
        storage_forms=list(pack.storage_forms.values()),
        security_measures=list(pack.security_measures.values()),
    )


def _activity(pack: PolicyPack, purpose: Purpose) -> Activity:
    return Activity(
        purpose=purpose,
        categories=[pack.categories[code] for code in purpose.categories],
        bases=[pack.bases[code] for code in purpose.bases],
        recipients=[pack.recipients[code] for code in recipients_of(purpose, pack)],
        retention=[pack.retention_rules[code] for code in purpose.retention],
        evidence=pack.evidence.get(purpose.code),
        rights=list(_rights(purpose)),
    )


def _rights(purpose: Purpose) -> Iterator[Right]:
    reached = set(ALWAYS)
    if purpose.requires_consent is not ConsentNeed.NEVER and purpose.statutory_instrument is None:
        reached.add(Right.WITHDRAWAL)
    if not PORTABLE.isdisjoint(purpose.bases):
        reached.add(Right.PORTABILITY)
    if purpose.objectable is not Objectable.NO:
        reached.add(Right.OBJECTION)
    yield from (right for right in Right if right in reached)
