"""Withdrawing a part of a consent: what stays in force (PDPA s.19, s.95; policy clause 14)."""

from collections.abc import Collection, Sequence

from app.domain.consent import Binding
from app.domain.errors import FieldError, InvalidInput
from app.domain.policy import PolicyPack
from app.domain.vocabulary import ConsentNeed


def check_part(bound: Collection[str], named: Sequence[str]) -> None:
    """That a consent binds the categories that are named for withdrawal. Raises `InvalidInput`."""
    foreign = [FieldError(f"/categories/{at}", "not_allowed") for at, code in enumerate(named) if code not in bound]
    if foreign:
        raise InvalidInput(foreign)


def what_remains(purpose: str, bound: Binding, withdrawn: Collection[str], pack: PolicyPack) -> Binding | None:
    """What a consent still binds without some categories; None where nothing is left that rests on consent.

    It stays explicit only as far as something is left that needs it (PDPA s.26). Of a purpose in which only sensitive
    categories need consent, the ordinary ones alone are no consent; of one that the policy has dropped nothing remains.
    """
    found = pack.purposes.get(purpose)
    left = tuple(code for code in bound.categories if code not in withdrawn)
    if found is None or not left:
        return None
    sensitive = any(code in pack.categories and pack.categories[code].sensitive for code in left)
    if found.requires_consent is ConsentNeed.SENSITIVE_ONLY and not sensitive:
        return None
    return Binding(left, bound.recipients, explicit=bound.explicit and sensitive)
