"""How long records are kept, as the policy and the laws word it (policy clauses 9 and 10)."""

from dataclasses import dataclass, field

from app.domain.catalogue import Bilingual


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar period of the Civil Code, exactly one of the three more than 0. ISO: `P10Y`, `P6M`, `P90D`."""

    years: int = 0
    months: int = 0
    days: int = 0

    def __str__(self) -> str:
        """The ISO 8601 form."""
        if self.years:
            return f"P{self.years}Y"
        return f"P{self.months}M" if self.months else f"P{self.days}D"


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
    registrar_defined: bool = field(default=False, kw_only=True)
    verified: bool


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """How long records of some kinds are kept (policy clause 9), and what lengthens or suspends that.

    `clause` None: the policy is silent, and the rule a proposal.
    `period` None: defined by the insurer (`insurer_defined`), indefinite (`indefinite`, rule 13), or as long as a consent
    to a purpose that names the rule is in force (`until_consent_ends`, PDPA s.19 and s.33(2)).
    `later_of`: an event that, if present and later than the trigger, starts the period instead (`loan_settled`).
    `retain_while_membership`: kept as long as the subject's membership lasts (the default rule).
    `hold_while`: names of conditions that suspend destruction even after the period has run.
    `members_under`: the rule that records of members of the cooperative fall under instead, by its code.
    `claims`: once the floors have run, the rest of the period may refuse an erasure as `erase_legal_claims`
    (Civil Code 193/30).
    """

    code: str
    number: int
    clause: str | None
    label: Bilingual
    kinds: tuple[str, ...]
    default: bool = field(default=False, kw_only=True)
    trigger: str
    trigger_fallback: str | None = field(default=None, kw_only=True)
    later_of: str | None = field(default=None, kw_only=True)
    period: Period | None = field(default=None, kw_only=True)
    insurer_defined: bool = field(default=False, kw_only=True)
    indefinite: bool = field(default=False, kw_only=True)
    until_consent_ends: bool = field(default=False, kw_only=True)
    claims: bool
    retain_while_membership: bool = field(default=False, kw_only=True)
    members_under: str | None = field(default=None, kw_only=True)
    floors: tuple[Floor, ...]
    hold_while: tuple[str, ...]
    enabled: bool
    verified: bool
    laws: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvidenceRule:
    """How long the service keeps its own evidence for a purpose to which no held record belongs (LAW A5, end).

    `code`: the purpose. `trigger`: the end of what is proven, `request_closed` or `consent_ended`.
    """

    code: str
    trigger: str
    period: Period
    law: str
    label: Bilingual
    verified: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """A named circumstance that keeps a record while it lasts, and the ground on which it refuses an erasure.

    `computed`: the service finds it out itself (`membership_active`, `open_dsr`); an inventory push can't state it.
    """

    code: str
    label: Bilingual
    ground: str
    law: str
    computed: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class EventName:
    """A dated fact about a record that a clock may start from.

    `computed`: worked out from other facts (`account_closed_or_relationship_ended`); an inventory push can't state it.
    """

    code: str
    label: Bilingual
    computed: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class InsurerPeriod:
    """The period that one insurer has set for its credit life policies (LAW T-20)."""

    insurer: str
    trigger: str
    period: Period
    evidence: str


@dataclass(frozen=True, slots=True)
class DisposalRule:
    """Approval of destruction (policy clause 10): how many of the committee, the proposer not counted."""

    quorum: int
    clause: str
