"""Retention rules on the wire."""

from app.schemas.bilingual import BilingualOut
from app.schemas.pages import PageOut
from app.schemas.types import OutModel
from app.services.catalogue import RetentionRuleView


class FloorOut(OutModel):
    """A statutory minimum: no record is destroyed before it has run."""

    law: str
    label: BilingualOut
    trigger: str
    period: str
    """ISO 8601, such as `P5Y`."""
    registrar_defined: bool
    """The Registrar of Cooperatives sets the period; shown is what the policy assumes."""
    verified: bool
    """Whether the law's number and its application have been confirmed."""


class ConditionOut(OutModel):
    """A circumstance that keeps a record while it lasts."""

    code: str
    label: BilingualOut
    ground: str
    law: str
    computed: bool
    """The service finds it out itself; an inventory push can't state it."""


class RetentionRuleOut(OutModel):
    """How long records of some kinds are kept, and what lengthens or suspends that."""

    code: str
    number: int
    clause: str | None
    """Null where the policy is silent and the rule a proposal."""
    label: BilingualOut
    kinds: tuple[str, ...]
    """The kinds of record that fall under it."""
    default: bool
    trigger: str
    trigger_fallback: str | None
    later_of: str | None
    """An event that, if later than the trigger, starts the period instead."""
    period: str | None
    """ISO 8601; null where the insurer defines it, where there is no end, or where the end of a consent is the end."""
    insurer_defined: bool
    indefinite: bool
    until_consent_ends: bool
    """Kept as long as a consent to a purpose that names the rule is in force and not objected to."""
    claims: bool
    """Whether the rest of the period, once the floors have run, may refuse an erasure (Civil Code 193/30)."""
    retain_while_membership: bool
    members_under: str | None
    """The rule that records of members fall under instead."""
    floors: list[FloorOut]
    hold_while: list[ConditionOut]
    enabled: bool
    verified: bool
    laws: tuple[str, ...]

    @classmethod
    def of(cls, view: RetentionRuleView) -> "RetentionRuleOut":
        """From the service's view."""
        rule = view.rule
        return cls(
            code=rule.code,
            number=rule.number,
            clause=rule.clause,
            label=BilingualOut.model_validate(rule.label),
            kinds=rule.kinds,
            default=rule.default,
            trigger=rule.trigger,
            trigger_fallback=rule.trigger_fallback,
            later_of=rule.later_of,
            period=str(rule.period) if rule.period else None,
            insurer_defined=rule.insurer_defined,
            indefinite=rule.indefinite,
            until_consent_ends=rule.until_consent_ends,
            claims=rule.claims,
            retain_while_membership=rule.retain_while_membership,
            members_under=rule.members_under,
            floors=[
                FloorOut(
                    law=floor.law,
                    label=BilingualOut.model_validate(floor.label),
                    trigger=floor.trigger,
                    period=str(floor.period),
                    registrar_defined=floor.registrar_defined,
                    verified=floor.verified,
                )
                for floor in rule.floors
            ],
            hold_while=[ConditionOut.model_validate(condition) for condition in view.hold_while],
            enabled=rule.enabled,
            verified=rule.verified,
            laws=rule.laws,
        )


class RetentionRulePage(PageOut[RetentionRuleOut]):
    """A page of retention rules, and what the policy assumes without confirmation."""

    warnings: tuple[str, ...]
