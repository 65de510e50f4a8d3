"""Who may act alone: age, marriage and capacity by court order (PDPA s.20; Civil Code 16, 19, 20, 28, 32; LAW B6)."""

import re
from datetime import MAXYEAR, date
from enum import StrEnum

from app.domain.errors import RepresentativeRequired, SubjectAgreementMissing
from app.domain.vocabulary import LegalCapacity

_BIRTH = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


class AgeState(StrEnum):
    """The three ages that the Act tells apart."""

    UP_TO_10 = "le10"
    FROM_10_TO_20 = "10_to_20"
    ADULT = "adult"


def read_birth(text: str) -> date:
    """The day of birth that `YYYY`, `YYYY-MM` or `YYYY-MM-DD` stands for: the first of what is known (Civil Code 16).

    Raises ValueError for anything else, and for a day that never was.
    """
    match = _BIRTH.fullmatch(text)
    if match is None:
        raise ValueError("not a date of birth")
    return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))


def birthday(born_on: date, age: int) -> date:
    """The day on which somebody completes `age` years; born on 29 February, 1 March of a common year."""
    year = born_on.year + age
    if year > MAXYEAR:
        return date.max
    try:
        return born_on.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def age_state(born_on: date | None, on: date, married_on: date | None = None) -> AgeState:
    """The age on a day: not over ten up to and with the tenth birthday, adult from the twentieth or from marriage on.

    An unknown birth counts as adult.
    """
    if born_on is None or on >= birthday(born_on, 20) or (married_on is not None and married_on <= on):
        return AgeState.ADULT
    return AgeState.FROM_10_TO_20 if on > birthday(born_on, 10) else AgeState.UP_TO_10


def may_act_alone(birth: str | None, married_on: date | None, legal_capacity: str, on: date) -> bool:
    """Whether the subject needs nobody beside them to consent, withdraw, exercise a right or complain.

    `birth` as `read_birth` reads it.
    """
    age = age_state(read_birth(birth) if birth is not None else None, on, married_on)
    return age is AgeState.ADULT and legal_capacity == LegalCapacity.FULL


def check_who_consents(
    age: AgeState, legal_capacity: LegalCapacity, *, by_representative: bool, subject_agreed: bool
) -> None:
    """That a consent comes from those whose word it needs; `by_representative`: given by an effective representative.

    Raises RepresentativeRequired, or SubjectAgreementMissing for a minor above ten who was not asked.
    """
    if age is AgeState.ADULT and legal_capacity is LegalCapacity.FULL:
        return
    if not by_representative:
        raise RepresentativeRequired
    if age is AgeState.FROM_10_TO_20 and legal_capacity is LegalCapacity.FULL and not subject_agreed:
        raise SubjectAgreementMissing
