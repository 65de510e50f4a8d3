"""Why a record is kept: one value per cause, with the ground on which it may refuse an erasure (PDPA s.33)."""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from app.domain.calendar import english_date, thai_date
from app.domain.citations import thai_citation
from app.domain.policy import Bilingual, Condition, Floor, PolicyPack, RetentionRule

ERASE_LEGAL_COMPLIANCE = "erase_legal_compliance"
ERASE_LEGAL_CLAIMS = "erase_legal_claims"
ERASE_STILL_NECESSARY = "erase_still_necessary"
CONSENT = "PDPA s.19"
CONSENT_ENDED = "consent_ended"
PRESCRIPTION = "Civil Code s.193/30"
NECESSITY = "PDPA s.33(1)"


class Cause(IntEnum):
    """What keeps a record, strongest first: the order in which reasons are told."""

    HOLD = 0
    UNRESOLVED = 1
    CONDITION = 2
    EVENT_MISSING = 3
    FLOOR = 4
    PERIOD = 5


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to keep a record.

    `ground`: the refusal ground that it supports, None when it supports none. `until`: its last day, None while it
    waits for something. `waits_for`: the event or the end of the condition that it waits for. `over`: it has ended, on
    a day not told. `binding`: a law or an order demands the keeping, or may do so unknown to us, whatever else is said
    for erasure.
    """

    cause: Cause
    rule: str | None
    clause: str | None
    law: str | None
    ground: str | None
    wording: Bilingual
    until: date | None = None
    waits_for: str | None = None
    over: bool = False
    binding: bool = False

    @property
    def text(self) -> Bilingual:
        """The reason in words, with its last day in the era of the language."""
        if self.until is None:
            return self.wording
        return Bilingual(
            th=f"{self.wording.th} ถึงวันที่ {thai_date(self.until)}",
            en=f"{self.wording.en} until {english_date(self.until)}",
        )

    def runs(self, today: date) -> bool:
        """Whether it still keeps the record on `today`."""
        return not self.over and (self.until is None or self.until >= today)


def hold(provision: str, pack: PolicyPack) -> Reason:
    """A legal hold in force. The provision is told, the reason for the hold is not."""
    wording = Bilingual(
        th=f"มีคำสั่งห้ามทำลายข้อมูลตาม {thai_citation(provision, pack.statutes)}",
        en=f"Under a legal hold: {provision}",
    )
    return Reason(Cause.HOLD, "legal_hold", None, provision, ERASE_LEGAL_CLAIMS, wording, binding=True)


def unknown_kind(kind: str) -> Reason:
    """No rule knows the kind: kept and reported."""
    wording = Bilingual(
        th=f"ยังไม่มีกำหนดระยะเวลาเก็บสำหรับข้อมูลชนิด {kind} จึงเก็บไว้จนกว่าจะมีกำหนด",
        en=f"No retention rule knows the kind {kind}: kept until one does",
    )
    return Reason(Cause.UNRESOLVED, None, None, NECESSITY, ERASE_STILL_NECESSARY, wording, binding=True)


def period_unknown(rule: RetentionRule) -> Reason:
    """The insurer has not said how long: kept and reported (LAW T-20)."""
    wording = Bilingual(
        th=f"{rule.label.th}: บริษัทประกันภัยยังไม่ได้กำหนดระยะเวลาเก็บ",
        en=f"{rule.label.en}: the insurer has not set the period yet",
    )
    return Reason(Cause.UNRESOLVED, rule.code, rule.clause, NECESSITY, ERASE_STILL_NECESSARY, wording, binding=True)


def condition_lasts(rule: RetentionRule, condition: Condition) -> Reason:
    """A named circumstance suspends destruction for as long as it lasts."""
    wording = Bilingual(
        th=f"เก็บไว้ตราบเท่าที่{condition.label.th}", en=f"Kept for as long as {_within(condition.label.en)}"
    )
    return Reason(
        Cause.CONDITION,
        rule.code,
        rule.clause,
        condition.law,
        condition.ground,
        wording,
        waits_for=condition.code,
        binding=condition.ground == ERASE_LEGAL_COMPLIANCE,
    )


def event_missing(rule: RetentionRule, trigger: str, pack: PolicyPack) -> Reason:
    """The event that starts the rule's own period has not happened."""
    event = _event_label(trigger, pack)
    wording = Bilingual(
        th=f"{rule.label.th}: ระยะเวลาเก็บนับจาก{event.th} ซึ่งยังมาไม่ถึง",
        en=f"{rule.label.en}: the period runs from {event.en}, which has not come yet",
    )
    lasting = pack.conditions.get("membership_active") if rule.retain_while_membership else None
    law = lasting.law if lasting else NECESSITY
    return Reason(Cause.EVENT_MISSING, rule.code, rule.clause, law, ERASE_STILL_NECESSARY, wording, waits_for=trigger)


def floor_runs(rule: RetentionRule, floor: Floor, until: date, today: date, pack: PolicyPack) -> Reason:
    """A statutory minimum with its own last day; a ground as long as that has not passed."""
    wording = Bilingual(
        th=f"{floor.label.th}: {pack.thai_laws[floor.law]} กำหนดให้เก็บรักษาไว้",
        en=f"{floor.label.en}: {floor.law} demands keeping",
    )
    ground = ERASE_LEGAL_COMPLIANCE if until >= today else None
    return Reason(Cause.FLOOR, rule.code, rule.clause, floor.law, ground, wording, until=until, binding=True)


def floor_not_begun(rule: RetentionRule, floor: Floor, pack: PolicyPack) -> Reason:
    """A statutory minimum whose clock can't start yet."""
    event = _event_label(floor.trigger, pack)
    wording = Bilingual(
        th=f"{floor.label.th}: ระยะเวลาตาม {pack.thai_laws[floor.law]} นับจาก{event.th} ซึ่งยังมาไม่ถึง",
        en=f"{floor.label.en}: the period of {floor.law} runs from {event.en}, which has not come yet",
    )
    return Reason(
        Cause.FLOOR,
        rule.code,
        rule.clause,
        floor.law,
        ERASE_LEGAL_COMPLIANCE,
        wording,
        waits_for=floor.trigger,
        binding=True,
    )


def period_runs(rule: RetentionRule, until: date, today: date) -> Reason:
    """The policy's own period; a ground as long as it has not passed, where the rule supports claims.

    Where no clause states the period, the laws behind the rule are cited.
    """
    own = Bilingual(th="เก็บตามระยะเวลาที่สหกรณ์กำหนด", en="kept for the period that the cooperative has set")
    stated = Bilingual(th=f"เก็บตามนโยบายข้อ {rule.clause}", en=f"kept under clause {rule.clause}")
    by = stated if rule.clause else own
    wording = Bilingual(th=f"{rule.label.th}: {by.th}", en=f"{rule.label.en}: {by.en}")
    silent = None if rule.clause else ", ".join(rule.laws)
    law = PRESCRIPTION if rule.claims else silent
    ground = ERASE_LEGAL_CLAIMS if rule.claims and until >= today else None
    return Reason(Cause.PERIOD, rule.code, rule.clause, law, ground, wording, until=until)


def consent_lasts(rule: RetentionRule) -> Reason:
    """A consent to what the record is for is in force. No ground: who asks for erasure wants it no longer."""
    wording = Bilingual(
        th=f"{rule.label.th}: เก็บไว้ตราบเท่าที่ความยินยอมยังมีผล",
        en=f"{rule.label.en}: kept for as long as the consent is in force",
    )
    return Reason(Cause.CONDITION, rule.code, rule.clause, CONSENT, None, wording, waits_for=CONSENT_ENDED)


def consent_over(rule: RetentionRule) -> Reason:
    """None is in force (any more), or an objection stands against each purpose."""
    wording = Bilingual(th=f"{rule.label.th}: ไม่มีความยินยอมที่มีผลอยู่", en=f"{rule.label.en}: no consent is in force")
    return Reason(Cause.CONDITION, rule.code, rule.clause, CONSENT, None, wording, over=True)


def no_end(rule: RetentionRule) -> Reason:
    """Kept with no limit, where a pack allows that (LAW T-03)."""
    wording = Bilingual(
        th=f"{rule.label.th}: เก็บโดยไม่มีกำหนดตามนโยบายข้อ {rule.clause}",
        en=f"{rule.label.en}: kept with no limit under clause {rule.clause}",
    )
    return Reason(Cause.PERIOD, rule.code, rule.clause, None, None, wording)


def _event_label(code: str, pack: PolicyPack) -> Bilingual:
    """The event as it stands within a sentence."""
    event = pack.events.get(code)
    return Bilingual(th=event.label.th, en=_within(event.label.en)) if event else Bilingual(th=f" {code}", en=code)


def _within(label: str) -> str:
    """An English label within a sentence: its first letter small."""
    return label[:1].lower() + label[1:]
