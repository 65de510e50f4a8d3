"""What retention says of one record on one day (DOMAIN "Retention before erasure", LAW A8 and D).

Every rule of the record's kind gives its reasons to keep it; the strongest of them decide. More rules can only
lengthen, a legal hold beats everything, and what no rule knows is kept and reported.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.domain import reasons
from app.domain.periods import ends_on
from app.domain.policy import Floor, Period, PolicyPack, RetentionRule
from app.domain.reasons import Cause, Reason
from app.domain.vocabulary import Basis, RetentionAction, SubjectKind

OPEN_REQUEST = "open_dsr"
_TRANSACTION_EVENTS = frozenset({"transaction_made", "receipt_issued"})
_MEMBERS = frozenset({SubjectKind.MEMBER, SubjectKind.ASSOCIATE_MEMBER})


@dataclass(frozen=True, slots=True)
class Record:
    """A held record, as far as retention and erasure ask about it.

    `purpose`: the one that it was collected for, where its system said so. `of_member`: the subject is, or was, a member.
    """

    record_ref: str
    kind: str
    events: Mapping[str, date] = field(default_factory=dict)
    conditions: frozenset[str] = frozenset()
    insurer: str | None = None
    basis: Basis | None = None
    purpose: str | None = None
    of_member: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """A membership of the cooperative; `ended_on` None while it lasts."""

    joined_on: date
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What lies outside the record and bears on it.

    `memberships`: those that the subject's records wait for, see `memberships_of`. `holds`: the provisions of the legal
    holds in force on the record. `other_open_request`: another rights request about the record is open (never the
    erasure under evaluation). `consents`: purposes to which a consent is in force that no objection stands against.
    """

    memberships: tuple[Membership, ...] = ()
    holds: tuple[str, ...] = ()
    other_open_request: bool = False
    consents: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RetentionDecision:
    """What to do with the record.

    `until`: the last day of keeping. `waits_for`: the event that must happen, or the condition that must cease, before
    there is one. `because`: what keeps it today; for `dispose` what kept it, the last to end first.
    """

    action: RetentionAction
    until: date | None
    waits_for: str | None
    because: tuple[Reason, ...]


def is_member(kind: SubjectKind) -> bool:
    """Whether the subject is, or was, a member of the cooperative, an associate one included."""
    return kind in _MEMBERS


def memberships_of(
    kind: SubjectKind, own: Membership | None, related: Sequence[Membership] = ()
) -> tuple[Membership, ...]:
    """The memberships whose end the subject's records wait for: a connected person waits for those they belong to."""
    known = () if own is None else (own,)
    return known if is_member(kind) else known + tuple(related)


def evaluate(record: Record, pack: PolicyPack, circumstances: Circumstances, today: date) -> RetentionDecision:
    """The decision of the pack about `record` on `today`, with every reason."""
    return weigh(reasons_to_keep(record, rules_for(record, pack, today), pack, circumstances, today), today)


def rules_for(record: Record, pack: PolicyPack, today: date) -> tuple[RetentionRule, ...]:
    """The rules that the record falls under; empty for a kind that none knows.

    The indefinite rule for soft-deleted rows joins them only where the pack allows it (LAW T-03): otherwise such a row
    keeps the clock of its kind.
    """
    own = pack.rules_by_kind.get(record.kind, ())
    if record.of_member:
        own = tuple(pack.retention_rules[rule.members_under] if rule.members_under else rule for rule in own)
    if not own or not pack.allow_indefinite_soft_delete:
        return own
    happened = _happened(record, today)
    return own + tuple(
        rule
        for rule in pack.retention_rules.values()
        if rule.enabled and rule.indefinite and rule not in own and rule.trigger in happened
    )


def reasons_to_keep(
    record: Record, rules: Iterable[RetentionRule], pack: PolicyPack, circumstances: Circumstances, today: date
) -> tuple[Reason, ...]:
    """Every reason, ended ones too, strongest cause first; the order of `rules` makes no difference."""
    clock = _Clock.of(record, circumstances, today)
    found = [reasons.hold(provision, pack) for provision in sorted(circumstances.holds)]
    ordered = sorted(rules, key=lambda rule: (rule.number, rule.code))
    if not ordered:
        found.append(reasons.unknown_kind(record.kind))
    active = record.conditions - {OPEN_REQUEST} | ({OPEN_REQUEST} if circumstances.other_open_request else set())
    for rule in ordered:
        found.extend(reasons.condition_lasts(rule, pack.conditions[name]) for name in rule.hold_while if name in active)
        found.extend(_periods(rule, record, clock, pack, circumstances.consents))
    return tuple(sorted(found, key=lambda reason: reason.cause))


def weigh(found: Sequence[Reason], today: date) -> RetentionDecision:
    """What the reasons come to: hold, unresolved, keep while something lasts, keep until a day, dispose."""
    running = tuple(reason for reason in found if reason.runs(today))
    causes = {reason.cause for reason in running}
    if Cause.HOLD in causes:
        return RetentionDecision(RetentionAction.HOLD, None, None, running)
    if Cause.UNRESOLVED in causes:
        return RetentionDecision(RetentionAction.UNRESOLVED, None, None, running)
    if not running:
        ended = sorted(found, key=lambda reason: reason.until or date.max, reverse=True)
        return RetentionDecision(RetentionAction.DISPOSE, None, None, tuple(ended))
    waits_for = next((reason.waits_for for reason in running if reason.waits_for), None)
    return RetentionDecision(RetentionAction.KEEP, last_day(running), waits_for, running)


def last_day(running: Iterable[Reason]) -> date | None:
    """The day on which the last of the reasons ends; None when one of them has no end yet."""
    ends = [reason.until for reason in running]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


@dataclass(frozen=True, slots=True)
class _Clock:
    """The dated facts that have happened by the day of the evaluation."""

    today: date
    happened: Mapping[str, date]
    membership_ended_on: date | None

    @classmethod
    def of(cls, record: Record, circumstances: Circumstances, today: date) -> "_Clock":
        happened = _happened(record, today)
        if not circumstances.memberships:
            return cls(today, happened, happened.get("membership_terminated"))
        last = max(membership.ended_on or date.max for membership in circumstances.memberships)
        return cls(today, happened, last if last <= today else None)

    def start(self, rule: RetentionRule, trigger: str) -> date | None:
        """The day that starts the rule's own period, None while it has not come."""
        if rule.retain_while_membership:
            return self.membership_ended_on
        began = self.happened.get(trigger)
        if began is None and rule.trigger_fallback:
            began = self.happened.get(rule.trigger_fallback)
        later = self.happened.get(rule.later_of) if rule.later_of else None
        return max(began, later) if began is not None and later is not None else began

    def floor_start(self, floor: Floor, rule_start: date | None) -> date | None:
        """The day that starts a statutory minimum: its own event, or what DOMAIN lets stand in for it.

        A floor whose event is neither here nor to be stood in for has not begun: the record waits.
        """
        if floor.registrar_defined:
            return rule_start
        happened = self.happened.get(floor.trigger)
        if happened is not None:
            return happened
        if floor.trigger in _TRANSACTION_EVENTS:
            return rule_start
        ended = self.happened.get("relationship_ended", self.membership_ended_on)
        if floor.trigger == "relationship_ended":
            return ended
        if floor.trigger == "account_closed_or_relationship_ended":
            known = (self.happened.get("account_closed"), ended)
            return max((day for day in known if day is not None), default=None)
        return None


def _periods(
    rule: RetentionRule, record: Record, clock: _Clock, pack: PolicyPack, consents: frozenset[str]
) -> Iterator[Reason]:
    """The rule's own period, or what stands for one, and its statutory minimums."""
    trigger, period = _own_period(rule, record, pack)
    start = clock.start(rule, trigger)
    if rule.indefinite:
        yield reasons.no_end(rule)
    elif rule.until_consent_ends:
        yield _consent(rule, record, pack, consents)
    elif period is None:
        yield reasons.period_unknown(rule)
    elif start is None:
        yield reasons.event_missing(rule, trigger, pack)
    else:
        yield reasons.period_runs(rule, ends_on(start, period), clock.today)
    for floor in rule.floors:
        floor_start = clock.floor_start(floor, start)
        if floor_start is None:
            yield reasons.floor_not_begun(rule, floor, pack)
        else:
            yield reasons.floor_runs(rule, floor, ends_on(floor_start, floor.period), clock.today, pack)


def _consent(rule: RetentionRule, record: Record, pack: PolicyPack, consents: frozenset[str]) -> Reason:
    """Whether a consent keeps the record: one to its own purpose, or where that is not known to any that names the rule."""
    named = {code for code, purpose in pack.purposes.items() if rule.code in purpose.retention}
    asked = {record.purpose} if record.purpose in named else named
    return reasons.consent_lasts(rule) if asked & consents else reasons.consent_over(rule)


def _own_period(rule: RetentionRule, record: Record, pack: PolicyPack) -> tuple[str, Period | None]:
    """The trigger and the period of the rule, which for credit life cover are those that the insurer has set."""
    if not rule.insurer_defined:
        return rule.trigger, rule.period
    value = pack.insurer_periods.get(record.insurer) if record.insurer else None
    return (value.trigger, value.period) if value else (rule.trigger, None)


def _happened(record: Record, today: date) -> Mapping[str, date]:
    return {event: on for event, on in record.events.items() if on <= today}
