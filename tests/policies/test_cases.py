"""The examples of the law in `cases/`, each tried against its shipped pack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.domain.calendar import Calendar
from app.domain.deadlines import schedule
from app.domain.erasure import ErasureGround, assess_item
from app.domain.periods import parse_period
from app.domain.policy import InsurerPeriod, PolicyPack
from app.domain.reasons import Reason
from app.domain.retention import (
    Circumstances,
    Membership,
    Record,
    RetentionDecision,
    evaluate,
    is_member,
    memberships_of,
)
from app.domain.vocabulary import Basis, RetentionAction, Right, SubjectKind
from app.policies.loader import load_pack

CASES = Path(__file__).parent / "cases"
JOINED_ON = date(1990, 1, 1)
ONE_DAY = timedelta(days=1)
PACKS = {
    "retention": load_pack("chanthaburi-teachers"),
    "cooperative_officials": load_pack("cooperative-officials"),
}
"""The folders of retention examples, and the pack that each is about."""


@dataclass(frozen=True)
class RetentionCase:
    """One example of what retention says, or of what an erasure request gets."""

    name: str
    today: date
    record: Mapping[str, Any]
    subject: Mapping[str, Any] = field(default_factory=dict)
    holds: list[str] = field(default_factory=list)
    consents: list[str] = field(default_factory=list)
    other_open_request: bool = False
    insurer_periods: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    retention: Mapping[str, Any] | None = None
    erasure: Mapping[str, Any] | None = None

    def held(self) -> Record:
        told = dict(self.record)
        return Record(
            record_ref="R-1",
            kind=told.pop("kind"),
            events=told.pop("events", {}),
            conditions=frozenset(told.pop("conditions", ())),
            insurer=told.pop("insurer", None),
            basis=Basis(told.pop("basis")) if "basis" in told else None,
            of_member=is_member(self.kind),
            **told,
        )

    @property
    def kind(self) -> SubjectKind:
        return SubjectKind(self.subject.get("kind", "member"))

    def circumstances(self) -> Circumstances:
        kind = self.kind
        own = _membership(self.subject.get("membership", "running" if kind is SubjectKind.MEMBER else "unknown"))
        related = [known for each in self.subject.get("related", ()) if (known := _membership(each))]
        return Circumstances(
            memberships_of(kind, own, related), tuple(self.holds), self.other_open_request, frozenset(self.consents)
        )

    def pack(self, shipped: PolicyPack) -> PolicyPack:
        stated = {
            insurer: InsurerPeriod(insurer, value["trigger"], parse_period(value["period"]), evidence="an example")
            for insurer, value in self.insurer_periods.items()
        }
        return replace(shipped, insurer_periods={**shipped.insurer_periods, **stated})


@dataclass(frozen=True)
class DeadlineCase:
    """One example of the days by which a request is to be dealt with."""

    name: str
    right: str
    received_on: date
    decide_by: date
    internal: date
    complete_by: date | None = None
    provisional: bool = False


def _membership(told: str | Mapping[str, date]) -> Membership | None:
    if told == "unknown":
        return None
    return Membership(JOINED_ON, None if isinstance(told, str) else told["ended_on"])


def read(folder: str) -> list[tuple[str, Mapping[str, Any]]]:
    return [
        (f"{path.stem}: {told['name']}", told)
        for path in sorted((CASES / folder).glob("*.yaml"))
        for told in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


RETENTION = [
    pytest.param(RetentionCase(**told), pack, id=name) for folder, pack in PACKS.items() for name, told in read(folder)
]
DEADLINES = [(name, DeadlineCase(**told)) for name, told in read("deadlines")]


def cited(because: tuple[Reason, ...]) -> list[str]:
    return [
        (reason.law or f"clause {reason.clause}") + (f" until {reason.until}" if reason.until else "")
        for reason in because
    ]


@pytest.mark.parametrize(("case", "pack"), RETENTION)
def test_the_pack_decides_as_the_example_says(case: RetentionCase, pack: PolicyPack) -> None:
    assert (case.retention is None) != (case.erasure is None), "an example is of retention or of an erasure"
    for told, answer in ((case.retention, retention_of), (case.erasure, erasure_of)):
        if told is not None:
            answered = answer(case, pack)
            left_out = {"because": answered["because"]} if "because" not in told else {}
            assert answered == {**dict.fromkeys(answered), **left_out, **told}


def retention_of(case: RetentionCase, shipped: PolicyPack) -> Mapping[str, Any]:
    decision = evaluate(case.held(), case.pack(shipped), case.circumstances(), case.today)
    return {
        "action": decision.action.value,
        "until": decision.until,
        "waits_for": decision.waits_for,
        "because": cited(decision.because),
    }


def erasure_of(case: RetentionCase, shipped: PolicyPack) -> Mapping[str, Any]:
    asked = (case.erasure or {}).get("asked", "no_longer_necessary")
    assessed = assess_item(
        case.held(), case.pack(shipped), case.circumstances(), case.today, ground=ErasureGround(asked)
    )
    return {
        "asked": asked if "asked" in (case.erasure or {}) else None,
        "proposed": assessed.proposed.value,
        "grounds": list(assessed.grounds) or None,
        "until": assessed.until,
        "waits_for": assessed.waits_for,
        "storage_only_until": assessed.refusable_until,
        "because": cited(assessed.because),
    }


@pytest.mark.parametrize("case", [case for _, case in DEADLINES], ids=[name for name, _ in DEADLINES])
def test_the_pack_counts_the_days_as_the_example_says(case: DeadlineCase, chanthaburi: PolicyPack) -> None:
    due = schedule(chanthaburi.rights[Right(case.right)], case.received_on, Calendar.of(chanthaburi))
    assert (due.decide_by, due.decide_by_internal) == (case.decide_by, case.internal)
    assert due.complete_by == (case.complete_by or case.decide_by)
    assert due.provisional is case.provisional


def decided(pack: PolicyPack) -> Iterable[tuple[RetentionCase, RetentionDecision]]:
    for folder, known in PACKS.items():
        for _, told in read(folder) if known is pack else ():
            case = RetentionCase(**told)
            yield case, evaluate(case.held(), case.pack(pack), case.circumstances(), case.today)


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_every_rule_is_tried_on_the_day_before_its_end_on_the_day_and_on_the_day_after(pack: PolicyPack) -> None:
    tried: set[tuple[str, str]] = set()
    for case, decision in decided(pack):
        rule = decision.because[0].rule
        end = decision.until if decision.action is RetentionAction.KEEP else decision.because[0].until
        near = {-1: "the day before", 0: "the day", 1: "the day after"}
        if rule is not None and end is not None and (case.today - end).days in near:
            tried.add((rule, near[(case.today - end).days]))
    ending = [rule.code for rule in pack.retention_rules.values() if rule.enabled and not rule.until_consent_ends]
    assert tried >= {(code, day) for code in ending for day in ("the day before", "the day", "the day after")}


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_every_rule_that_ends_with_a_consent_is_tried_with_one_and_without(pack: PolicyPack) -> None:
    tried = {(decision.because[0].rule, decision.action) for _, decision in decided(pack)}
    waiting = [rule.code for rule in pack.retention_rules.values() if rule.until_consent_ends]
    assert tried >= {(code, action) for code in waiting for action in (RetentionAction.KEEP, RetentionAction.DISPOSE)}


def test_every_right_has_an_example_of_its_deadline() -> None:
    assert {case.right for _, case in DEADLINES} == {right.value for right in Right}


def test_no_two_examples_have_the_same_name() -> None:
    names = [case.id for case in RETENTION] + [name for name, _ in DEADLINES]
    assert len(names) == len(set(names))
