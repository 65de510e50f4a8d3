"""May personal data be processed? (DOMAIN "Decision (fast path)"; PDPA s.19, 24, 26, 27, 32, 33, 34).

The rules are asked in one order: subject, purpose, categories and recipient within the purpose, erased, restricted,
objected, basis, retention. The first no decides; those of the later rules are told too. A yes names the bases that hold.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from app.domain.catalogue import Purpose
from app.domain.consent import ConsentStatus
from app.domain.policy import PolicyPack
from app.domain.processing_facts import GONE, STORAGE_ONLY, Facts, HeldRecord, Question
from app.domain.processing_reasons import OF_BASIS, Reason, ReasonCode
from app.domain.retention import evaluate
from app.domain.vocabulary import Action, Basis, ConsentNeed, RetentionAction

ACTIONS = frozenset(Action)
RESTRICTION, OBJECTION = "restriction", "objection"
ON_CONSENT = frozenset({Basis.CONSENT, Basis.EXPLICIT_CONSENT})
WHILE_RELATED = frozenset({Basis.CONTRACT, Basis.LEGITIMATE_INTEREST})
TO_AUTHORITIES = frozenset({Action.USE, Action.DISCLOSE})
OF_STATUS = {
    ConsentStatus.WITHDRAWN: ReasonCode.CONSENT_WITHDRAWN,
    ConsentStatus.EXPIRED: ReasonCode.CONSENT_EXPIRED,
    ConsentStatus.SUPERSEDED: ReasonCode.CONSENT_SUPERSEDED,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, with every reason; for a yes those are the `bases` that hold, for a no the first one decides."""

    allowed: bool
    reasons: tuple[Reason, ...]
    bases: tuple[Basis, ...] = ()


class Standing(StrEnum):
    """How a record stands towards an action."""

    IN_USE = "in_use"
    UNRESOLVED = "unresolved"
    ERASED = "erased"
    STORAGE_ONLY = "storage_only"
    RETENTION_ENDED = "retention_ended"


def decide(question: Question, facts: Facts, pack: PolicyPack, now: datetime, today: date) -> Decision:
    """The decision of the pack about `question`, as the facts stand at `now`, on `today` in Bangkok."""
    purpose = pack.purposes.get(question.purpose) if question.purpose is not None else None
    no = list(_not_understood(question, facts, purpose))
    if purpose is not None:
        no.extend(_outside_purpose(question, purpose, pack))
    if purpose is None or facts.person is None or question.action not in ACTIONS:
        return Decision(False, tuple(dict.fromkeys(no)))
    case = _Case.of(question, facts, purpose, pack, now, today)
    bases = case.bases()
    for found in (case.erased(), case.restricted(), case.objected(), case.unfounded(bases), case.past_retention()):
        no.extend(found)
    if no:
        return Decision(False, tuple(dict.fromkeys(no)))
    return Decision(True, tuple(dict.fromkeys(case.founded(bases))), bases)


def finds_record_in_use(question: Question, facts: Facts, pack: PolicyPack, now: datetime, today: date) -> bool:
    """Whether one of the records that are known is enough: kept and in use, it stands for all others."""
    purpose = pack.purposes.get(question.purpose) if question.purpose is not None else None
    return purpose is not None and Standing.IN_USE in _Case.of(question, facts, purpose, pack, now, today).standings


def asked_categories(question: Question, purpose: Purpose, pack: PolicyPack) -> tuple[str, ...]:
    """The categories of the purpose that a question is about: left out, the ordinary ones, where it has any."""
    if question.categories:
        return tuple(code for code in purpose.categories if code in question.categories)
    return pack.ordinary_categories[purpose.code] or purpose.categories


def standing(
    held: HeldRecord, action: str, pack: PolicyPack, today: date, consents: frozenset[str] = frozenset()
) -> Standing:
    """How one record stands: storage only lets it be stored, and what nobody knows the period of is kept.

    `consents`: of the purposes in question, those to which a consent is in force.
    """
    if held.state in GONE:
        return Standing.ERASED
    if held.state == STORAGE_ONLY and action != Action.STORE:
        return Standing.STORAGE_ONLY
    match evaluate(held.record, pack, replace(held.circumstances, consents=consents), today).action:
        case RetentionAction.DISPOSE:
            return Standing.RETENTION_ENDED
        case RetentionAction.UNRESOLVED:
            return Standing.UNRESOLVED
        case _:
            return Standing.IN_USE


def _concerned(
    question: Question, facts: Facts, purpose: Purpose, pack: PolicyPack, categories: tuple[str, ...]
) -> tuple[HeldRecord, ...]:
    """The records that are named, or those of the purpose's kinds that hold a category which is asked about."""
    if not facts.records:
        return ()
    named = question.record_refs
    if named is not None:
        return tuple(held for held in facts.records if held.record.record_ref in named)
    kinds = pack.kinds_by_purpose[purpose.code]
    return tuple(
        held for held in facts.records if held.record.kind in kinds and not held.categories.isdisjoint(categories)
    )


def _standings(
    records: tuple[HeldRecord, ...], action: str, pack: PolicyPack, today: date, consents: frozenset[str]
) -> frozenset[Standing]:
    """One record in use stands for all, and one whose period is unknown for those that are over."""
    found = set()
    for held in records:
        found.add(standing(held, action, pack, today, consents))
        if Standing.IN_USE in found:
            return frozenset({Standing.IN_USE})
    return frozenset({Standing.UNRESOLVED}) if Standing.UNRESOLVED in found else frozenset(found)


def _fault_of_consent(facts: Facts, pack: PolicyPack, now: datetime, today: date) -> ReasonCode | None:
    """Why the consent is not in force, if there is one: not given by whom it needs, ended, or given by who has died."""
    consent, person = facts.consent, facts.person
    if consent is None or person is None:
        return None
    if not consent.given_by_whom_it_needs(person, pack):
        return ReasonCode.REPRESENTATIVE_MISSING
    status = consent.status(pack, now, today)
    if status is not ConsentStatus.ACTIVE:
        return OF_STATUS[status]
    return ReasonCode.RELATIONSHIP_ENDED if person.dead(today) else None


def _not_understood(question: Question, facts: Facts, purpose: Purpose | None) -> Iterator[Reason]:
    if not question.resource_known:
        yield Reason(ReasonCode.RESOURCE_UNKNOWN)
    elif facts.person is None:
        yield Reason(ReasonCode.SUBJECT_UNKNOWN)
    if question.action not in ACTIONS:
        yield Reason(ReasonCode.ACTION_UNKNOWN)
    if purpose is None:
        yield Reason(ReasonCode.PURPOSE_UNKNOWN)


def _outside_purpose(question: Question, purpose: Purpose, pack: PolicyPack) -> Iterator[Reason]:
    for code in question.categories or ():
        if code not in purpose.categories:
            yield Reason(ReasonCode.CATEGORY_NOT_IN_PURPOSE, code)
    recipient = question.recipient
    if recipient is None:
        accepted = question.action != Action.DISCLOSE
    else:
        accepted = recipient in purpose.recipients or _is_authority_of(recipient, purpose, pack)
    if not accepted:
        yield Reason(ReasonCode.RECIPIENT_NOT_REGISTERED)


def _is_authority_of(recipient: str | None, purpose: Purpose, pack: PolicyPack) -> bool:
    """Whether it is an authority of clauses 8.1-8.2, and the purpose rests on legal obligation."""
    known = pack.recipients.get(recipient) if recipient is not None else None
    return known is not None and known.authority and purpose.obliged_to_authorities


@dataclass(frozen=True, slots=True)
class _Case:
    """A question that is understood: each method is one rule, and yields why it says no.

    `records`: those that the question concerns. `standings`: what they come to.
    `consent_fault`: what is wrong with the consent as a whole, whatever it covers.
    """

    question: Question
    facts: Facts
    purpose: Purpose
    pack: PolicyPack
    now: datetime
    today: date
    categories: tuple[str, ...]
    records: tuple[HeldRecord, ...]
    standings: frozenset[Standing]
    consent_fault: ReasonCode | None

    @classmethod
    def of(
        cls, question: Question, facts: Facts, purpose: Purpose, pack: PolicyPack, now: datetime, today: date
    ) -> "_Case":
        categories = asked_categories(question, purpose, pack)
        records = _concerned(question, facts, purpose, pack, categories)
        fault = _fault_of_consent(facts, pack, now, today)
        consents = frozenset({purpose.code} if fault is None and facts.consent is not None else ())
        standings = _standings(records, question.action, pack, today, consents)
        if question.action == Action.STORE and fault is not ReasonCode.REPRESENTATIVE_MISSING:
            fault = None  # what it once carried may be stored after its end
        return cls(question, facts, purpose, pack, now, today, categories, records, standings, fault)

    @property
    def stores(self) -> bool:
        return self.question.action == Action.STORE

    def erased(self) -> Iterator[Reason]:
        if self.facts.erased or Standing.ERASED in self.standings:
            yield Reason(ReasonCode.ERASED)

    def restricted(self) -> Iterator[Reason]:
        """Storing goes on, and what the law obliges to towards authorities."""
        obliged = self.question.action in TO_AUTHORITIES and _is_authority_of(
            self.question.recipient, self.purpose, self.pack
        )
        if not obliged and self._limited(RESTRICTION):
            yield Reason(ReasonCode.RESTRICTED)

    def objected(self) -> Iterator[Reason]:
        """The data is set apart, so it is still stored (PDPA s.32)."""
        if self._limited(OBJECTION):
            yield Reason(ReasonCode.OBJECTED)

    def _limited(self, kind: str) -> bool:
        if self.stores or not self.facts.limits:
            return False
        refs = frozenset(held.record.record_ref for held in self.records)
        return any(
            limit.kind == kind and (self.purpose.code in limit.purposes or not refs.isdisjoint(limit.record_refs))
            for limit in self.facts.limits
        )

    def unfounded(self, bases: tuple[Basis, ...]) -> Iterator[Reason]:
        """One basis must hold; where the purpose, or a sensitive category of it, needs consent, that besides.

        What a member of the credit bureau must report by law needs none (LAW T-01).
        """
        obliged = self.purpose.credit_bureau_duty is not None and Basis.LEGAL_OBLIGATION in bases
        always = self.purpose.requires_consent is ConsentNeed.ALWAYS and not obliged
        if not always and not bases:
            yield from (Reason(code) for basis in self.purpose.bases if (code := self._basis_fault(basis)) is not None)
        for category in self.categories:
            if (always or self._is_sensitive(category)) and (fault := self._consent_fault(category)) is not None:
                yield fault

    def past_retention(self) -> Iterator[Reason]:
        if Standing.STORAGE_ONLY in self.standings:
            yield Reason(ReasonCode.STORAGE_ONLY)
        if Standing.RETENTION_ENDED in self.standings:
            yield Reason(ReasonCode.RETENTION_ENDED)

    def bases(self) -> tuple[Basis, ...]:
        """Those of the purpose that hold for all that is asked; consent by what was given, not by what the purpose wants."""
        consent = self.facts.consent
        given = Basis.EXPLICIT_CONSENT if consent is not None and consent.counts_as_explicit else Basis.CONSENT
        held = (basis for basis in self.purpose.bases if self._basis_fault(basis) is None)
        return tuple(dict.fromkeys(given if basis is Basis.EXPLICIT_CONSENT else basis for basis in held))

    def founded(self, bases: tuple[Basis, ...]) -> Iterator[Reason]:
        """What a yes rests on."""
        yield from (Reason(OF_BASIS[basis]) for basis in bases)
        if ON_CONSENT.isdisjoint(bases):
            yield from (Reason(ReasonCode.BASIS_CONSENT, code) for code in self.categories if self._is_sensitive(code))

    def _basis_fault(self, basis: Basis) -> ReasonCode | None:
        """Why a basis does not hold. For storing, each holds until retention ends."""
        if basis in ON_CONSENT:
            faults = (self._consent_fault(category) for category in self.categories)
            return next((fault.code for fault in faults if fault is not None), None)
        if self.stores:
            return None
        if basis in WHILE_RELATED:
            return None if self.facts.relationship_lasts(self.today) else ReasonCode.RELATIONSHIP_ENDED
        return ReasonCode.UNRESOLVED if Standing.UNRESOLVED in self.standings else None

    def _is_sensitive(self, category: str) -> bool:
        """Whether it needs explicit consent: s.26, unless the pack names the exception."""
        return self.pack.categories[category].sensitive and self.purpose.sensitive_exception is None

    def _consent_fault(self, category: str) -> Reason | None:
        """Why the consent does not carry a category."""
        consent = self.facts.consent
        explicit = self._is_sensitive(category)
        whole = None if self.purpose.requires_consent is ConsentNeed.ALWAYS else category
        missing = ReasonCode.EXPLICIT_CONSENT_MISSING if explicit else ReasonCode.CONSENT_MISSING
        if consent is None:
            return Reason(missing, category if explicit else whole)
        if category not in consent.categories or (explicit and not consent.counts_as_explicit):
            return Reason(missing, category)
        if self.consent_fault is not None:
            return Reason(self.consent_fault, whole)
        if self.question.action == Action.DISCLOSE and self.question.recipient not in consent.recipients:
            return Reason(missing, category if explicit else whole)
        return None
