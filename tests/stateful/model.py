"""What a program of calls has brought about, as the promises say: the oracle that the service is held against.

It knows the law only as far as a promise needs: what must not be erased, what must be a no, and which moves there are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from app.core.clock import today_in_bangkok
from app.domain.errors import IllegalTransition
from app.domain.rights_request import Move, Status, advance
from app.domain.vocabulary import Outcome
from tests.support.packs import CHANTHABURI, ShippedPack
from tests.support.rights import OBJECTED

BEGAN = datetime.fromisoformat("2026-11-21T12:00:00+07:00")
CANARY = "zcanary"
DESTROYING = {"erase", "anonymise", "destroy_paper"}
LAPSE_DAYS = 30
Limit = tuple[str, str]
"""What may not be used: ("purpose" or "record", its code or reference)."""


def years_after(day: date, years: int) -> date:
    """The last day of a period of so many years; no day of the tests is the 29th of February."""
    return day.replace(year=day.year + years)


@dataclass
class Held:
    """A record. `made`: when the deposit was made that it is about; None: it is about the membership."""

    ref: str
    made: date | None
    erased: bool = False
    locked: bool = False


@dataclass
class Person:
    """A subject. `ended_on`: when the membership did. `consents`: by purpose, the id and whether it is in force."""

    ref: str
    ended_on: date | None
    phone: str
    email: str
    national_id: str
    records: dict[str, Held] = field(default_factory=dict)
    consents: dict[str, tuple[str, bool]] = field(default_factory=dict)
    holds: dict[str, str | None] = field(default_factory=dict)
    erased: bool = False
    tries: int = 0
    sent: int = 0
    locked: bool = False

    def canaries(self) -> list[str]:
        return [self.phone[1:], self.email, self.national_id]

    def law_keeps(self, record: Held | None, today: date) -> bool:
        """Whether anti-money-laundering law still wants a record, or None: what is known of the person."""
        if record is not None and record.made is not None:
            return today <= years_after(record.made, 5)
        return self.ended_on is None or today <= years_after(self.ended_on, 10)

    def is_on_hold(self, record_ref: str | None) -> bool:
        """Whether a legal hold stands on a record, or on anything; None names no record."""
        return any(of in {None, record_ref} or record_ref is None for of in self.holds.values())


@dataclass
class Case:
    """A request, as it must stand."""

    id: str
    kind: str
    person: Person
    key: object
    status: Status
    required: str
    received_on: date
    wanted: Mapping[str, Any]
    signed_by: str | None = None
    challenge: str | None = None
    limits: set[Limit] = field(default_factory=set)
    told: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/v1/requests/{self.id}"

    @property
    def open(self) -> bool:
        return self.status in {
            Status.IDENTITY_PENDING,
            Status.IN_REVIEW,
            Status.INFORMATION_PENDING,
            Status.IN_FULFILMENT,
        }

    def may(self, move: Move) -> bool:
        """Whether the table of moves has this one."""
        try:
            advance(self.status, move, outcome=Outcome.REFUSED)
        except IllegalTransition:
            return False
        return True


@dataclass
class Handed:
    """A task as it was handed out."""

    id: str
    kind: str
    system: str
    person: Person
    case: Case
    refs: list[str]
    lease: str
    live: bool = True


class World:
    """Everything that a program has brought about under a pack."""

    def __init__(self, pack: ShippedPack) -> None:
        self.pack = pack
        self.people = [
            Person("M-1", date(2010, 6, 30), "+66811110001", "zc-one@member.example", "1101700203450"),
            Person("M-2", None, "+66811110002", "zc-two@member.example", "3100600445635"),
            Person("M-3", date(2020, 6, 30), "+66811110003", "zc-three@member.example", "5101400003211"),
        ]
        self.cases: list[Case] = []
        self.tasks: dict[str, Handed] = {}
        self.passed = timedelta(0)
        self.words = 0

    @property
    def today(self) -> date:
        return today_in_bangkok(BEGAN + self.passed)

    @property
    def objectable(self) -> list[str]:
        return list(OBJECTED[self.pack.name])

    def says(self) -> str:
        """Free text that must not turn up anywhere."""
        self.words += 1
        return f"{CANARY}-{self.words} มังคุด"

    def canaries(self) -> list[str]:
        return [CANARY, *(canary for person in self.people for canary in person.canaries())]

    def standing(self, person: Person, key: object) -> Case | None:
        """The open request of the same scope."""
        return next((c for c in self.cases if c.person is person and c.key == key and c.open), None)

    def limits_of(self, person: Person) -> set[Limit]:
        return {limit for case in self.cases if case.person is person for limit in case.limits}

    def prove(self, case: Case) -> None:
        """Identity is proven: what takes effect at once does."""
        case.status = Status.IN_REVIEW
        if case.kind == "restriction":
            case.limits = set(named(case.wanted))
        if case.kind == "objection":
            case.limits |= {("purpose", code) for code in case.wanted["purposes"] if code in self.objectable}
            self.receive(case)

    def receive(self, case: Case) -> None:
        """Direct marketing stops over a weak token already."""
        if case.kind == "objection" and self.pack.marketing in case.wanted["purposes"]:
            case.limits.add(("purpose", str(self.pack.marketing)))

    def required(self, kind: str, wanted: Mapping[str, Any]) -> str:
        """The assurance of identity that a request needs."""
        marketing = kind == "objection" and wanted["purposes"] == [self.pack.marketing]
        return "low" if kind == "complaint" or marketing else "substantial"

    def must_be_no(self, person: Person) -> Iterator[tuple[str, dict[str, Any]]]:
        """Questions to which the answer is no: purpose and properties."""
        for what, ref in sorted(self.limits_of(person)):
            yield (ref, {}) if what == "purpose" else (self.pack.objectable, {"record_refs": [ref]})
        for record in person.records.values():
            if record.erased or record.locked:
                yield self.pack.objectable, {"record_refs": [record.ref]}
        if not person.consents.get(self.pack.consent, ("", False))[1] or person.erased:
            yield self.pack.consent, self.consented_categories

    def must_be_yes(self, person: Person) -> Iterator[tuple[str, dict[str, Any]]]:
        """Those to which it is yes: a consent in force of somebody whom nothing else has touched."""
        untouched = person.ended_on is None and not any(r.erased or r.locked for r in person.records.values())
        erasing = any(case.person is person and case.kind == "erasure" for case in self.cases)
        limited = any(what == "record" or ref == self.pack.consent for what, ref in self.limits_of(person))
        if untouched and not erasing and not limited and person.consents.get(self.pack.consent, ("", False))[1]:
            yield self.pack.consent, self.consented_categories

    @property
    def consented_categories(self) -> dict[str, Any]:
        return {"categories": [self.pack.sensitive or self.pack.ordinary[0]]}

    def records_of(self, person: Person) -> Iterator[dict[str, Any]]:
        """What the core banking system holds of somebody at first, and takes down here."""
        kinds = {"member_data": None}
        if self.pack is CHANTHABURI:
            kinds |= {"2014-03-02": date(2014, 3, 2), "2019-05-20": date(2019, 5, 20), "2022-01-10": date(2022, 1, 10)}
        for number, (label, made) in enumerate(kinds.items()):
            yield self.record(person, f"R-{number}", made, storage="paper" if label == "2019-05-20" else "database")

    def record(self, person: Person, ref: str, made: date | None, **changes: Any) -> dict[str, Any]:
        person.records.setdefault(ref, Held(ref, made))
        return {
            "record_ref": ref,
            "kind": "member_data" if made is None else "deposit",
            "events": {} if made is None else {"deposit_made": str(made)},
            "system": "core_banking",
            "storage": "database",
            "categories": [self.pack.ordinary[0]],
            "provided_by_subject": True,
            "lawful_basis": "contract",
            **changes,
        }


def named(wanted: Mapping[str, Any]) -> list[Limit]:
    """What a restriction names."""
    purposes = [("purpose", code) for code in wanted.get("purposes", ())]
    return [*purposes, *(("record", ref) for ref in wanted.get("record_refs", ()))]
