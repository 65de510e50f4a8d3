"""The life of a rights request: its states and moves, and what a decision may say (API 8).

One table of moves. A refusal under the law is a result; a move that the state does not allow is an error.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from app.domain.errors import DecisionUnlawful, GroundNotValid, IllegalTransition, ItemsIncomplete, OutcomeMismatch
from app.domain.policy import Bilingual, Ground
from app.domain.reasons import Reason
from app.domain.vocabulary import Outcome, RequestKind

NO_DATA_HELD = "no_data_held"
DECEASED_SUBJECT = "deceased_subject"
WHOLE = "all"
"""The item of a request that is about everything where there is no single thing to decide about."""
JUDGED_BY_OFFICERS = ("insufficient_detail", "out_of_scope_credit_bureau")
"""Grounds that fit every right but an objection to direct marketing, and that no rule can find in the facts."""


class Status(StrEnum):
    """Where a request stands."""

    IDENTITY_PENDING = "identity_pending"
    IN_REVIEW = "in_review"
    INFORMATION_PENDING = "information_pending"
    IN_FULFILMENT = "in_fulfilment"
    REFUSED = "refused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


class Move(StrEnum):
    """What moves a request on. People make the first five; time makes `lapse`, the last task `fulfil`."""

    VERIFY = "verify"
    ASK = "ask"
    ANSWER = "answer"
    DECIDE = "decide"
    CANCEL = "cancel"
    LAPSE = "lapse"
    FULFIL = "fulfil"


_DECIDED = (Status.REFUSED, Status.COMPLETED, Status.IN_FULFILMENT)
_BY_THEMSELVES = frozenset({Move.LAPSE, Move.FULFIL})

TRANSITIONS: Mapping[tuple[Status, Move], tuple[Status, ...]] = MappingProxyType(
    {
        (Status.IDENTITY_PENDING, Move.VERIFY): (Status.IN_REVIEW,),
        (Status.IDENTITY_PENDING, Move.CANCEL): (Status.CANCELLED,),
        (Status.IDENTITY_PENDING, Move.LAPSE): (Status.LAPSED,),
        (Status.IN_REVIEW, Move.ASK): (Status.INFORMATION_PENDING,),
        (Status.IN_REVIEW, Move.DECIDE): _DECIDED,
        (Status.IN_REVIEW, Move.CANCEL): (Status.CANCELLED,),
        (Status.INFORMATION_PENDING, Move.ANSWER): (Status.IN_REVIEW,),
        (Status.INFORMATION_PENDING, Move.DECIDE): _DECIDED,
        (Status.INFORMATION_PENDING, Move.CANCEL): (Status.CANCELLED,),
        (Status.IN_FULFILMENT, Move.FULFIL): (Status.COMPLETED,),
    }
)

FINAL = frozenset(Status) - {status for status, _ in TRANSITIONS}


def allowed_moves(status: Status) -> tuple[Move, ...]:
    """The moves that somebody may make now, in the order of `Move`."""
    return tuple(move for move in Move if (status, move) in TRANSITIONS and move not in _BY_THEMSELVES)


def advance(status: Status, move: Move, *, outcome: Outcome | None = None, work_left: bool = False) -> Status:
    """The status after `move`. `outcome` and `work_left` (is there anything to carry out?) tell where `decide` leads.

    Raises IllegalTransition where the table knows no such move, ValueError for a decision without an outcome.
    """
    reached = TRANSITIONS.get((status, move))
    if reached is None:
        raise IllegalTransition(allowed=allowed_moves(status))
    if move is not Move.DECIDE:
        return reached[0]
    if outcome is None:
        raise ValueError("a decision has an outcome")
    if outcome is Outcome.REFUSED:
        return Status.REFUSED
    return Status.IN_FULFILMENT if work_left else Status.COMPLETED


def diagram() -> str:
    """The table as a Mermaid state diagram, for the README."""
    moves = [f"    {status} --> {to}: {move}" for (status, move), reached in TRANSITIONS.items() for to in reached]
    ends = [f"    {status} --> [*]" for status in Status if status in FINAL]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {Status.IDENTITY_PENDING}", *moves, *ends, ""])


class ItemOutcome(StrEnum):
    """What is proposed for, or became of, one item."""

    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ItemAssessment:
    """What law and pack say about one item of a request today.

    `grounds`: the codes on which this item may be refused, the fittest first. `grantable`: False where the law keeps
    what the subject asks for, whoever decides. `until`, `waits_for`, `because`: as retention tells them.
    `refusable_until`: of an erasure that nothing but periods stands in the way of, the last day on which a ground
    refuses; until then the record is held in storage only. It comes before `until` where the policy period goes on
    without a ground. `purposes`: what a record that can't be erased is still needed for.
    """

    ref: str
    label: Bilingual
    proposed: ItemOutcome
    grounds: tuple[str, ...] = ()
    grantable: bool = True
    until: date | None = None
    waits_for: str | None = None
    because: tuple[Reason, ...] = ()
    refusable_until: date | None = None
    purposes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemDecision:
    """What was decided about one item; `ground` only for a refused one."""

    ref: str
    outcome: ItemOutcome
    ground: str | None = None


def refused_for(ground: str, ref: str, label: Bilingual) -> ItemAssessment:
    """An item that can only be refused, on one of the grounds that fit every right.

    `deceased_subject` for every item once the subject is dead, `no_data_held` for one that is no longer held.
    """
    return ItemAssessment(ref, label, ItemOutcome.REFUSED, (ground,), grantable=False)


def sum_outcome(outcomes: Collection[ItemOutcome]) -> Outcome:
    """The outcome of a whole from those of its items; nothing asked for is nothing refused."""
    if ItemOutcome.REFUSED not in outcomes:
        return Outcome.GRANTED
    return Outcome.PARTLY_GRANTED if ItemOutcome.GRANTED in outcomes else Outcome.REFUSED


def proposal(items: Sequence[ItemAssessment]) -> tuple[ItemDecision, ...]:
    """The decision that the assessment proposes as it stands, each refusal on its fittest ground."""
    return tuple(
        ItemDecision(item.ref, item.proposed, item.grounds[0] if item.proposed is ItemOutcome.REFUSED else None)
        for item in items
    )


def check_decision(
    kind: RequestKind,
    grounds: Mapping[str, Ground],
    items: Sequence[ItemAssessment],
    decided: Sequence[ItemDecision] | None,
    outcome: Outcome,
) -> tuple[ItemDecision, ...]:
    """The lawful decision, in the order of the assessment; `decided` None takes the proposal as it stands.

    Raises ItemsIncomplete unless each item is named once, OutcomeMismatch unless `outcome` is their sum, GroundNotValid
    for a refusal without a ground of this right, DecisionUnlawful for one whose ground the facts don't bear, and for
    granting what the law keeps.
    """
    if decided is None:
        decided = proposal(items)
    if Counter(decision.ref for decision in decided) != Counter(item.ref for item in items):
        raise ItemsIncomplete
    if sum_outcome([decision.outcome for decision in decided]) is not outcome:
        raise OutcomeMismatch
    by_ref = {decision.ref: decision for decision in decided}
    ordered = [(item, by_ref[item.ref]) for item in items]
    for _, decision in ordered:
        if decision.outcome is ItemOutcome.REFUSED and not _is_ground_of(kind, decision.ground, grounds):
            raise GroundNotValid
    for item, decision in ordered:
        refused = decision.outcome is ItemOutcome.REFUSED
        if (refused and decision.ground not in item.grounds) or not (refused or item.grantable):
            raise DecisionUnlawful
    return tuple(
        decision if decision.outcome is ItemOutcome.REFUSED else ItemDecision(item.ref, ItemOutcome.GRANTED)
        for item, decision in ordered
    )


def _is_ground_of(kind: RequestKind, code: str | None, grounds: Mapping[str, Ground]) -> bool:
    ground = grounds.get(code) if code is not None else None
    return ground is not None and ground.decidable and kind in ground.rights
