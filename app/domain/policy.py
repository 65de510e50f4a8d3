"""What a policy pack says, as values: every rule of the law and of the policy that the service applies, with its citation.

Built by `policies.loader`; read by everything else. A pack never changes while it is in force: its `sha256` names it in
every decision, consent and request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.domain.vocabulary import (
    Assurance,
    Basis,
    ConsentNeed,
    Objectable,
    Permission,
    RequestKind,
    Right,
    Role,
    Storage,
)


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A text meant for people."""

    th: str
    en: str


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar period of the Civil Code: years, months or days, exactly one of them more than 0. ISO: `P10Y`, `P6M`, `P90D`."""

    years: int = 0
    months: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Category:
    """A category of personal data (policy clause 3)."""

    code: str
    clause: str
    sensitive: bool
    label: Bilingual


@dataclass(frozen=True, slots=True)
class Source:
    """Where personal data comes from (policy clause 4)."""

    code: str
    clause: str
    label: Bilingual


@dataclass(frozen=True, slots=True)
class StorageForm:
    """A form of storage and the method by which what lies there is destroyed (policy clauses 4 and 10)."""

    code: Storage
    clause: str
    label: Bilingual
    destruction: str
    destruction_label: Bilingual
    destruction_clause: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who data may be disclosed to (policy clause 8). `authority`: an authority of clauses 8.1-8.2."""

    code: str
    clause: str
    label: Bilingual
    authority: bool


@dataclass(frozen=True, slots=True)
class StatutoryInstrument:
    """A consent that another law makes irrevocable: kept apart from consent under the Act (LAW T-23)."""

    provision: str
    label: Bilingual


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose of processing (policy clause 6) with its bases, first one primary."""

    code: str
    number: int
    clause: str
    label: Bilingual
    bases: tuple[Basis, ...]
    requires_consent: ConsentNeed
    objectable: Objectable
    categories: tuple[str, ...]
    recipients: tuple[str, ...]
    retention: tuple[str, ...]
    consequences: Bilingual | None
    statutory_instrument: StatutoryInstrument | None
    verified: bool


@dataclass(frozen=True, slots=True)
class Floor:
    """A statutory minimum: the record must not be destroyed before `period` after `trigger` has run.

    `verified` is False where the law's number or its application has not been confirmed (LAW tags [P], [K]).
    `registrar_defined`: the Registrar of Cooperatives sets the period; `period` is then the pack's value.
    """

    law: str
    label: Bilingual
    trigger: str
    period: Period
    registrar_defined: bool
    verified: bool


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """How long records of some kinds are kept (policy clause 9), and what lengthens or suspends that.

    `period` None: defined by the insurer (`insurer_defined`), or indefinite (`indefinite`, rule 13).
    `later_of`: an event that, if present and later than the trigger, starts the period instead (`loan_settled`).
    `retain_while_membership`: kept as long as the subject's membership lasts (the default rule).
    `hold_while`: names of conditions that suspend destruction even after the period has run.
    `claims`: once the floors have run, the rest of the period may refuse an erasure as `erase_legal_claims` (Civil Code 193/30).
    """

    code: str
    number: int
    clause: str
    label: Bilingual
    kinds: tuple[str, ...]
    default: bool
    trigger: str
    trigger_fallback: str | None
    later_of: str | None
    period: Period | None
    insurer_defined: bool
    indefinite: bool
    claims: bool
    retain_while_membership: bool
    floors: tuple[Floor, ...]
    hold_while: tuple[str, ...]
    enabled: bool
    verified: bool
    laws: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A named circumstance that keeps a record while it lasts, and the ground on which an erasure may be refused for it."""

    code: str
    label: Bilingual
    ground: str
    law: str


@dataclass(frozen=True, slots=True)
class EventName:
    """A dated fact about a record that a clock may start from."""

    code: str
    label: Bilingual


@dataclass(frozen=True, slots=True)
class InsurerPeriod:
    """The period that one insurer has set for its credit life policies (LAW T-20)."""

    insurer: str
    trigger: str
    period: Period
    evidence: str


@dataclass(frozen=True, slots=True)
class Ground:
    """A coded ground of refusal (LAW E7), valid for the rights named; `procedural` ones must be curable."""

    code: str
    rights: tuple[RequestKind, ...]
    statutory: bool
    provision: str
    text: Bilingual
    register_mandatory: bool
    decidable: bool


@dataclass(frozen=True, slots=True)
class RightRule:
    """How one of the eight rights is exercised: deadlines in days from receipt, assurance, four eyes.

    `decide_within`, `complete_within`: days after the day of receipt; 0 = the day itself.
    `assurance` None: that of the consent concerned (withdrawal).
    """

    code: Right
    clause: str
    provision: str
    label: Bilingual
    how: Bilingual
    decide_within: int
    complete_within: int
    assurance: Assurance | None
    four_eyes: bool
    extension_days: int
    request_grounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IdentityRule:
    """One-time codes and proof of identity (API 8)."""

    code_digits: int
    code_minutes: int
    code_tries: int
    cool_off_minutes: int
    lapse_days: int


@dataclass(frozen=True, slots=True)
class HolidayYear:
    """The public holidays of one year, substitutes included, and where the list was read."""

    year: int
    source: str
    verified: bool
    days: Mapping[date, Bilingual]


@dataclass(frozen=True, slots=True)
class FixedHoliday:
    """A holiday on the same date each year: all that is known of a year without data."""

    month: int
    day: int
    label: Bilingual


@dataclass(frozen=True, slots=True)
class Notice:
    """One version of a privacy notice (PDPA s.23): what a consent is bound to, by `content_sha256`."""

    notice_id: str
    version: str
    effective_from: date
    purposes: tuple[str, ...]
    title: Bilingual
    content: Bilingual
    content_sha256: str


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody."""

    address: Bilingual
    phones: tuple[str, ...]
    email: str


@dataclass(frozen=True, slots=True)
class DataProtectionOfficer:
    """Whether one is appointed (PDPA s.41), and the contact point that is published in any case."""

    appointed: bool
    contact: str


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Opening hours, local time of Asia/Bangkok as `HH:MM`."""

    days: tuple[str, ...]
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class Controller:
    """The data controller (policy clauses 2 and 16)."""

    code: str
    name: Bilingual
    contact: Contact
    office_hours: OfficeHours
    dpo: DataProtectionOfficer
    clauses: tuple[str, ...]
    warnings: tuple[Bilingual, ...]


@dataclass(frozen=True, slots=True)
class LawfulBasis:
    """A basis as the policy words it (clause 7) and the section of the Act behind it."""

    code: Basis
    clause: str
    provision: str
    label: Bilingual


@dataclass(frozen=True, slots=True)
class DisposalRule:
    """Approval of destruction (policy clause 10): how many of the committee, the proposer not counted."""

    quorum: int
    clause: str


@dataclass(frozen=True)
class PolicyPack:
    """Everything that one controller's policy says, checked as a whole."""

    name: str
    version: str
    sha256: str
    canonical: str
    controller: Controller
    categories: Mapping[str, Category]
    sources: Mapping[str, Source]
    storage_forms: Mapping[Storage, StorageForm]
    bases: Mapping[Basis, LawfulBasis]
    recipients: Mapping[str, Recipient]
    purposes: Mapping[str, Purpose]
    retention_rules: Mapping[str, RetentionRule]
    conditions: Mapping[str, Condition]
    events: Mapping[str, EventName]
    insurer_periods: Mapping[str, InsurerPeriod]
    grounds: Mapping[str, Ground]
    rights: Mapping[Right, RightRule]
    identity: IdentityRule
    roles: Mapping[Role, frozenset[Permission]]
    holidays: Mapping[int, HolidayYear]
    fixed_holidays: tuple[FixedHoliday, ...]
    notices: Mapping[str, Notice]
    disposal: DisposalRule
    allow_indefinite_soft_delete: bool
    warnings: tuple[str, ...]

    def rule_for(self, kind: str) -> RetentionRule | None:
        """The retention rule that a record of `kind` falls under, or None for a kind that no rule knows."""
        return next((rule for rule in self.retention_rules.values() if rule.enabled and kind in rule.kinds), None)
