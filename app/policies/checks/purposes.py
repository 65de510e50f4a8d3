"""What a pack says of purposes, their bases, their consent and the notices that ask for it."""

from collections.abc import Iterator
from itertools import combinations

from app.domain.policy import PolicyPack
from app.domain.vocabulary import Basis, ConsentNeed, Objectable
from app.policies.yaml_source import Finding

CONSENT = {Basis.CONSENT, Basis.EXPLICIT_CONSENT}
OBJECTABLE = {Basis.PUBLIC_TASK, Basis.LEGITIMATE_INTEREST}


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


def what_speaks_of_consent_stands_by_one(pack: PolicyPack) -> Iterator[Finding]:
    """Flags of a consent's wording, and a duty besides consent, belong to purposes that ask for it."""
    for code, purpose in pack.purposes.items():
        asked = purpose.requires_consent is not ConsentNeed.NEVER
        if purpose.clause_flags and not asked:
            yield Finding(("purposes", code, "clause_flags"), f"purpose `{code}` asks for no consent")
        if purpose.credit_bureau_duty and purpose.requires_consent is not ConsentNeed.ALWAYS:
            message = "a duty besides consent, where the purpose does not rest on consent"
            yield Finding(("purposes", code, "credit_bureau_duty"), message)


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


def notices_renew_what_they_cover(pack: PolicyPack) -> Iterator[Finding]:
    """A notice asks afresh for consent to its own purposes only."""
    for notice in pack.notices.values():
        for code in notice.fresh_consent_for:
            if code not in notice.purposes:
                message = f"wants consent to `{code}` afresh, which the notice does not cover"
                yield Finding(("notices", notice.notice_id, "fresh_consent_for"), message)


def numbers_are_unique(pack: PolicyPack) -> Iterator[Finding]:
    """A purpose and a rule are cited by their number."""
    for first, second in combinations(pack.purposes.values(), 2):
        if first.number == second.number:
            yield Finding(("purposes", second.code, "number"), f"`{second.number}` is that of `{first.code}`")
    for one, other in combinations(pack.retention_rules.values(), 2):
        if one.number == other.number:
            yield Finding(("retention_rules", other.code, "number"), f"`{other.number}` is that of `{one.code}`")
