"""Data collected without the consent that the Act wants: what shows it, how long it may stay, and how it is dealt with.

PDPA s.20; policy clause 13; LAW A11, T-11.
"""

from collections.abc import Collection
from datetime import date
from enum import StrEnum

from app.domain.calendar import Calendar
from app.domain.capacity import CONSENT, AgeState, Person, check_who_acts
from app.domain.errors import FieldError, InvalidInput, RepresentativeRequired
from app.domain.periods import ends_on
from app.domain.policy import Period
from app.domain.vocabulary import Basis

CLOCK = Period(days=30)
CONSENTS = frozenset({Basis.CONSENT, Basis.EXPLICIT_CONSENT})


class DeletionReason(StrEnum):
    """Whose word was lacking."""

    MINOR_WITHOUT_PARENT = "minor_without_parent"
    INCAPABLE_WITHOUT_REPRESENTATIVE = "incapable_without_representative"


class DeletionOutcome(StrEnum):
    """What becomes of the data; `unfounded`: nothing was lacking after all."""

    ERASE = "erase"
    KEEP = "keep"
    UNFOUNDED = "unfounded"


def lacking(person: Person, given_on: date, minors_alone: Collection[str]) -> DeletionReason | None:
    """Whose word is lacking in a consent that the subject gave alone on a day, by all that is known of them today.

    Since when somebody is incompetent is not known: a court's order counts as if it had always stood.
    """
    try:
        check_who_acts(person, CONSENT, given_on, power=None, minors_alone=minors_alone)
    except RepresentativeRequired:
        minor = person.age(given_on) is not AgeState.ADULT
        return DeletionReason.MINOR_WITHOUT_PARENT if minor else DeletionReason.INCAPABLE_WITHOUT_REPRESENTATIVE
    return None


def without_consent(resting: Collection[str | None], consented: Collection[str]) -> frozenset[str | None]:
    """Those purposes of records held on consent to which nobody who may has consented.

    None: of records that name no purpose, which any consent carries.
    """
    return frozenset(purpose for purpose in resting if (not consented if purpose is None else purpose not in consented))


def decide_by(found_on: date, calendar: Calendar) -> date:
    """The last day for dealing with what was found on a day, which is not counted (Civil Code 193/3, 193/8)."""
    return calendar.next_working_day(ends_on(found_on, CLOCK))


def check_resolution(outcome: DeletionOutcome, basis: Basis | None, *, still_lacking: bool) -> None:
    """That a case may end so: kept on a basis other than consent, or unfounded by what is known. Raises `InvalidInput`.

    `still_lacking`: a consent of the case is open still, and by the subject's age it lacks the parent's.
    """
    if outcome is DeletionOutcome.KEEP and basis is None:
        raise InvalidInput([FieldError("/basis", "missing")])
    if basis is not None and (outcome is not DeletionOutcome.KEEP or basis in CONSENTS):
        raise InvalidInput([FieldError("/basis", "not_allowed")])
    if outcome is DeletionOutcome.UNFOUNDED and still_lacking:
        raise InvalidInput([FieldError("/outcome", "not_allowed")])
