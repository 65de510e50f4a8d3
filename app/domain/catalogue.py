"""What the controller has published: categories, purposes, recipients, notices, contacts, holidays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from app.domain.vocabulary import Basis, ConsentNeed, Objectable, Storage


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A text meant for people."""

    th: str
    en: str


@dataclass(frozen=True, slots=True)
class Category:
    """A category of personal data (policy clause 3)."""

    code: str
    clause: str
    sensitive: bool
    label: Bilingual


@dataclass(frozen=True, slots=True)
class Source:
    """Where personal data comes from (policy clause 4)."""

    code: str
    clause: str
    label: Bilingual


@dataclass(frozen=True, slots=True)
class StorageForm:
    """A form of storage and the method by which what lies there is destroyed (policy clauses 4 and 10)."""

    code: Storage
    clause: str
    label: Bilingual
    destruction: str
    destruction_label: Bilingual
    destruction_clause: str


@dataclass(frozen=True, slots=True)
class SecurityMeasure:
    """How data is protected, as the policy states it (PDPA s.37(1), s.39(8))."""

    code: str
    clause: str
    label: Bilingual


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who data may be disclosed to (policy clause 8). `authority`: an authority of clauses 8.1-8.2."""

    code: str
    clause: str
    label: Bilingual
    authority: bool


@dataclass(frozen=True, slots=True)
class LawfulBasis:
    """A basis as the policy words it (clause 7) and the section of the Act behind it."""

    code: Basis
    clause: str
    provision: str
    label: Bilingual


@dataclass(frozen=True, slots=True)
class Statute:
    """A statute by the code with which citations name it, and as each language writes it."""

    code: str
    label: Bilingual


@dataclass(frozen=True, slots=True)
class StatutoryInstrument:
    """A consent that another law makes irrevocable: kept apart from consent under the Act (LAW T-23)."""

    provision: str
    label: Bilingual


class ClauseFlag(StrEnum):
    """What is wrong with the wording by which a policy asks for a consent; such a consent is doubtful (LAW T-01, T-25)."""

    IRREVOCABLE_WORDING_NOT_HONOURED = "irrevocable_wording_not_honoured"
    BUNDLED_CONSENT = "bundled_consent"


@dataclass(frozen=True, slots=True)
class CreditBureauDuty:
    """What a member of the credit bureau must tell it whether anybody consents or not (LAW T-01).

    `consequences`: what a withdrawal brings there: it stops what rests on consent, not what the law demands.
    """

    provision: str
    consequences: Bilingual


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose of processing (policy clause 6) with its bases, first one primary.

    `consequences`: what a withdrawal of its consent brings, told before and after.
    `sensitive_exception`: the provision that spares its sensitive categories explicit consent (PDPA s.26), if one does.
    `credit_bureau_duty`: the law that demands it besides, where the cooperative is a member of the credit bureau; else None.
    `clause_flags`: what the policy's wording claims and the Act does not honour.
    `proposed`: not in the policy; the service itself needs it (LAW A5, end).
    `verified`: whether a lawyer or the DPO has confirmed bases, categories and retention.
    """

    code: str
    number: int
    clause: str
    label: Bilingual
    bases: tuple[Basis, ...]
    requires_consent: ConsentNeed
    objectable: Objectable
    categories: tuple[str, ...]
    recipients: tuple[str, ...]
    retention: tuple[str, ...]
    consequences: Bilingual | None = field(default=None, kw_only=True)
    statutory_instrument: StatutoryInstrument | None = field(default=None, kw_only=True)
    sensitive_exception: str | None = field(default=None, kw_only=True)
    credit_bureau_duty: CreditBureauDuty | None = field(default=None, kw_only=True)
    clause_flags: tuple[ClauseFlag, ...] = field(default=(), kw_only=True)
    proposed: bool = field(default=False, kw_only=True)
    verified: bool

    @property
    def obliged_to_authorities(self) -> bool:
        """Whether a legal obligation is among its bases that authorities are told by; a bureau member's is to the bureau."""
        return Basis.LEGAL_OBLIGATION in self.bases and self.credit_bureau_duty is None


@dataclass(frozen=True, slots=True)
class Notice:
    """One version of a privacy notice (PDPA s.23): what a consent is bound to, by `content_sha256`.

    `fresh_consent_for`: purposes whose earlier consents it ends from its first instant in force. `published_at`: None for
    one of the pack's own. `verified`: whether a lawyer or the DPO has confirmed its text.
    """

    notice_id: str
    version: str
    effective_from: date
    purposes: tuple[str, ...]
    title: Bilingual
    content: Bilingual
    content_sha256: str
    fresh_consent_for: tuple[str, ...] = field(default=(), kw_only=True)
    published_at: datetime | None = field(default=None, kw_only=True)
    verified: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody; what the policy does not state is None, and no telephone an empty list."""

    address: Bilingual | None
    phones: tuple[str, ...]
    email: str | None


@dataclass(frozen=True, slots=True)
class DataProtectionOfficer:
    """Whether one is appointed (PDPA s.41), and the contact point to publish in any case; None: the policy states none."""

    appointed: bool
    contact: str | None


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Opening hours, local time of Asia/Bangkok as `HH:MM`."""

    days: tuple[str, ...]
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class Controller:
    """The data controller (policy clauses 2 and 16). `office_hours`: None where the policy states none.

    `management`: the e-mail address that hears of what is overdue; it is published nowhere.
    """

    code: str
    name: Bilingual
    contact: Contact
    office_hours: OfficeHours | None
    dpo: DataProtectionOfficer
    clauses: tuple[str, ...]
    warnings: tuple[Bilingual, ...]
    management: str | None = None


@dataclass(frozen=True, slots=True)
class HolidayYear:
    """The public holidays of one year, substitutes included, and where the list was read."""

    year: int
    source: str
    verified: bool
    days: Mapping[date, Bilingual]


@dataclass(frozen=True, slots=True)
class AnnouncedDay:
    """One day that became a holiday, or ceased to be one, after the list of its year was made; the newest word stands."""

    day: date
    label: Bilingual
    cancelled: bool
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class FixedHoliday:
    """A holiday on the same date each year: all that is known of a year without data."""

    month: int
    day: int
    label: Bilingual
