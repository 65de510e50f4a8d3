"""What a pack says of how long records are kept, and of who approves their end."""

from collections.abc import Iterable, Iterator

from app.domain.policy import Floor, PolicyPack, RetentionRule
from app.domain.reasons import CONSENT_ENDED
from app.domain.vocabulary import ConsentNeed, RequestKind
from app.policies.yaml_source import Finding

COMPUTED_FLOOR_STARTS = {"account_closed_or_relationship_ended", "registrar_defined"}
INSURERS_START = "insurer_defined"


def every_rule_is_reached(pack: PolicyPack) -> Iterator[Finding]:
    """Each enabled rule has kinds (the indefinite one an event), no kind has two rules, and one rule is the default."""
    ruled: dict[str, str] = {}
    enabled = [rule for rule in pack.retention_rules.values() if rule.enabled]
    for rule in enabled:
        at = ("retention_rules", rule.code, "kinds")
        if not rule.kinds and not rule.indefinite:
            yield Finding(at, f"no record can reach rule `{rule.code}`: it names no kind")
        for kind in rule.kinds:
            if ruled.setdefault(kind, rule.code) != rule.code:
                yield Finding(at, f"kind `{kind}` already falls under rule `{ruled[kind]}`")
    defaults = [rule for rule in enabled if rule.default]
    if not defaults:
        yield Finding(("retention_rules",), "no enabled rule is the default")
    for rule in defaults[1:]:
        yield Finding(("retention_rules", rule.code, "default"), f"rule `{defaults[0].code}` is the default already")


def every_rule_has_an_end(pack: PolicyPack) -> Iterator[Finding]:
    """A period, the insurer's word, or no end at all, which needs leave (LAW T-03)."""
    for rule in pack.retention_rules.values():
        at = ("retention_rules", rule.code)
        ends = [rule.period is not None, rule.insurer_defined, rule.indefinite, rule.until_consent_ends]
        if ends.count(True) != 1:
            message = "needs one of: a period, `insurer_defined`, `indefinite`, `until_consent_ends`"
            yield Finding((*at, "period"), message)
        if rule.until_consent_ends != (rule.trigger == CONSENT_ENDED):
            yield Finding((*at, "trigger"), "`consent_ended` as trigger and `until_consent_ends` go together")
        if rule.insurer_defined != (rule.trigger == INSURERS_START):
            yield Finding((*at, "trigger"), "`insurer_defined` stands both as trigger and as flag, or as neither")
        if rule.indefinite and rule.enabled and not pack.allow_indefinite_soft_delete:
            yield Finding((*at, "enabled"), "keeping without an end is not allowed: `allow_indefinite_soft_delete`")
        if rule.indefinite and rule.clause is None:
            yield Finding((*at, "clause"), "keeping without an end needs a clause that says so")
        if not rule.laws:
            yield Finding((*at, "laws"), "missing citation: a rule names the laws behind it")
        yield from _floors_are_whole(rule, rule.floors)


def _floors_are_whole(rule: RetentionRule, floors: Iterable[Floor]) -> Iterator[Finding]:
    for index, floor in enumerate(floors):
        if floor.registrar_defined != (floor.trigger == "registrar_defined"):
            at = ("retention_rules", rule.code, "floors", str(index), "trigger")
            yield Finding(at, "`registrar_defined` stands both as trigger and as flag, or as neither")


def clocks_start_from_facts(pack: PolicyPack) -> Iterator[Finding]:
    """A rule starts from an event that a record can have; what is computed starts only what retention works out."""
    for rule in pack.retention_rules.values():
        for name in ("trigger", "trigger_fallback", "later_of"):
            event = getattr(rule, name)
            if event is not None and _starts_nothing(pack, event) and not (name == "trigger" and _has_own_start(rule)):
                yield Finding(("retention_rules", rule.code, name), f"`{event}` starts no clock by itself")
        for index, floor in enumerate(rule.floors):
            if _starts_nothing(pack, floor.trigger) and floor.trigger not in COMPUTED_FLOOR_STARTS:
                at = ("retention_rules", rule.code, "floors", str(index), "trigger")
                yield Finding(at, f"`{floor.trigger}` does not start a floor")
    for insurer, period in pack.insurer_periods.items():
        if _starts_nothing(pack, period.trigger):
            yield Finding(("insurer_periods", insurer, "trigger"), f"`{period.trigger}` starts no clock by itself")


def _has_own_start(rule: RetentionRule) -> bool:
    return rule.insurer_defined or rule.until_consent_ends


def consents_end_what_rests_on_them(pack: PolicyPack) -> Iterator[Finding]:
    """A record that a consent keeps belongs to purposes that ask for one, and to no other."""
    for rule in pack.retention_rules.values():
        named = [purpose for purpose in pack.purposes.values() if rule.code in purpose.retention]
        if rule.until_consent_ends and not named:
            at = ("retention_rules", rule.code, "until_consent_ends")
            yield Finding(at, f"no purpose names rule `{rule.code}`: no consent can keep its records")
        for purpose in named if rule.until_consent_ends else ():
            if purpose.requires_consent is not ConsentNeed.ALWAYS:
                at = ("purposes", purpose.code, "retention")
                yield Finding(at, f"rule `{rule.code}` keeps by consent, on which the purpose does not rest")


def members_fall_under_a_rule_that_holds(pack: PolicyPack) -> Iterator[Finding]:
    """The rule that members' records go to is in force and sends nobody on."""
    for rule in pack.retention_rules.values():
        if rule.members_under is None:
            continue
        other = pack.retention_rules[rule.members_under]
        if not other.enabled or other.members_under is not None:
            at = ("retention_rules", rule.code, "members_under")
            yield Finding(at, f"`{other.code}` is switched off, or sends members on to another rule")


def _starts_nothing(pack: PolicyPack, event: str) -> bool:
    """Computed events no record has; the insurer's start says nothing before the insurer has named an event."""
    return pack.events[event].computed or event == INSURERS_START


def conditions_may_refuse_an_erasure(pack: PolicyPack) -> Iterator[Finding]:
    """The ground that a condition gives is one of erasure."""
    for code, condition in pack.conditions.items():
        if RequestKind.ERASURE not in pack.grounds[condition.ground].rights:
            yield Finding(("conditions", code, "ground"), f"`{condition.ground}` is no ground to refuse an erasure")
