"""The letters before a decision: that a request was received, and that something is asked."""

from datetime import date, timedelta

from app.domain.letter_matter import Matter, dated, letter, particulars, rights_paragraphs, the_request
from app.domain.letters import Block, FreeText, Heading, Letter, LetterKind, Paragraph
from app.domain.objection import objectable
from app.domain.policy import Bilingual, PolicyPack
from app.domain.vocabulary import RequestKind, Right

_FROM_PROOF = Bilingual(th="นับแต่ยืนยันตัวตนแล้ว", en="From the moment your identity is proven,")
_STOPPED = Bilingual(th="สหกรณ์ยุติการตลาดแบบตรงต่อไปนี้ถาวรแล้ว", en="Direct marketing has stopped for good")
_STOPS = Bilingual(
    th="การตลาดแบบตรงต่อไปนี้ยุติถาวรตั้งแต่รับคำขอ หากทราบตัวผู้ยื่นเพียงพอ มิฉะนั้นทันทีที่ยืนยันตัวตนแล้ว",
    en="Direct marketing stops for good on receipt if it is sure enough who asks, else as soon as your identity is proven",
)


def receipt(matter: Matter, pack: PolicyPack, *, on: date) -> Letter:
    """That a request was received, what it asks, until when it is answered, and what holds until then."""
    label = pack.rights[Right(matter.kind)].label
    subject = Bilingual(th=f"แจ้งการรับคำขอใช้สิทธิ: {label.th}", en=f"Receipt of your request: {label.en}")
    opening = Bilingual(
        th="สหกรณ์ได้รับคำขอใช้สิทธิเกี่ยวกับข้อมูลส่วนบุคคลของท่านไว้แล้ว โดยมีรายละเอียดดังต่อไปนี้",
        en="The cooperative has received your request concerning your personal data. Its particulars are as follows.",
    )
    if matter.is_complaint:
        subject = Bilingual(th="แจ้งการรับเรื่องร้องเรียน", en="Receipt of your complaint")
        opening = Bilingual(
            th="สหกรณ์ได้รับเรื่องร้องเรียนเกี่ยวกับข้อมูลส่วนบุคคลของท่านไว้แล้ว โดยมีรายละเอียดดังต่อไปนี้",
            en="The cooperative has received your complaint about personal data. Its particulars are as follows.",
        )
    body: list[Block] = [
        Paragraph(opening),
        particulars(matter, pack),
        Heading(Bilingual(th="ขั้นตอนต่อไป", en="What happens next")),
        *_next(matter, pack),
        *(Paragraph(effect) for effect in effects(matter, pack)),
        *rights_paragraphs(matter, pack),
    ]
    return letter(LetterKind.RECEIPT, matter, pack, on=on, subject=subject, body=body)


def _next(matter: Matter, pack: PolicyPack) -> list[Block]:
    decide = dated(matter.decide_by)
    told = Bilingual(
        th=f"สหกรณ์จะพิจารณาและแจ้งผลให้ท่านทราบภายในวันที่ {decide.th}",
        en=f"The cooperative will consider it and tell you the decision by {decide.en}.",
    )
    if matter.complete_by != matter.decide_by:
        complete = dated(matter.complete_by)
        told = Bilingual(
            th=f"{told.th} สิ่งที่อนุมัติจะดำเนินการให้แล้วเสร็จภายในวันที่ {complete.th}",
            en=f"{told.en} What is granted will be carried out by {complete.en}.",
        )
    if matter.proof is not None:
        return [Paragraph(told)]
    last = dated(matter.received_on + timedelta(days=pack.identity.lapse_days))
    first = Bilingual(
        th="คำขอนี้ยังต้องยืนยันตัวตนก่อน สหกรณ์จึงจะพิจารณาได้ โปรดยืนยันตัวตน"
        f"ภายในวันที่ {last.th} เมื่อพ้นวันดังกล่าวคำขอจะสิ้นผลโดยไม่มีการเปิดเผยข้อมูลใด และท่านยื่นคำขอใหม่ได้",
        en="Before it can be considered, your identity must be proven. "
        f"Please prove it by {last.en}. After that day the request lapses, nothing is disclosed, and you may submit it anew.",
    )
    return [Paragraph(first), Paragraph(told)]


def effects(matter: Matter, pack: PolicyPack) -> list[Bilingual]:
    """What holds while a request is considered (DOMAIN, Rights requests)."""
    match matter.kind:
        case RequestKind.RESTRICTION:
            return [
                Bilingual(
                    th=f"{_FROM_PROOF.th} สหกรณ์ระงับการใช้ข้อมูลตามที่ขอไว้จนกว่าจะมีผลการพิจารณา",
                    en=f"{_FROM_PROOF.en} the use that you named is suspended until the decision.",
                )
            ]
        case RequestKind.CORRECTION:
            return [
                Bilingual(
                    th=f"{_FROM_PROOF.th} ข้อมูลที่ขอแก้ไขมีสถานะอยู่ระหว่างตรวจสอบความถูกต้องจนกว่าจะมีผลการพิจารณา",
                    en=f"{_FROM_PROOF.en} the data concerned is marked as under check until the decision.",
                )
            ]
        case RequestKind.OBJECTION:
            return _of_objection(matter, pack)
        case RequestKind.ERASURE if matter.scope["ground"] == "consent_withdrawn":
            return [
                Bilingual(
                    th=f"{_FROM_PROOF.th} ความยินยอมที่เป็นฐานของข้อมูลตามคำขอนี้สิ้นผล",
                    en=f"{_FROM_PROOF.en} the consents on which the data concerned is held have ended.",
                )
            ]
        case _:
            return []


def _of_objection(matter: Matter, pack: PolicyPack) -> list[Bilingual]:
    purposes = matter.scope["purposes"]
    stopped = objectable(purposes, pack, absolutely=True)
    apart = objectable(purposes, pack, absolutely=False)
    told = []
    if stopped:
        named, when = _named(stopped, pack), _STOPPED if matter.proof is not None else _STOPS
        told.append(Bilingual(th=f"{when.th}: {named.th}", en=f"{when.en}: {named.en}."))
    if apart:
        named = _named(apart, pack)
        told.append(
            Bilingual(
                th=f"{_FROM_PROOF.th} สหกรณ์แยกข้อมูลออกและไม่นำไปใช้เพื่อวัตถุประสงค์ต่อไปนี้จนกว่าจะมีผลการพิจารณา: {named.th}",
                en=f"{_FROM_PROOF.en} the data is set apart and not used for these purposes until the decision: {named.en}.",
            )
        )
    return told


def _named(codes: list[str], pack: PolicyPack) -> Bilingual:
    labels = [pack.purposes[code].label for code in codes]
    return Bilingual(th=", ".join(label.th for label in labels), en="; ".join(label.en for label in labels))


def _answering(matter: Matter) -> Bilingual:
    decide = dated(matter.decide_by)
    clock = Bilingual(
        th=f"ระยะเวลาพิจารณายังนับต่อไปและสหกรณ์ต้องแจ้งผลภายในวันที่ {decide.th} จึงขอความกรุณาตอบโดยเร็ว",
        en=f"The time to decide runs on, and the decision is due by {decide.en}: please answer soon.",
    )
    if matter.paused:
        clock = Bilingual(
            th="ระยะเวลาพิจารณาหยุดนับตั้งแต่วันนี้จนกว่าสหกรณ์จะได้รับคำตอบ แล้วนับต่อจากเวลาที่เหลือ",
            en="From today the time to decide stands still; what is left of it runs on once you have answered.",
        )
    return Bilingual(
        th=f"โปรดตอบทางช่องทางที่ยื่นคำขอหรือที่สหกรณ์ โดยอ้างเลขที่คำขอ {clock.th}",
        en=f"Please answer by the channel that you used or at the cooperative, and quote the request number. {clock.en}",
    )


def information(matter: Matter, pack: PolicyPack, *, on: date, question: str) -> Letter:
    """That the cooperative asks something before it decides; whether the clock runs on meanwhile."""
    noun = Bilingual(th="เรื่องร้องเรียน", en="complaint") if matter.is_complaint else Bilingual(th="คำขอ", en="request")
    subject = Bilingual(th=f"ขอข้อมูลเพิ่มเติมเพื่อประกอบการพิจารณา{noun.th}", en=f"A question about your {noun.en}")
    opening = Bilingual(
        th=f"สหกรณ์อยู่ระหว่างพิจารณา{noun.th}ของท่าน และขอข้อมูลเพิ่มเติมดังนี้",
        en=f"The cooperative is considering your {noun.en} and asks you the following.",
    )
    body: list[Block] = [
        Paragraph(opening),
        Paragraph(FreeText(question)),
        Paragraph(_answering(matter)),
        Paragraph(
            Bilingual(
                th="เพื่อความปลอดภัยของท่าน โปรดอย่าส่งสำเนาบัตรประชาชนหรือเอกสารสุขภาพทางอีเมล",
                en="For your own safety, please send no copies of identity cards or health papers by e-mail.",
            )
        ),
        *the_request(matter, pack),
        *rights_paragraphs(matter, pack),
    ]
    return letter(LetterKind.INFORMATION, matter, pack, on=on, subject=subject, body=body)
