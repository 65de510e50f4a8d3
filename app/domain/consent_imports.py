"""Consents taken over from paper forms and older systems: what they bind and what they are worth.

PDPA s.19, s.95; policy clause 14; LAW T-01, T-25.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from app.domain.capacity import Person, read_birth
from app.domain.catalogue import ClauseFlag, Purpose
from app.domain.consent import Binding, check_grant
from app.domain.errors import InvalidInput, IsStatutoryInstrument, NotConsentBased, SubjectDeceased
from app.domain.policy import PolicyPack
from app.domain.vocabulary import Channel, ConsentNeed, ConsentQuality, Language

IN_FULL_FORCE = date(2022, 6, 1)
"""The first day of the Act in full force: what was collected before it is data from before the Act (s.95)."""


class ImportFault(StrEnum):
    """Why a row of an import is not taken."""

    INVALID_ROW = "invalid_row"
    BUDDHIST_ERA_YEAR = "buddhist_era_year"
    SUBJECT_UNKNOWN = "subject_unknown"
    SUBJECT_ERASED = "subject_erased"
    SUBJECT_DECEASED = SubjectDeceased.code
    PURPOSE_UNKNOWN = "purpose_unknown"
    NOT_CONSENT_BASED = NotConsentBased.code
    STATUTORY_INSTRUMENT = IsStatutoryInstrument.code
    NOT_BEFORE_ACT = "not_before_act"
    DUPLICATE_ROW = "duplicate_row"
    ALREADY_GRANTED = "already_granted"
    ENDED_SINCE = "ended_since"


@dataclass(frozen=True, slots=True)
class FormerConsent:
    """A consent that the data subject gave before this service kept any, as somebody else's records tell it.

    `granted_on`: the day in Bangkok. `wording`: what is wrong with the text that was agreed to. `before_act`: the data was
    collected before the Act was in full force, and serves the purpose that it was collected for.
    """

    subject_ref: str
    purpose: str
    granted_on: date
    channel: Channel
    language: Language = Language.TH
    wording: tuple[ClauseFlag, ...] = ()
    before_act: bool = False
    categories: tuple[str, ...] | None = None
    recipients: tuple[str, ...] | None = None
    evidence: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Subject and purpose."""
        return self.subject_ref, self.purpose

    @property
    def quality(self) -> ConsentQuality:
        """What it is worth: no notice is known, so it is never sound; and words that bind nobody stay doubtful whenever said."""
        if self.before_act and not self.wording:
            return ConsentQuality.ORIGINAL_PURPOSE
        return ConsentQuality.DOUBTFUL


def judge(former: FormerConsent, person: Person, pack: PolicyPack, today: date) -> Binding | ImportFault:
    """What a former consent binds, or why it is not taken. It is never explicit as PDPA s.26 means it.

    Categories left out are the ordinary ones or, where only the sensitive ones need consent, all. Sensitive ones may be
    bound, for the form said so; no decision rests on them.
    """
    purpose = pack.purposes.get(former.purpose)
    if purpose is None:
        return ImportFault.PURPOSE_UNKNOWN
    if (untimely := _untimely(former, person, today)) is not None:
        return untimely
    categories = _ordinary(purpose, pack) if former.categories is None else former.categories
    try:
        binding = check_grant(purpose, pack, categories=categories, recipients=former.recipients, explicit=True)
    except (IsStatutoryInstrument, NotConsentBased) as refused:
        return ImportFault(refused.code)
    except InvalidInput:
        return ImportFault.INVALID_ROW
    return replace(binding, explicit=False)


def _untimely(former: FormerConsent, person: Person, today: date) -> ImportFault | None:
    unborn = person.birth is not None and former.granted_on < read_birth(person.birth)
    if former.granted_on > today or unborn:
        return ImportFault.INVALID_ROW
    if former.before_act and former.granted_on >= IN_FULL_FORCE:
        return ImportFault.NOT_BEFORE_ACT
    return ImportFault.SUBJECT_DECEASED if person.dead(former.granted_on) else None


def _ordinary(purpose: Purpose, pack: PolicyPack) -> Sequence[str] | None:
    """What a form without a list of categories was about; None: all of the purpose."""
    if purpose.requires_consent is not ConsentNeed.ALWAYS:
        return None
    return [code for code in purpose.categories if not pack.categories[code].sensitive] or None
