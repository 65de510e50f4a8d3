"""What a policy pack says, as values: every rule of law and policy that the service applies, with its citation.

Built by `policies.loader`; read by everything else. A pack never changes while it is in force: its `sha256` names it in
every decision, consent and request. Its parts stand in `catalogue`, `retention_rules` and `rights_rules`, and are
imported from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from app.domain.catalogue import (
    AnnouncedDay,
    Bilingual,
    Category,
    ClauseFlag,
    Contact,
    Controller,
    CreditBureauDuty,
    DataProtectionOfficer,
    FixedHoliday,
    HolidayYear,
    LawfulBasis,
    Notice,
    OfficeHours,
    Purpose,
    Recipient,
    SecurityMeasure,
    Source,
    Statute,
    StatutoryInstrument,
    StorageForm,
)
from app.domain.citations import thai_citation
from app.domain.retention_rules import (
    Condition,
    DisposalRule,
    EventName,
    EvidenceRule,
    Floor,
    InsurerPeriod,
    Period,
    RetentionRule,
)
from app.domain.rights_rules import (
    FREE,
    KEPT_A_MONTH,
    DirectMarketing,
    FeeRule,
    Ground,
    IdentityRule,
    PackageRule,
    RightRule,
)
from app.domain.vocabulary import Basis, Permission, Right, Role, Storage

__all__ = [
    "AnnouncedDay",
    "Bilingual",
    "Category",
    "ClauseFlag",
    "Condition",
    "Contact",
    "Controller",
    "CreditBureauDuty",
    "DataProtectionOfficer",
    "DirectMarketing",
    "DisposalRule",
    "EventName",
    "EvidenceRule",
    "FeeRule",
    "FixedHoliday",
    "Floor",
    "Ground",
    "HolidayYear",
    "IdentityRule",
    "InsurerPeriod",
    "LawfulBasis",
    "Notice",
    "OfficeHours",
    "PackageRule",
    "Period",
    "PolicyPack",
    "Purpose",
    "Recipient",
    "RetentionRule",
    "RightRule",
    "SecurityMeasure",
    "Source",
    "Statute",
    "StatutoryInstrument",
    "StorageForm",
]


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
    evidence: Mapping[str, EvidenceRule]
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
    statutes: Mapping[str, Statute] = field(default_factory=dict)
    security_measures: Mapping[str, SecurityMeasure] = field(default_factory=dict)
    minors_alone: frozenset[str] = frozenset()
    """Acts that a minor above ten may do without the parent (Civil Code 22-24): request kinds, `consent`, `withdrawal`."""
    fees: FeeRule = FREE
    packages: PackageRule = KEPT_A_MONTH
    credit_bureau_member: bool = False
    """Whether the cooperative reports to the credit bureau under its law: then some purposes rest on that duty too (T-01)."""
    announced_days: Mapping[date, AnnouncedDay] = field(default_factory=dict)
    """What was announced of single days while the service runs."""
    overlay_entries: int = 0
    """How many changes that were published while the service runs lie on top of the pack."""

    @property
    def reportable_events(self) -> frozenset[str]:
        """The names of the dated facts that an inventory push may state."""
        return frozenset(code for code, event in self.events.items() if not event.computed)

    @property
    def reportable_conditions(self) -> frozenset[str]:
        """The names of the circumstances that an inventory push may state."""
        return frozenset(code for code, condition in self.conditions.items() if not condition.computed)

    @cached_property
    def rules_by_kind(self) -> Mapping[str, tuple[RetentionRule, ...]]:
        """The retention rules in force that records of each known kind fall under."""
        found: dict[str, tuple[RetentionRule, ...]] = {}
        for rule in self.retention_rules.values():
            for kind in rule.kinds if rule.enabled else ():
                found[kind] = (*found.get(kind, ()), rule)
        return found

    @cached_property
    def kinds_by_purpose(self) -> Mapping[str, frozenset[str]]:
        """The kinds of records that each purpose's retention rules are about."""
        return {
            code: frozenset(kind for rule in purpose.retention for kind in self.retention_rules[rule].kinds)
            for code, purpose in self.purposes.items()
        }

    @cached_property
    def ordinary_categories(self) -> Mapping[str, tuple[str, ...]]:
        """The categories of each purpose that are not sensitive."""
        return {
            code: tuple(one for one in purpose.categories if not self.categories[one].sensitive)
            for code, purpose in self.purposes.items()
        }

    @cached_property
    def thai_laws(self) -> Mapping[str, str]:
        """The laws behind floors, as Thai writes them: looked up for every record that is evaluated."""
        floors = (floor for rule in self.retention_rules.values() for floor in rule.floors)
        return {floor.law: thai_citation(floor.law, self.statutes) for floor in floors}

    def rule_for(self, kind: str) -> RetentionRule | None:
        """The retention rule that a record of `kind` falls under, or None for a kind that no rule knows."""
        return next(iter(self.rules_by_kind.get(kind, ())), None)

    def label_of_kind(self, kind: str) -> Bilingual:
        """What records of `kind` are called: as their retention rule names them, else by the code."""
        rule = self.rule_for(kind)
        return rule.label if rule else Bilingual(kind, kind)
