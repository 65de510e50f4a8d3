"""What a decision is asked about, and the facts that it rests on: plain values, read anew for every question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.capacity import CONSENT, AgeState, Person
from app.domain.consent import ConsentStatus
from app.domain.notices import superseded_at
from app.domain.policy import PolicyPack
from app.domain.retention import Circumstances, Membership, Record
from app.domain.vocabulary import ConsentQuality

GONE = frozenset({"locked", "erased", "anonymised"})
STORAGE_ONLY = "storage_only"
SELF = "self"


@dataclass(frozen=True, slots=True)
class Question:
    """May this be done with a subject's personal data?

    `resource_known`: it is about personal data at all. `categories` None: the ordinary ones of the purpose.
    `record_refs` None: whichever of the subject's records the purpose concerns.
    """

    action: str
    purpose: str | None
    categories: tuple[str, ...] | None = None
    recipient: str | None = None
    record_refs: tuple[str, ...] | None = None
    resource_known: bool = True


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """The newest consent to the purpose, the one in force where there is one.

    `granted_on`: the day of the grant in Bangkok. `ended_as`: the event that ended it, None while none has.
    `doubted`: an open deletion case is about it.
    """

    purpose: str
    categories: tuple[str, ...]
    recipients: tuple[str, ...]
    explicit: bool
    granted_at: datetime
    granted_on: date
    withdrawn_at: datetime | None = None
    ended_at: datetime | None = None
    ended_as: str | None = None
    expires_on: date | None = None
    quality: str = ConsentQuality.SOUND
    given_as: str = SELF
    notice_version: str | None = None
    id: str = ""
    doubted: bool = False

    @property
    def counts_as_explicit(self) -> bool:
        """Whether it may carry sensitive data: explicit, and under a notice (PDPA s.26)."""
        return self.explicit and self.quality == ConsentQuality.SOUND

    def status(self, pack: PolicyPack, now: datetime, today: date) -> ConsentStatus:
        """How it stands. An end that is on record holds by whatever clock: none is undone (promise 1)."""
        if self.withdrawn_at is not None:
            return ConsentStatus.WITHDRAWN
        if self.ended_at is not None:
            return ConsentStatus.EXPIRED if self.ended_as == ConsentStatus.EXPIRED else ConsentStatus.SUPERSEDED
        if self.expires_on is not None and self.expires_on < today:
            return ConsentStatus.EXPIRED
        fresh = superseded_at(pack.notices.values(), self.purpose, self.granted_at, self.notice_version)
        return ConsentStatus.SUPERSEDED if fresh is not None and fresh <= now else ConsentStatus.ACTIVE

    def given_by_whom_it_needs(self, person: Person, pack: PolicyPack) -> bool:
        """Whether it came from whom the law requires, as far as is known (PDPA s.20).

        Not where an open deletion case doubts that, nor from a subject too young to give it alone; by capacity others
        were asked at the grant.
        """
        if self.doubted:
            return False
        if self.given_as != SELF:
            return True
        age = person.age(self.granted_on)
        return age is AgeState.ADULT or (age is AgeState.FROM_10_TO_20 and CONSENT in pack.minors_alone)


@dataclass(frozen=True, slots=True)
class Limit:
    """A restriction (PDPA s.34) or an objection (s.32) in force, of purposes or of records."""

    kind: str
    purposes: tuple[str, ...]
    record_refs: frozenset[str]
    since: datetime
    request_id: str


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """A record of the inventory, as far as a decision asks about it."""

    record: Record
    circumstances: Circumstances
    state: str
    categories: frozenset[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is on record about one subject and one purpose.

    `person` None: nobody has that reference. `records`: of those that the question concerns all, or enough: one that is
    kept and in use, and each kind of limit's own.
    """

    person: Person | None = None
    erased: bool = False
    memberships: tuple[Membership, ...] = ()
    consent: GivenConsent | None = None
    limits: Sequence[Limit] = ()
    records: Sequence[HeldRecord] = ()

    def relationship_lasts(self, today: date) -> bool:
        """Whether the membership, or the linked member's, lasts; one that nobody has told of has not ended.

        Death ends it: the Act protects the living.
        """
        if self.person is not None and self.person.dead(today):
            return False
        ends = [membership.ended_on for membership in self.memberships]
        return not ends or any(end is None or end > today for end in ends)
