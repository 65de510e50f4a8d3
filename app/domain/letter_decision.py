"""The letter that tells a decision: item by item, each refusal with its ground, its provision and its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.domain.erasure import ErasureGround, ErasureMethod, method_for
from app.domain.ground_texts import cited, ground_text
from app.domain.letter_matter import Matter, dated, letter, outcome_block, rights_paragraphs, the_request, way_on
from app.domain.letter_words import ENDED, ON_COMPLAINT, OUTCOMES
from app.domain.letters import Block, Cell, FreeText, Heading, Letter, LetterKind, Paragraph, Table
from app.domain.objection import objectable
from app.domain.policy import Bilingual, PolicyPack
from app.domain.rights_request import WHOLE, ItemOutcome
from app.domain.transfers import IMPOSSIBLE, TransferState
from app.domain.vocabulary import Outcome, RequestKind, Right

_GIVEN: Mapping[RequestKind, Bilingual] = {
    RequestKind.ACCESS: Bilingual(th="สหกรณ์จะจัดทำสำเนาให้", en="A copy will be made for you."),
    RequestKind.PORTABILITY: Bilingual(th="สหกรณ์จะรวมไว้ในไฟล์ที่จัดทำให้", en="It will be part of the file made for you."),
    RequestKind.CORRECTION: Bilingual(th="สหกรณ์จะแก้ไขให้ถูกต้อง", en="It will be corrected."),
    RequestKind.OBJECTION: Bilingual(
        th="สหกรณ์ยุติการใช้ข้อมูลเพื่อวัตถุประสงค์นี้", en="The data is used for this purpose no longer."
    ),
    RequestKind.RESTRICTION: Bilingual(
        th="การระงับมีผลต่อไปจนกว่าสหกรณ์จะยกเลิก โดยแจ้งท่านก่อน",
        en="The restriction goes on until it is lifted, and you are told before that.",
    ),
    RequestKind.COMPLAINT: Bilingual(th="สหกรณ์รับว่าเรื่องร้องเรียนมีมูล", en="The cooperative accepts the complaint."),
}
_CURABLE = Bilingual(
    th="เมื่อข้อมูลหรือหลักฐานครบถ้วนแล้ว ท่านยื่นคำขอใหม่ได้ทุกเมื่อ",
    en="You may submit the request anew at any time once this is mended.",
)
_GOES_ON = Bilingual(
    th="สหกรณ์ยังเก็บและใช้รายการนี้ต่อไปจนกว่าเหตุข้างต้นจะสิ้นสุด หลังจากนั้นท่านยื่นคำขอใหม่ได้",
    en="It stays in use until that has ended. After that you may ask again.",
)


@dataclass(frozen=True, slots=True)
class Told:
    """One item of a decision as its letters tell it.

    `because`: the reasons as they are stored; `reason`: what its ground says, filled in; `note`: the officer's.
    """

    ref: str
    label: Bilingual
    outcome: ItemOutcome
    ground: str | None
    until: date | None
    waits_for: str | None
    deferred_until: date | None
    because: Sequence[Mapping[str, Any]]
    reason: Bilingual | None = None
    note: str | None = None

    @property
    def refused(self) -> bool:
        """Whether it was refused."""
        return self.outcome is ItemOutcome.REFUSED


def decision(
    matter: Matter,
    pack: PolicyPack,
    items: Sequence[Told],
    *,
    on: date,
    outcome: Outcome,
    note: str | None,
    work_left: bool,
) -> Letter:
    """What was decided, why, what follows, and the way on; of a complaint it is the answer."""
    label = pack.rights[Right(matter.kind)].label
    subject = Bilingual(th=f"แจ้งผลการพิจารณาคำขอใช้สิทธิ: {label.th}", en=f"Decision on your request: {label.en}")
    if matter.is_complaint:
        subject = Bilingual(th="แจ้งผลการพิจารณาเรื่องร้องเรียน", en="Answer to your complaint")
    body: list[Block] = [
        Paragraph(_opening(matter)),
        outcome_block(outcome_words(matter, outcome)),
        *_items(matter, pack, items),
        *direct_transfer(matter, pack),
        *officers_note(note),
        *(Paragraph(told) for told in _follows(matter, pack, items, work_left=work_left)),
        *the_request(matter, pack),
        *way_on(matter),
        *rights_paragraphs(matter, pack),
    ]
    return letter(
        LetterKind.DECISION, matter, pack, on=on, subject=subject, body=body, outcome=outcome, items=_codes(items)
    )


def outcome_words(matter: Matter, outcome: Outcome) -> Bilingual:
    """The outcome as a letter names it."""
    return (ON_COMPLAINT if matter.is_complaint else OUTCOMES)[outcome]


def _opening(matter: Matter) -> Bilingual:
    received = dated(matter.received_on)
    if matter.is_complaint:
        return Bilingual(
            th=f"ตามที่ท่านร้องเรียนต่อสหกรณ์เมื่อวันที่ {received.th} นั้น สหกรณ์ได้ตรวจสอบและพิจารณาแล้ว ขอเรียนให้ทราบดังนี้",
            en=f"The cooperative has looked into your complaint of {received.en} and answers as follows.",
        )
    return Bilingual(
        th=f"ตามที่ท่านยื่นคำขอต่อสหกรณ์เมื่อวันที่ {received.th} นั้น สหกรณ์ได้พิจารณาแล้ว ขอเรียนให้ทราบผลดังนี้",
        en=f"The cooperative has considered your request of {received.en} and has decided as follows.",
    )


def officers_note(note: str | None) -> list[Block]:
    """What the officer who decided has to say, in their own words."""
    if note is None:
        return []
    return [Heading(Bilingual(th="คำชี้แจงของเจ้าหน้าที่", en="What the officer says")), Paragraph(FreeText(note))]


def _items(matter: Matter, pack: PolicyPack, items: Sequence[Told]) -> list[Block]:
    if not items:
        nothing = Bilingual(th="ไม่มีรายการข้อมูลที่ต้องพิจารณา", en="There was no item to decide about.")
        return [Paragraph(nothing)]
    if matter.is_complaint:
        return [Paragraph(text) for item in items for text in _reasons(matter, pack, item)]
    columns = (
        Bilingual(th="รายการ", en="Item"),
        Bilingual(th="ผล", en="Decision"),
        Bilingual(th="เหตุผลและการดำเนินการ", en="Reasons and what follows"),
    )
    rows = tuple((item_cell(matter, item), (_verdict(item),), _reasons(matter, pack, item)) for item in items)
    return [Table(Bilingual(th="ผลการพิจารณารายรายการ", en="The decision item by item"), columns, (30, 15, 55), rows)]


def direct_transfer(matter: Matter, pack: PolicyPack) -> list[Block]:
    """What becomes of the direct transfer to another controller, which is no item of its own (PDPA s.31)."""
    if matter.transfer is None:
        return []
    to = matter.scope["transfer_to"]["controller"]
    if matter.transfer is not TransferState.IMPOSSIBLE:
        follows = Bilingual(
            th=f"สหกรณ์จะส่งไฟล์ให้ผู้ควบคุมข้อมูล {to} โดยตรงด้วยเมื่อจัดทำเสร็จ และจะแจ้งผลการส่งให้ท่านทราบ",
            en=f"Once it is made, the file is sent directly to the controller {to} too, and you are told how that ended.",
        )
        return [Paragraph(follows)]
    reason, law = ground_text(pack.grounds[IMPOSSIBLE]), cited(pack.grounds[IMPOSSIBLE].provision, pack)
    refused = Bilingual(
        th=f"การส่งตรงไปยังผู้ควบคุมข้อมูล {to}: ไม่อนุมัติ {reason.th} ตาม {law.th}",
        en=f"Direct transfer to the controller {to}: refused. {reason.en} Under the {law.en}.",
    )
    return [Paragraph(refused)]


def item_cell(matter: Matter, item: Told) -> Cell:
    """What an item is, with the reference of the record where it is one."""
    ref = _record_ref(matter, item)
    if ref is None:
        return (item.label,)
    return (item.label, Bilingual(th=f"เลขที่รายการ {ref}", en=f"Record {ref}"))


def _record_ref(matter: Matter, item: Told) -> str | None:
    match matter.kind:
        case RequestKind.ERASURE | RequestKind.PORTABILITY:
            return item.ref if item.ref != WHOLE else None
        case RequestKind.RESTRICTION:
            return item.ref if matter.scope.get("purposes") is None else None
        case RequestKind.CORRECTION:
            ref: str | None = matter.scope["changes"][int(item.ref)]["record_ref"]
            return ref
        case _:
            return None


def _verdict(item: Told) -> Bilingual:
    return Bilingual(th="ไม่อนุมัติ", en="Refused") if item.refused else Bilingual(th="อนุมัติ", en="Granted")


def _reasons(matter: Matter, pack: PolicyPack, item: Told) -> Cell:
    note = (FreeText(item.note),) if item.note is not None else ()
    if not item.refused or item.ground is None:
        return (_given(matter), *note)
    ground = pack.grounds.get(item.ground)
    text = item.reason or Bilingual(item.ground, item.ground)
    law = cited(ground.provision, pack) if ground else None
    provision = (Bilingual(th=f"ตาม {law.th}", en=f"Under the {law.en}."),) if law else ()
    because = tuple(Bilingual(reason["th"], reason["en"]) for reason in item.because)
    curable = (_CURABLE,) if ground and not ground.statutory and not matter.is_complaint else ()
    return (text, *provision, *because, *_afterwards(item), *curable, *note)


def _given(matter: Matter) -> Bilingual:
    if matter.kind is not RequestKind.ERASURE:
        return _GIVEN[matter.kind]
    method = method_for(ErasureGround(matter.scope["ground"]), ErasureMethod(matter.scope["method"]))
    done, last = ENDED[method], dated(matter.complete_by)
    return Bilingual(
        th=f"สหกรณ์ไม่นำข้อมูลนี้ไปใช้อีก และจะ{done.th}ภายในวันที่ {last.th}",
        en=f"It is used no more, and will be {done.en} by {last.en}.",
    )


def _afterwards(item: Told) -> Cell:
    """Until when a record is kept, and what comes then."""
    if item.deferred_until is not None:
        last = dated(item.deferred_until)
        return (
            Bilingual(
                th=f"เก็บไว้โดยไม่นำไปใช้จนถึงวันที่ {last.th} จากนั้นสหกรณ์จะพิจารณาลบตามคำขอนี้เอง ท่านไม่ต้องยื่นใหม่",
                en=f"It is stored only, and not used, until {last.en}; then its erasure under this request is taken up again "
                "without your asking.",
            ),
        )
    if item.until is not None:
        last = dated(item.until)
        return (Bilingual(th=f"เก็บไว้จนถึงวันที่ {last.th}", en=f"It is kept until {last.en}."),)
    return (_GOES_ON,) if item.waits_for is not None else ()


def _follows(matter: Matter, pack: PolicyPack, items: Sequence[Told], *, work_left: bool) -> list[Bilingual]:
    """What becomes of what held until now, and when the work is done."""
    told = []
    if _held([item.ref for item in items if item.refused], matter, pack):
        told.append(
            Bilingual(
                th="การระงับหรือการแยกข้อมูลที่มีผลระหว่างพิจารณา สิ้นสุดลงสำหรับรายการที่ไม่อนุมัติ",
                en="For what was refused, the suspension that held while the request was considered has ended.",
            )
        )
    if matter.kind is RequestKind.CORRECTION:
        told.append(
            Bilingual(th="สถานะอยู่ระหว่างตรวจสอบความถูกต้องสิ้นสุดลงแล้ว", en="The data is no longer marked as under check.")
        )
    if work_left:
        last = dated(matter.complete_by)
        told.append(
            Bilingual(
                th=f"สหกรณ์จะดำเนินการตามผลนี้ให้แล้วเสร็จภายในวันที่ {last.th} และจะมีหนังสือแจ้งให้ทราบอีกครั้ง",
                en=f"This will be carried out by {last.en}, and you will be told when it is done.",
            )
        )
    return told


def _held(refs: Sequence[str], matter: Matter, pack: PolicyPack) -> bool:
    """Whether any of these items was suspended or set apart until the decision."""
    if matter.kind is RequestKind.OBJECTION:
        return bool(objectable(refs, pack, absolutely=False))
    return bool(refs) and matter.kind is RequestKind.RESTRICTION


def _codes(items: Sequence[Told]) -> list[dict[str, object]]:
    return [
        {
            "ref": item.ref,
            "outcome": item.outcome,
            "ground": item.ground,
            "until": item.until.isoformat() if item.until else None,
            "waits_for": item.waits_for,
            "deferred_until": item.deferred_until.isoformat() if item.deferred_until else None,
        }
        for item in items
    ]
