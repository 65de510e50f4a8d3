"""The text of a ground of refusal with its places filled: which law, until when, for what, what is missing (LAW E7)."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.calendar import english_date, thai_date
from app.domain.citations import english_citation, thai_citation
from app.domain.policy import Bilingual, Ground, PolicyPack
from app.domain.rights_rules import GROUND_PLACES
from app.domain.vocabulary import RequestKind

NEEDED: Mapping[RequestKind, Bilingual] = {
    RequestKind.ACCESS: Bilingual(
        th="ประเภทข้อมูล ช่วงเวลา หรือเรื่องที่ต้องการทราบ",
        en="which data is wanted: its kind, its time, or the matter it belongs to",
    ),
    RequestKind.PORTABILITY: Bilingual(
        th="ข้อมูลที่ต้องการรับหรือโอน และผู้รับโอน", en="which data is to be handed over or moved, and to whom"
    ),
    RequestKind.CORRECTION: Bilingual(th="รายการที่ไม่ถูกต้อง และค่าที่ถูกต้อง", en="which entry is wrong, and what is right"),
    RequestKind.OBJECTION: Bilingual(
        th="การใช้ข้อมูลที่คัดค้าน และเหตุผลเฉพาะของท่าน", en="which use is objected to, and the reasons of your own situation"
    ),
    RequestKind.RESTRICTION: Bilingual(
        th="ข้อมูลหรือการใช้ที่ขอให้ระงับ และเหตุที่ขอ", en="which data or use is to be restricted, and why"
    ),
    RequestKind.ERASURE: Bilingual(th="ข้อมูลที่ขอให้ลบ และเหตุที่ขอ", en="which data is to be erased, and why"),
    RequestKind.COMPLAINT: Bilingual(th="เหตุการณ์ วันที่เกิด และผู้เกี่ยวข้อง", en="what happened, when, and who was concerned"),
}
"""What a request that lacks detail has to say, by its right: all that can be told where the officer's own words are sealed."""
MOST_PURPOSES = 3
"""As many purposes are named in one sentence; the rest is summed up."""
_END_OF_CAUSE = Bilingual(
    th="เหตุที่ทำให้ต้องเก็บรักษาไว้จะสิ้นสุดลง", en="the circumstance that requires it to be kept has ended"
)
_ITS_PURPOSES = Bilingual(th="วัตถุประสงค์ที่เก็บรวบรวมไว้", en="the purposes for which it was collected")
_AND_OTHERS = Bilingual(th=" และวัตถุประสงค์อื่นตามนโยบาย", en=" and other purposes of the policy")


def ground_text(
    ground: Ground,
    *,
    law: Bilingual | str | None = None,
    date: Bilingual | datetime.date | None = None,
    purpose: Bilingual | str | None = None,
    needed: Bilingual | str | None = None,
) -> Bilingual:
    """What a ground says in a decision. What is not known is said in the general words of `GROUND_PLACES`.

    `law`: as each language cites it. `date`: the last day, or what comes instead of one.
    """
    told = {"law": law, "date": _last(date), "purpose": purpose, "needed": needed}
    places = {place: _in_both(known) if known else GROUND_PLACES[place] for place, known in told.items()}
    return Bilingual(
        th=ground.text.th.format_map({place: words.th for place, words in places.items()}),
        en=ground.text.en.format_map({place: words.en for place, words in places.items()}),
    )


def _last(date: Bilingual | datetime.date | None) -> Bilingual | None:
    if isinstance(date, datetime.date):
        return Bilingual(th=f"วันที่ {thai_date(date)}", en=english_date(date))
    return date


def _in_both(words: Bilingual | str) -> Bilingual:
    return Bilingual(th=words, en=words) if isinstance(words, str) else words


def refusal_text(
    pack: PolicyPack,
    code: str,
    because: Sequence[Mapping[str, Any]] = (),
    *,
    until: datetime.date | None = None,
    purpose: Bilingual | None = None,
    needed: Bilingual | None = None,
) -> Bilingual:
    """What the ground of a refused item says, filled from the reasons as they are stored with the item.

    Of the reasons that support the ground the one that lasts longest counts. `purpose`: what the data is needed for, where
    that is known better than from the rules behind the reasons. A ground that the pack no longer has is told by its code.
    """
    ground = pack.grounds.get(code)
    if ground is None:
        return Bilingual(th=code, en=code)
    supporting = [reason for reason in because if reason["ground"] == code]
    longest = max(supporting, key=_lasting, default=None)
    return ground_text(
        ground,
        law=_law_of(longest, pack),
        date=_end_of(longest, until),
        purpose=purpose or _purposes_of(supporting, pack) or _ITS_PURPOSES,
        needed=needed,
    )


def _lasting(reason: Mapping[str, Any]) -> str:
    """Sorts reasons by their end; one whose end is not known comes last."""
    return reason["until"] or "9999-12-31"


def _law_of(reason: Mapping[str, Any] | None, pack: PolicyPack) -> Bilingual | None:
    law = reason["law"] if reason is not None else None
    if not law:
        return None
    words = cited(law, pack)
    return words if words.en == law else Bilingual(th=words.th, en=f"the {words.en}")


def cited(law: str, pack: PolicyPack) -> Bilingual:
    """A citation as each language writes it."""
    return Bilingual(th=thai_citation(law, pack.statutes), en=english_citation(law, pack.statutes))


def _end_of(reason: Mapping[str, Any] | None, until: datetime.date | None) -> Bilingual | datetime.date | None:
    if reason is None:
        return until
    return datetime.date.fromisoformat(reason["until"]) if reason["until"] else _END_OF_CAUSE


def _purposes_of(reasons: Sequence[Mapping[str, Any]], pack: PolicyPack) -> Bilingual | None:
    """What the retention rules behind the reasons keep records for."""
    rules = {reason["rule"] for reason in reasons}
    return named_together([one.label for one in pack.purposes.values() if rules.intersection(one.retention)])


def named_together(labels: Sequence[Bilingual]) -> Bilingual | None:
    """Some purposes in one phrase, of many the first few; None for none."""
    if not labels:
        return None
    more = _AND_OTHERS if len(labels) > MOST_PURPOSES else Bilingual("", "")
    named = labels[:MOST_PURPOSES]
    return Bilingual(
        th=" ".join(label.th for label in named) + more.th, en=", ".join(f"“{label.en}”" for label in named) + more.en
    )
