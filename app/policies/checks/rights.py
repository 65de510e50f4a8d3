"""What a pack says of the eight rights, the grounds to refuse them, and who may do what."""

import re
from collections.abc import Iterable, Iterator

from app.domain.policy import PolicyPack
from app.domain.rights_rules import ALWAYS_FREE, GROUND_PLACES
from app.domain.vocabulary import RequestKind, Right, Role, Storage
from app.policies.yaml_source import Finding

ACTS_OF_MINORS = (*RequestKind, "consent", "withdrawal")


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
        if rule.pause_for_information and rule.decide_within == 0:
            yield Finding(("rights", code, "pause_for_information"), "what is due the day itself leaves no time to ask")
        if (rule.direct_marketing is None) == (code is Right.OBJECTION):
            yield Finding(("rights", code), "direct marketing belongs to the objection, and to nothing else")


def minors_act_alone_in_known_ways(pack: PolicyPack) -> Iterator[Finding]:
    """What a minor may do alone (Civil Code 22-24) is an act that the service knows."""
    for act in sorted(pack.minors_alone - set(ACTS_OF_MINORS)):
        yield Finding(("minors_alone",), f"`{act}` is none of: {', '.join(ACTS_OF_MINORS)}")


def fees_leave_free_what_the_law_wants_free(pack: PolicyPack) -> Iterator[Finding]:
    """No fee for what is never charged; any other is switched on with its rights and a reason (LAW T-08)."""
    fees = pack.fees
    for index, right in enumerate(fees.rights):
        if right in ALWAYS_FREE:
            yield Finding(("fees", "rights", str(index)), f"`{right}` never costs anything")
    if fees.enabled and fees.reason is None:
        yield Finding(("fees",), "a fee needs a `reason`")
    if fees.enabled != bool(fees.rights):
        yield Finding(
            ("fees", "enabled"), "a fee is switched on for the `rights` it names, and off where it names none"
        )


def roles_and_storage_are_complete(pack: PolicyPack) -> Iterator[Finding]:
    """Every role holds something, and every form of storage has its method of destruction."""
    yield from _absent("roles", Role, pack.roles)
    yield from _absent("storage_forms", Storage, pack.storage_forms)


def _absent(section: str, words: Iterable[str], present: Iterable[str]) -> Iterator[Finding]:
    for word in sorted(set(words) - set(present)):
        yield Finding((section,), f"`{word}` is missing")


def packages_can_be_fetched(pack: PolicyPack) -> Iterator[Finding]:
    """A package is kept for a while, and so is a link to it."""
    for name in ("keep_days", "link_hours"):
        if getattr(pack.packages, name) < 1:
            yield Finding(("packages", name), "must be 1 or more")


def quorum_and_codes_are_safe(pack: PolicyPack) -> Iterator[Finding]:
    """Somebody approves a disposal, and a one-time code is not a guess (DOMAIN, Identity)."""
    if pack.disposal.quorum < 1:
        yield Finding(("disposal", "quorum"), "somebody must approve a disposal")
    if pack.identity.code_digits < 6:
        yield Finding(("identity", "code_digits"), "a code has 6 digits or more")
    for name in ("code_minutes", "code_tries", "cool_off_minutes", "lapse_days"):
        if getattr(pack.identity, name) < 1:
            yield Finding(("identity", name), "must be 1 or more")
