"""The letters at the end of a request: what was done, and the certificate of what was destroyed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from app.domain.ground_texts import cited
from app.domain.letter_decision import Told, direct_transfer, item_cell, officers_note, outcome_words
from app.domain.letter_matter import Matter, dated, letter, outcome_block, rights_paragraphs, the_request, way_on
from app.domain.letter_words import DONE, record_count
from app.domain.letters import Block, Cell, FreeText, Letter, LetterKind, Paragraph, Table
from app.domain.policy import Bilingual, Period, PolicyPack
from app.domain.vocabulary import Outcome, RequestKind

_BANGKOK = timezone(timedelta(hours=7))
_DATA = Bilingual(th="รายการข้อมูล", en="Data")
_HANDLING = "rights_request_handling"
_PACKAGE = Bilingual(
    th="ท่านรับชุดข้อมูลได้ด้วยลิงก์ที่ขอได้ทางช่องทางที่ยื่นคำขอเมื่อชุดข้อมูลพร้อม ลิงก์ใช้ได้ครั้งเดียวภายในเวลาที่แจ้งพร้อมลิงก์ "
    "เฉพาะผู้ที่ยืนยันตัวตนแล้ว และสหกรณ์บันทึกการรับไว้เป็นหลักฐาน",
    en="You fetch the package by a link, which you ask for by the channel that you used once the package is ready. "
    "A link works once, within the time told with it, for the proven person only; that it was fetched is recorded.",
)
_GOES_ON: Mapping[RequestKind, Bilingual] = {
    RequestKind.ACCESS: _PACKAGE,
    RequestKind.PORTABILITY: _PACKAGE,
    RequestKind.RESTRICTION: Bilingual(
        th="การระงับการใช้ตามที่อนุมัติมีผลต่อไปจนกว่าสหกรณ์จะยกเลิก โดยแจ้งเหตุผลให้ท่านทราบก่อน",
        en="What was granted stays restricted until that is lifted, and you are told the reason before.",
    ),
    RequestKind.OBJECTION: Bilingual(
        th="การยุติการใช้ตามที่อนุมัติมีผลต่อไป เว้นแต่ท่านจะให้ความยินยอมใหม่",
        en="The use that was objected to stays ended, unless you consent anew.",
    ),
}


@dataclass(frozen=True, slots=True)
class ProofTold:
    """How, when and under which reference something was destroyed."""

    method: str
    performed_at: datetime
    reference: str


@dataclass(frozen=True, slots=True)
class Done:
    """One task that was completed. `counted`: how many records of each kind it was about; None: kinds are not told."""

    kind: str
    counted: Sequence[tuple[Bilingual | None, int]]
    completed_on: date
    proof: ProofTold | None = None


def completion(
    matter: Matter,
    pack: PolicyPack,
    items: Sequence[Told],
    done: Sequence[Done],
    *,
    on: date,
    outcome: Outcome,
    note: str | None = None,
) -> Letter:
    """That what was granted is done: what, by when, how a package is fetched, and what stays.

    Of a complaint, whose answer is all that there is to do, it repeats the officer's `note` and the way on.
    """
    subject, opening = _ended(matter, dated(on))
    body: list[Block] = [
        Paragraph(opening),
        outcome_block(outcome_words(matter, outcome)),
        *(officers_note(note) if matter.is_complaint else ()),
        *_work(done),
        *direct_transfer(matter, pack),
        *_stays(matter, items),
        *the_request(matter, pack),
        *(way_on(matter) if matter.is_complaint else ()),
        *(Paragraph(told) for told in _evidence(pack)),
        *rights_paragraphs(matter, pack),
    ]
    tasks = [{"kind": one.kind, "completed_on": one.completed_on.isoformat()} for one in done]
    return letter(LetterKind.COMPLETION, matter, pack, on=on, subject=subject, body=body, outcome=outcome, tasks=tasks)


def _ended(matter: Matter, day: Bilingual) -> tuple[Bilingual, Bilingual]:
    """The subject and the first sentence."""
    if matter.is_complaint:
        return (
            Bilingual(th="แจ้งการสิ้นสุดเรื่องร้องเรียน", en="Your complaint is closed"),
            Bilingual(
                th=f"เรื่องร้องเรียนของท่านสิ้นสุดลงเมื่อวันที่ {day.th} โดยมีผลการพิจารณาดังนี้",
                en=f"Your complaint was closed on {day.en}, with this answer.",
            ),
        )
    return (
        Bilingual(th="แจ้งการดำเนินการตามคำขอเสร็จสิ้น", en="Your request has been carried out"),
        Bilingual(
            th=f"สหกรณ์ได้ดำเนินการตามผลการพิจารณาคำขอของท่านเสร็จสิ้นแล้วเมื่อวันที่ {day.th} ดังรายละเอียดต่อไปนี้",
            en=f"What was granted on your request has been carried out. It was completed on {day.en}, as follows.",
        ),
    )


def _work(done: Sequence[Done]) -> list[Block]:
    if not done:
        return []
    columns = (
        Bilingual(th="สิ่งที่ดำเนินการ", en="What was done"),
        Bilingual(th="ข้อมูล", en="Data"),
        Bilingual(th="แล้วเสร็จเมื่อ", en="Completed on"),
    )
    rows = tuple(((_done(one),), _counted(one), (dated(one.completed_on),)) for one in done)
    return [Table(Bilingual(th="สิ่งที่ได้ดำเนินการ", en="What was done"), columns, (40, 35, 25), rows)]


def _done(one: Done) -> Bilingual:
    return DONE.get(one.kind, Bilingual(one.kind, one.kind))


def _counted(one: Done) -> Cell:
    return tuple(record_count(label or _DATA, count) for label, count in one.counted)


def _stays(matter: Matter, items: Sequence[Told]) -> list[Block]:
    granted = any(not item.refused for item in items)
    told: list[Block] = [Paragraph(_GOES_ON[matter.kind])] if granted and matter.kind in _GOES_ON else []
    kept = [item for item in items if item.refused]
    if matter.kind is not RequestKind.ERASURE or not kept:
        return told
    columns = (
        Bilingual(th="รายการ", en="Item"),
        Bilingual(th="เก็บไว้ถึง", en="Kept until"),
        Bilingual(th="จากนั้น", en="Then"),
    )
    rows = tuple((item_cell(matter, item), (_until(item),), (_then(item),)) for item in kept)
    title = Bilingual(th="รายการที่ยังเก็บไว้ตามผลการพิจารณา", en="What stays, as decided")
    return [*told, Table(title, columns, (40, 25, 35), rows)]


def _until(item: Told) -> Bilingual:
    last = item.deferred_until or item.until
    return dated(last) if last else Bilingual(th="เหตุที่ต้องเก็บสิ้นสุด", en="its reason ends")


def _then(item: Told) -> Bilingual:
    if item.deferred_until is not None:
        return Bilingual(th="สหกรณ์จะพิจารณาลบตามคำขอนี้เอง", en="its erasure is taken up again without your asking")
    return Bilingual(th="ท่านยื่นคำขอใหม่ได้", en="you may ask again")


def _evidence(pack: PolicyPack) -> list[Bilingual]:
    """How long the cooperative keeps the evidence of the request itself."""
    rule = pack.evidence.get(_HANDLING)
    if rule is None:
        return []
    law, time = cited(rule.law, pack), _length(rule.period)
    return [
        Bilingual(
            th=f"สหกรณ์เก็บหลักฐานการพิจารณาคำขอนี้ไว้ {time.th} นับแต่คำขอสิ้นสุด ตาม {law.th}",
            en=f"The evidence of this request and its decision is kept for {time.en} from its close, under the {law.en}.",
        )
    ]


def _length(period: Period) -> Bilingual:
    if period.years:
        return Bilingual(th=f"{period.years} ปี", en=f"{period.years} years")
    if period.months:
        return Bilingual(th=f"{period.months} เดือน", en=f"{period.months} months")
    return Bilingual(th=f"{period.days} วัน", en=f"{period.days} days")


def certificate(matter: Matter, pack: PolicyPack, done: Sequence[Done], *, on: date) -> Letter:
    """What was erased, destroyed or made anonymous, how, when and by which proof; not the data, nor its records one by one."""
    subject = Bilingual(
        th="หนังสือรับรองการลบ ทำลาย หรือทำให้ข้อมูลไม่สามารถระบุตัวบุคคลได้",
        en="Certificate of erasure, destruction or anonymisation",
    )
    opening = Bilingual(
        th=f"สหกรณ์ขอรับรองว่า ข้อมูลส่วนบุคคลที่อนุมัติตามคำขอเลขที่ {matter.reference} ได้ถูกลบ ทำลาย "
        "หรือทำให้ไม่สามารถระบุตัวบุคคลได้แล้ว ดังรายการต่อไปนี้",
        en=f"The cooperative certifies that the personal data granted on request no. {matter.reference} has been erased, "
        "destroyed or made anonymous, as listed here.",
    )
    columns = (
        Bilingual(th="การดำเนินการ", en="What was done"),
        Bilingual(th="ข้อมูล", en="Data"),
        Bilingual(th="วิธี", en="Method"),
        Bilingual(th="เวลาที่ดำเนินการ", en="Performed"),
        Bilingual(th="หลักฐานอ้างอิง", en="Proof reference"),
    )
    rows = tuple(_certified(one, one.proof) for one in done if one.proof is not None)
    body: list[Block] = [
        Paragraph(opening),
        Table(Bilingual(th="รายการที่รับรอง", en="What is certified"), columns, (16, 27, 19, 18, 20), rows),
        Paragraph(
            Bilingual(
                th="หนังสือรับรองฉบับนี้ไม่แสดงเนื้อหาของข้อมูลที่ลบ รายการแต่ละรายการปรากฏในหนังสือแจ้งผลการพิจารณา",
                en="This certificate shows nothing of the data itself; the items stand in the decision.",
            )
        ),
        *(Paragraph(told) for told in _evidence(pack)),
    ]
    proofs = [
        {"kind": one.kind, "performed_at": one.proof.performed_at.isoformat()} for one in done if one.proof is not None
    ]
    return letter(LetterKind.CERTIFICATE, matter, pack, on=on, subject=subject, body=body, tasks=proofs)


def _certified(one: Done, proof: ProofTold) -> tuple[Cell, ...]:
    return (
        (_done(one),),
        _counted(one),
        (FreeText(proof.method),),
        (_instant(proof.performed_at),),
        (FreeText(proof.reference),),
    )


def _instant(at: datetime) -> Bilingual:
    local = at.astimezone(_BANGKOK)
    day = dated(local.date())
    return Bilingual(th=f"{day.th} เวลา {local:%H.%M} น.", en=f"{day.en}, {local:%H:%M} (UTC+7)")
