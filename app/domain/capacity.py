"""Who may act for a data subject: age, marriage, capacity by court order, and representation.

PDPA s.20; Civil Code 16, 19, 20, 22-24, 28, 32, 1569; LAW B6.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from enum import StrEnum

from app.domain.errors import RepresentativeRequired, SubjectAgreementMissing
from app.domain.vocabulary import LegalCapacity, Relation, Right

ALL = "all"
CONSENT = "consent"
PARENTAL = frozenset({Relation.PARENT, Relation.GUARDIAN})

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


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a data subject when it is asked who may act; `birth` as `read_birth` reads it."""

    birth: str | None = None
    married_on: date | None = None
    deceased_on: date | None = None
    legal_capacity: LegalCapacity = LegalCapacity.FULL

    def age(self, on: date) -> AgeState:
        """The age on a day."""
        return age_state(None if self.birth is None else read_birth(self.birth), on, self.married_on)

    def dead(self, on: date) -> bool:
        """Whether the subject is dead on a day, that of the death included."""
        return self.deceased_on is not None and self.deceased_on <= on

    def acts_alone(self, on: date) -> bool:
        """Whether the subject needs nobody beside them on a day."""
        return self.age(on) is AgeState.ADULT and self.legal_capacity is LegalCapacity.FULL

    @property
    def majority_on(self) -> date | None:
        """The first day of full age: the twentieth birthday, or an earlier marriage. None for an unknown birth."""
        if self.birth is None:
            return None
        return min(birthday(read_birth(self.birth), 20), self.married_on or date.max)


@dataclass(frozen=True, slots=True)
class Power:
    """One person's registered power to act for a subject, from `valid_from` to `valid_until`, both included.

    `rights`: request kinds and `CONSENT`, or `ALL`. Without approval it has no effect.
    """

    representative_ref: str
    relation: Relation
    rights: frozenset[str]
    valid_from: date
    valid_until: date | None
    approved: bool


def is_effective(power: Power, person: Person, on: date) -> bool:
    """Whether a power lets its holder stand for the subject on a day: approved, in its days, and the relation needed.

    Parents and guardians stand for minors, custodians for the incompetent, curators for the quasi-incompetent, attorneys
    for whoever could act alone. Death ends them all, and then heirs alone stand (DOMAIN "Who may act").
    """
    in_force = power.valid_from <= on and (power.valid_until is None or on <= power.valid_until)
    return power.approved and in_force and _calls_for(person, power.relation, on)


def _calls_for(person: Person, relation: Relation, on: date) -> bool:
    if person.dead(on) or relation is Relation.HEIR:
        return person.dead(on) and relation is Relation.HEIR
    match relation:
        case Relation.PARENT | Relation.GUARDIAN:
            return person.age(on) is not AgeState.ADULT
        case Relation.CUSTODIAN:
            return person.legal_capacity is LegalCapacity.INCOMPETENT
        case Relation.CURATOR:
            return person.legal_capacity is LegalCapacity.QUASI_INCOMPETENT
        case Relation.ATTORNEY:
            return person.acts_alone(on)


def ends_on(power: Power, person: Person) -> date | None:
    """The last day on which a power can be effective: its own, or the one before majority or death. None while no end is known."""
    ends = [power.valid_until]
    if power.relation is not Relation.HEIR:
        ends.append(_day_before(person.deceased_on))
    if power.relation in PARENTAL:
        ends.append(_day_before(person.majority_on))
    return min((day for day in ends if day is not None), default=None)


def _day_before(day: date | None) -> date | None:
    return None if day is None else day - timedelta(days=1)


def covers(power: Power, act: str) -> bool:
    """Whether the scope of a power holds an act: `CONSENT`, `withdrawal` (as consent), or a request kind."""
    return ALL in power.rights or (CONSENT if act == Right.WITHDRAWAL else act) in power.rights


def check_who_acts(
    person: Person,
    act: str,
    on: date,
    *,
    power: Power | None,
    subject_agreed: bool | None = None,
    minors_alone: Collection[str] = (),
) -> None:
    """That an act comes from those who may do it (PDPA s.20; LAW B6). `power` None: from the subject alone.

    `act` as `covers` takes it. `minors_alone`: the acts that a minor above ten does alone (Civil Code 22-24); consent by
    a parent needs that minor's own agreement besides. An heir does nothing. Who died is treated as in life: what becomes
    of their request is for others to say. Raises `RepresentativeRequired`, `SubjectAgreementMissing`.
    """
    age = person.age(on)
    above_ten = age is AgeState.FROM_10_TO_20
    if power is None:
        listed = above_ten and person.legal_capacity is LegalCapacity.FULL and act in minors_alone
        if not (person.acts_alone(on) or listed):
            raise RepresentativeRequired
        return
    if power.relation is Relation.HEIR or not is_effective(power, person, on) or not covers(power, act):
        raise RepresentativeRequired
    asked = above_ten and person.legal_capacity is not LegalCapacity.INCOMPETENT
    if act == CONSENT and asked and subject_agreed is not True:
        raise SubjectAgreementMissing
