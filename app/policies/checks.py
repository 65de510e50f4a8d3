"""What must be true of a pack as a whole, once each of its values could be read: where law and policy would contradict
themselves, or leave a case without an answer.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from app.domain.policy import Floor, PolicyPack, RetentionRule
from app.domain.rights_rules import GROUND_PLACES
from app.domain.vocabulary import Basis, ConsentNeed, Objectable, RequestKind, Right, Role, Storage
from app.policies.scalars import FIRST_BUDDHIST_YEAR
from app.policies.yaml_source import Finding

CONSENT = {Basis.CONSENT, Basis.EXPLICIT_CONSENT}
OBJECTABLE = {Basis.PUBLIC_TASK, Basis.LEGITIMATE_INTEREST}
COMPUTED_FLOOR_STARTS = {"account_closed_or_relationship_ended", "registrar_defined"}
INSURERS_START = "insurer_defined"
ACTS_OF_MINORS = (*RequestKind, "consent", "withdrawal")
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def purposes_rest_on_a_basis(pack: PolicyPack) -> Iterator[Finding]:
    """Every purpose names bases and categories; what it says of consent and objection follows from the bases."""
    for code, purpose in pack.purposes.items():
        at = ("purposes", code)
        if not purpose.bases:
            yield Finding((*at, "bases"), f"purpose `{code}` has no lawful basis")
        if not purpose.categories:
            yield Finding((*at, "categories"), f"purpose `{code}` has no categories")
        if (purpose.requires_consent is ConsentNeed.ALWAYS) != bool(CONSENT.intersection(purpose.bases)):
            yield Finding((*at, "requires_consent"), "`always` and a basis of consent go together")
        by_basis = Objectable.YES if OBJECTABLE.intersection(purpose.bases) else Objectable.NO
        if purpose.objectable not in (by_basis, Objectable.ABSOLUTE):
            yield Finding((*at, "objectable"), f"its bases make it `{by_basis}` (PDPA s.32)")


def bases_are_described(pack: PolicyPack) -> Iterator[Finding]:
    """A basis that carries a purpose stands in the pack with its clause and provision."""
    for code, purpose in pack.purposes.items():
        for index, basis in enumerate(purpose.bases):
            if basis not in pack.bases:
                yield Finding(("purposes", code, "bases", str(index)), f"`{basis}` is not among the bases")


def purposes_say_how_long(pack: PolicyPack) -> Iterator[Finding]:
    """A purpose ends by retention rules, or by an evidence period of its own."""
    for code, purpose in pack.purposes.items():
        if bool(purpose.retention) == (code in pack.evidence):
            yield Finding(("purposes", code, "retention"), "needs either retention rules or an evidence period")
    for code in pack.evidence.keys() - pack.purposes.keys():
        yield Finding(("evidence", code), f"`{code}` is not among the purposes")


def sensitive_categories_have_consent_or_exception(pack: PolicyPack) -> Iterator[Finding]:
    """Sensitive categories need explicit consent, or the provision that spares it (PDPA s.26)."""
    for code, purpose in pack.purposes.items():
        at = ("purposes", code)
        sensitive = any(pack.categories[category].sensitive for category in purpose.categories)
        need = purpose.requires_consent
        if sensitive and need is ConsentNeed.NEVER and purpose.sensitive_exception is None:
            yield Finding((*at, "requires_consent"), "sensitive categories need consent or a `sensitive_exception`")
        if not sensitive and (need is ConsentNeed.SENSITIVE_ONLY or purpose.sensitive_exception is not None):
            yield Finding((*at, "categories"), "none of them is sensitive")


def consent_can_be_asked_for(pack: PolicyPack) -> Iterator[Finding]:
    """A purpose that needs consent has a notice, and says what a withdrawal brings (PDPA s.19)."""
    noticed = {purpose for notice in pack.notices.values() for purpose in notice.purposes}
    for code, purpose in pack.purposes.items():
        at = ("purposes", code)
        if purpose.requires_consent is ConsentNeed.NEVER:
            if code in noticed:
                yield Finding(at, f"purpose `{code}` needs no consent, yet a notice asks for it")
            continue
        if code not in noticed:
            yield Finding(at, f"purpose `{code}` needs consent, and no notice asks for it")
        if purpose.consequences is None:
            yield Finding(at, f"purpose `{code}` needs consent, and lacks the `consequences` of a withdrawal")


def notices_are_told_apart(pack: PolicyPack) -> Iterator[Finding]:
    """Versions are unique, and on any day one notice is current for a purpose."""
    for notice in pack.notices.values():
        if not notice.purposes:
            yield Finding(("notices", notice.notice_id, "purposes"), "a notice needs a purpose")
    for first, second in combinations(pack.notices.values(), 2):
        if first.version == second.version:
            yield Finding(("notices", second.notice_id, "version"), f"`{second.version}` stands twice")
        if first.effective_from == second.effective_from and set(first.purposes) & set(second.purposes):
            message = f"asks for the same purpose from the same day as `{first.notice_id}`"
            yield Finding(("notices", second.notice_id, "effective_from"), message)


def numbers_are_unique(pack: PolicyPack) -> Iterator[Finding]:
    """A purpose and a rule are cited by their number."""
    for first, second in combinations(pack.purposes.values(), 2):
        if first.number == second.number:
            yield Finding(("purposes", second.code, "number"), f"`{second.number}` is that of `{first.code}`")
    for one, other in combinations(pack.retention_rules.values(), 2):
        if one.number == other.number:
            yield Finding(("retention_rules", other.code, "number"), f"`{other.number}` is that of `{one.code}`")


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
        if [rule.period is not None, rule.insurer_defined, rule.indefinite].count(True) != 1:
            yield Finding((*at, "period"), "needs one of: a period, `insurer_defined`, `indefinite`")
        if rule.insurer_defined != (rule.trigger == INSURERS_START):
            yield Finding((*at, "trigger"), "`insurer_defined` stands both as trigger and as flag, or as neither")
        if rule.indefinite and rule.enabled and not pack.allow_indefinite_soft_delete:
            yield Finding((*at, "enabled"), "keeping without an end is not allowed: `allow_indefinite_soft_delete`")
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
            if event is not None and _starts_nothing(pack, event) and not rule.insurer_defined:
                yield Finding(("retention_rules", rule.code, name), f"`{event}` starts no clock by itself")
        for index, floor in enumerate(rule.floors):
            if _starts_nothing(pack, floor.trigger) and floor.trigger not in COMPUTED_FLOOR_STARTS:
                at = ("retention_rules", rule.code, "floors", str(index), "trigger")
                yield Finding(at, f"`{floor.trigger}` does not start a floor")
    for insurer, period in pack.insurer_periods.items():
        if _starts_nothing(pack, period.trigger):
            yield Finding(("insurer_periods", insurer, "trigger"), f"`{period.trigger}` starts no clock by itself")


def _starts_nothing(pack: PolicyPack, event: str) -> bool:
    """Computed events no record has; the insurer's start says nothing before the insurer has named an event."""
    return pack.events[event].computed or event == INSURERS_START


def conditions_may_refuse_an_erasure(pack: PolicyPack) -> Iterator[Finding]:
    """The ground that a condition gives is one of erasure."""
    for code, condition in pack.conditions.items():
        if RequestKind.ERASURE not in pack.grounds[condition.ground].rights:
            yield Finding(("conditions", code, "ground"), f"`{condition.ground}` is no ground to refuse an erasure")


def grounds_say_the_same_in_both_languages(pack: PolicyPack) -> Iterator[Finding]:
    """A ground names rights, and both of its texts have the same places to fill, out of those that are known."""
    for code, ground in pack.grounds.items():
        if not ground.rights:
            yield Finding(("grounds", code, "rights"), f"ground `{code}` fits no right")
        for place in sorted(_places(ground.text.th) - GROUND_PLACES.keys()):
            yield Finding(("grounds", code, "text"), f"`{{{place}}}` is no place that a decision fills")
        if _places(ground.text.th) != _places(ground.text.en):
            yield Finding(("grounds", code, "text"), "the two languages have different places to fill")


def _places(text: str) -> set[str]:
    return set(re.findall(r"\{(.*?)\}", text))


def rights_are_complete(pack: PolicyPack) -> Iterator[Finding]:
    """All eight rights, each with a deadline that can be kept."""
    yield from _absent("rights", Right, pack.rights)
    for code, rule in pack.rights.items():
        if rule.complete_within < rule.decide_within:
            yield Finding(("rights", code, "complete_within"), "a right is not completed before it is decided")
        if (rule.assurance is None) != (code is Right.WITHDRAWAL):
            yield Finding(("rights", code, "assurance"), "only a withdrawal takes the assurance of the consent")
        if (rule.direct_marketing is None) == (code is Right.OBJECTION):
            yield Finding(("rights", code), "direct marketing belongs to the objection, and to nothing else")


def minors_act_alone_in_known_ways(pack: PolicyPack) -> Iterator[Finding]:
    """What a minor may do alone (Civil Code 22-24) is an act that the service knows."""
    for act in sorted(pack.minors_alone - set(ACTS_OF_MINORS)):
        yield Finding(("minors_alone",), f"`{act}` is none of: {', '.join(ACTS_OF_MINORS)}")


def roles_and_storage_are_complete(pack: PolicyPack) -> Iterator[Finding]:
    """Every role holds something, and every form of storage has its method of destruction."""
    yield from _absent("roles", Role, pack.roles)
    yield from _absent("storage_forms", Storage, pack.storage_forms)


def _absent(section: str, words: Iterable[str], present: Iterable[str]) -> Iterator[Finding]:
    for word in sorted(set(words) - set(present)):
        yield Finding((section,), f"`{word}` is missing")


def holidays_lie_in_their_year(pack: PolicyPack) -> Iterator[Finding]:
    """Each holiday belongs to the year of its list; fixed ones exist in every year."""
    for year, holidays in pack.holidays.items():
        at = ("holidays", str(year))
        if year >= FIRST_BUDDHIST_YEAR:
            yield Finding(at, f"`{year}` is a Buddhist-era year: write {year - 543}")
            continue
        for day in holidays.days:
            if day.year != year:
                yield Finding((*at, "days", day.isoformat()), f"`{day.isoformat()}` is not in {year}")
    days = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    for index, fixed in enumerate(pack.fixed_holidays):
        if not (1 <= fixed.month <= 12 and 1 <= fixed.day <= days[fixed.month - 1]):
            yield Finding(("fixed_holidays", str(index)), "not a day of every year")


def quorum_and_codes_are_safe(pack: PolicyPack) -> Iterator[Finding]:
    """Somebody approves a disposal, and a one-time code is not a guess (DOMAIN, Identity)."""
    if pack.disposal.quorum < 1:
        yield Finding(("disposal", "quorum"), "somebody must approve a disposal")
    if pack.identity.code_digits < 6:
        yield Finding(("identity", "code_digits"), "a code has 6 digits or more")
    for name in ("code_minutes", "code_tries", "cool_off_minutes", "lapse_days"):
        if getattr(pack.identity, name) < 1:
            yield Finding(("identity", name), "must be 1 or more")


def the_controller_can_be_reached(pack: PolicyPack) -> Iterator[Finding]:
    """Opening hours that open before they close, on days of the week, and clauses that say who the controller is."""
    hours = pack.controller.office_hours
    for index, day in enumerate(hours.days):
        if day not in WEEK:
            yield Finding(("controller", "office_hours", "days", str(index)), f"`{day}` is none of: {', '.join(WEEK)}")
    times = {"opens": hours.opens, "closes": hours.closes}
    odd = [name for name, text in times.items() if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text)]
    for name in odd:
        yield Finding(("controller", "office_hours", name), f"`{times[name]}` is not a time like 08:30")
    if not odd and hours.opens >= hours.closes:
        yield Finding(("controller", "office_hours", "closes"), "closes before it opens")
    if not pack.controller.clauses:
        yield Finding(("controller", "clauses"), "missing citation: the clauses that name the controller")


CHECKS: tuple[tuple[frozenset[str], Callable[[PolicyPack], Iterator[Finding]]], ...] = (
    (frozenset({"purposes"}), purposes_rest_on_a_basis),
    (frozenset({"purposes", "bases"}), bases_are_described),
    (frozenset({"purposes", "evidence"}), purposes_say_how_long),
    (frozenset({"purposes", "categories"}), sensitive_categories_have_consent_or_exception),
    (frozenset({"purposes", "notices"}), consent_can_be_asked_for),
    (frozenset({"notices"}), notices_are_told_apart),
    (frozenset({"purposes", "retention_rules"}), numbers_are_unique),
    (frozenset({"retention_rules"}), every_rule_is_reached),
    (frozenset({"retention_rules", "allow_indefinite_soft_delete"}), every_rule_has_an_end),
    (frozenset({"retention_rules", "events", "insurer_periods"}), clocks_start_from_facts),
    (frozenset({"conditions", "grounds"}), conditions_may_refuse_an_erasure),
    (frozenset({"grounds"}), grounds_say_the_same_in_both_languages),
    (frozenset({"rights"}), rights_are_complete),
    (frozenset({"minors_alone"}), minors_act_alone_in_known_ways),
    (frozenset({"roles", "storage_forms"}), roles_and_storage_are_complete),
    (frozenset({"holidays", "fixed_holidays"}), holidays_lie_in_their_year),
    (frozenset({"disposal", "identity"}), quorum_and_codes_are_safe),
    (frozenset({"controller"}), the_controller_can_be_reached),
)
"""Each check with the sections that it looks into: it runs once these could be read."""


def contradictions(pack: PolicyPack, unread: frozenset[str]) -> Iterator[Finding]:
    """The findings of all checks that look into none of the `unread` sections."""
    for sections, check in CHECKS:
        if not sections & unread:
            yield from check(pack)
