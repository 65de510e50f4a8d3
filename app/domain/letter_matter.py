"""The request that a letter is about, and the parts that every letter has: head, addressee, particulars, rights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.domain.calendar import english_date, thai_date
from app.domain.ground_texts import cited
from app.domain.letter_words import CHANNELS, DATA_SUBJECT, GROUNDS, MEMBERS, PROOFS, THROUGH
from app.domain.letters import Block, Cell, Facts, FreeText, Heading, Letter, Letterhead, LetterKind, Paragraph, Text
from app.domain.policy import Bilingual, OfficeHours, PolicyPack
from app.domain.transfers import TransferState
from app.domain.vocabulary import Channel, RequestKind, Right, SubjectKind

NOT_IN_THE_POLICY = "not in the policy"
_DAYS: Mapping[str, Bilingual] = {
    "monday": Bilingual(th="จันทร์", en="Monday"),
    "tuesday": Bilingual(th="อังคาร", en="Tuesday"),
    "wednesday": Bilingual(th="พุธ", en="Wednesday"),
    "thursday": Bilingual(th="พฤหัสบดี", en="Thursday"),
    "friday": Bilingual(th="ศุกร์", en="Friday"),
    "saturday": Bilingual(th="เสาร์", en="Saturday"),
    "sunday": Bilingual(th="อาทิตย์", en="Sunday"),
}


@dataclass(frozen=True, slots=True)
class Matter:
    """What a letter has to know of a request. `proof`: how identity was proven, None before; `asked`: what is asked, in words.

    `about`: the reference of the request that a complaint is about. `transfer`: how a direct transfer that was ordered stands.
    `paused`: whether the clock stands still.
    """

    reference: str
    case_id: str
    kind: RequestKind
    scope: Mapping[str, Any]
    subject_ref: str
    subject_kind: SubjectKind
    on_behalf_by: str | None
    channel: Channel
    received_on: date
    decide_by: date
    complete_by: date
    provisional: bool
    proof: str | None
    asked: Cell
    policy: str
    about: str | None = None
    transfer: TransferState | None = None
    paused: bool = False

    @property
    def is_complaint(self) -> bool:
        """Whether it is a complaint, which letters call by its name."""
        return self.kind is RequestKind.COMPLAINT


def dated(day: date) -> Bilingual:
    """A day in words, in the era of the language."""
    return Bilingual(th=thai_date(day), en=english_date(day))


def letter(
    kind: LetterKind,
    matter: Matter,
    pack: PolicyPack,
    *,
    on: date,
    subject: Bilingual,
    body: Sequence[Block],
    **codes: object,
) -> Letter:
    """A letter about a request, from the controller to the subject's number: no name, no contact."""
    number = Bilingual(th=f"เลขที่คำขอ {matter.reference}", en=f"Request no. {matter.reference}")
    about = {"request": matter.reference, "right": matter.kind, "issued_on": on.isoformat(), "policy": matter.policy}
    return Letter(
        kind=kind,
        codes={**about, **codes},
        letterhead=_letterhead(pack),
        number=number,
        date=dated(on),
        subject=subject,
        to=_addressee(matter),
        body=tuple(body),
        signed=pack.controller.name,
    )


def _letterhead(pack: PolicyPack) -> Letterhead:
    controller = pack.controller
    contact, lines = controller.contact, []
    if contact.address is not None:
        lines.append(contact.address)
    reached = Bilingual(
        th="  ".join(
            [f"โทรศัพท์ {', '.join(contact.phones)}"] * bool(contact.phones)
            + [f"อีเมล {contact.email}"] * bool(contact.email)
        ),
        en="  ".join(
            [f"Telephone {', '.join(contact.phones)}"] * bool(contact.phones)
            + [f"E-mail {contact.email}"] * bool(contact.email)
        ),
    )
    if reached.th:
        lines.append(reached)
    if controller.office_hours is not None:
        lines.append(_hours(controller.office_hours))
    return Letterhead(controller.name, tuple(lines))


def _hours(hours: OfficeHours) -> Bilingual:
    named = [_DAYS[day] for day in hours.days]
    week = list(_DAYS)
    places = [week.index(day) for day in hours.days]
    running = len(places) > 2 and places == list(range(places[0], places[0] + len(places)))
    thai = f"วัน{named[0].th}ถึงวัน{named[-1].th}" if running else " ".join(f"วัน{day.th}" for day in named)
    english = f"{named[0].en} to {named[-1].en}" if running else ", ".join(day.en for day in named)
    opens, closes = hours.opens, hours.closes
    return Bilingual(
        th=f"เวลาทำการ {thai} เวลา {opens.replace(':', '.')}-{closes.replace(':', '.')} น.",
        en=f"Office hours: {english}, {opens}-{closes}",
    )


def _addressee(matter: Matter) -> tuple[Bilingual, ...]:
    called = MEMBERS.get(matter.subject_kind, DATA_SUBJECT)
    to = _numbered(called, matter.subject_ref)
    return (to,) if matter.on_behalf_by is None else (to, _numbered(THROUGH, matter.on_behalf_by))


def _numbered(called: Bilingual, ref: str) -> Bilingual:
    return Bilingual(th=f"{called.th} {ref}", en=f"{called.en} {ref}")


def particulars(matter: Matter, pack: PolicyPack) -> Facts:
    """What is on record about the request: right and law, what was asked, when and how, who was proven, the deadlines."""
    rule = pack.rights[Right(matter.kind)]
    provision = cited(rule.provision, pack)
    rows: list[tuple[Bilingual, Cell]] = [
        (Bilingual(th="สิทธิที่ใช้", en="Right"), (rule.label,)),
        (Bilingual(th="บทกฎหมาย", en="Provision"), (provision,)),
        (Bilingual(th="นโยบาย", en="Policy"), (_clause(rule.clause),)),
        (Bilingual(th="สิ่งที่ขอ", en="What was asked"), matter.asked),
        (Bilingual(th="วันที่รับและช่องทาง", en="Received"), (_received(matter),)),
        (Bilingual(th="การยืนยันตัวตน", en="Identity"), (PROOFS[matter.proof],)),
        *_deadlines(matter),
        (Bilingual(th="รหัสกรณี", en="Case"), (Bilingual(matter.case_id, matter.case_id),)),
    ]
    if (ground := GROUNDS.get(matter.kind, {}).get(matter.scope.get("ground", ""))) is not None:
        rows.insert(4, (Bilingual(th="เหตุที่อ้าง", en="Ground relied on"), (ground,)))
    if matter.about is not None:
        asked = Bilingual(th=f"คำขอเลขที่ {matter.about}", en=f"request no. {matter.about}")
        rows.insert(4, (Bilingual(th="เกี่ยวกับ", en="About"), (asked,)))
    return Facts(tuple((name, tuple(_sentence(words) for words in value)) for name, value in rows))


def _sentence(words: Text) -> Text:
    if isinstance(words, FreeText):
        return words
    return Bilingual(th=words.th, en=words.en[:1].upper() + words.en[1:])


def _clause(clause: str) -> Bilingual:
    if clause == NOT_IN_THE_POLICY:
        return Bilingual(th="นโยบายไม่ได้กำหนดไว้ จึงใช้สิทธิตามกฎหมาย", en="Not in the policy: the right is that of the law")
    return Bilingual(th=f"ข้อ {clause}", en=f"Clause {clause}")


def _received(matter: Matter) -> Bilingual:
    day, channel = dated(matter.received_on), CHANNELS[matter.channel]
    return Bilingual(
        th=f"{day.th} ทาง{channel.th}" if matter.channel is not Channel.COUNTER else f"{day.th} {channel.th}",
        en=f"{day.en} {channel.en}",
    )


def _deadlines(matter: Matter) -> list[tuple[Bilingual, Cell]]:
    """The days by which law wants the decision, and what was granted carried out where that is another one.

    None while the clock stands still.
    """
    if matter.paused:
        return []
    decide, complete = dated(matter.decide_by), dated(matter.complete_by)
    rows: list[tuple[Bilingual, Cell]] = [(Bilingual(th="แจ้งผลภายใน", en="Decision by"), (_day(decide, matter),))]
    if matter.complete_by != matter.decide_by:
        rows.append((Bilingual(th="ดำเนินการแล้วเสร็จภายใน", en="Carried out by"), (_day(complete, matter),)))
    return rows


def _day(day: Bilingual, matter: Matter) -> Bilingual:
    if not matter.provisional:
        return day
    return Bilingual(
        th=f"{day.th} (ชั่วคราว รอประกาศวันหยุดของปีนั้น)",
        en=f"{day.en} (provisional: that year's holidays are not announced yet)",
    )


def rights_paragraphs(matter: Matter, pack: PolicyPack) -> list[Block]:
    """That it costs nothing, and how the cooperative is reached."""
    right = Right(matter.kind)
    if pack.fees.free_of_charge(right) or pack.fees.reason is None:
        cost = Bilingual(th="การใช้สิทธินี้ไม่มีค่าใช้จ่าย", en="Exercising this right is free of charge.")
    else:
        reason = pack.fees.reason
        cost = Bilingual(th=f"คำขอนี้มีค่าธรรมเนียม เพราะ{reason.th}", en=f"A fee is taken for this request: {reason.en}")
    return [Paragraph(Bilingual(th=f"{cost.th} {_contact(pack).th}", en=f"{cost.en} {_contact(pack).en}"))]


def _contact(pack: PolicyPack) -> Bilingual:
    contact = pack.controller.contact
    if contact.phones or contact.email or contact.address:
        return Bilingual(
            th="หากมีข้อสงสัย โปรดติดต่อสหกรณ์ตามที่อยู่ข้างต้นและอ้างเลขที่คำขอ",
            en="If you have questions, please turn to the cooperative at the above address and quote the request number.",
        )
    return Bilingual(
        th="หากมีข้อสงสัย โปรดติดต่อสหกรณ์ทางช่องทางที่ยื่นคำขอและอ้างเลขที่คำขอ",
        en="If you have questions, please turn to the cooperative by the channel that you used and quote the request number.",
    )


def outcome_block(words: Bilingual) -> Facts:
    """What was decided, to be seen at once."""
    return Facts(((Bilingual(th="ผลการพิจารณา", en="Decision"), (words,)),), strong=True)


def the_request(matter: Matter, pack: PolicyPack) -> list[Block]:
    """Its particulars under a title, for letters that have something else to tell first."""
    return [Heading(Bilingual(th="รายละเอียดคำขอ", en="The request")), particulars(matter, pack)]


def way_on(matter: Matter) -> list[Block]:
    """Where to turn to with a decision that one disagrees with (PDPA s.73)."""
    title = Heading(Bilingual(th="หากท่านไม่เห็นด้วย", en="If you disagree"))
    if matter.is_complaint:
        first = Bilingual(th="", en="")
    else:
        first = Bilingual(
            th=" ท่านจะร้องเรียนต่อสหกรณ์ก่อนก็ได้ แต่กฎหมายไม่ได้บังคับให้ต้องทำเช่นนั้น",
            en=" You may complain to the cooperative first, but you need not.",
        )
    return [
        title,
        Paragraph(
            Bilingual(
                th="ท่านมีสิทธิร้องเรียนต่อคณะกรรมการผู้เชี่ยวชาญ ณ สำนักงานคณะกรรมการคุ้มครองข้อมูลส่วนบุคคล "
                f"ตามมาตรา 73 แห่งพระราชบัญญัติคุ้มครองข้อมูลส่วนบุคคล พ.ศ. 2562{first.th}",
                en="You have the right to complain to the expert committee at the Office of the Personal Data Protection "
                f"Committee under section 73 of the Personal Data Protection Act B.E. 2562.{first.en}",
            )
        ),
    ]
