"""Short messages that something happened: to the data subject, in the language they chose, and to the officers.

The letter says what happened; these hold a reference and no more.
"""

from collections.abc import Collection
from datetime import date

from app.core.notifying import Via
from app.core.work import Work
from app.domain.calendar import english_date, thai_date
from app.domain.reminders import ADDRESS, Addressee
from app.domain.vocabulary import Language, Outcome
from app.models.rights_request import RightsRequest
from app.services import audit, message_delivery
from app.services.message_delivery import OFFICERS, Draft
from app.services.subjects import contacts_of

_OUTCOMES = {
    Outcome.GRANTED: {Language.TH: "อนุมัติ", Language.EN: "granted"},
    Outcome.PARTLY_GRANTED: {Language.TH: "อนุมัติบางส่วน", Language.EN: "partly granted"},
    Outcome.REFUSED: {Language.TH: "ไม่อนุมัติ", Language.EN: "refused"},
}
_TITLES = {Language.TH: "คำขอใช้สิทธิเลขที่ {reference}", Language.EN: "Your request {reference}"}
_TEXTS = {
    "question": {
        Language.TH: "สหกรณ์มีคำถามเกี่ยวกับคำขอ {reference} โปรดอ่านและตอบโดยเร็ว ระหว่างนี้ระยะเวลาพิจารณายังเดินต่อไป",
        Language.EN: "There is a question about your request {reference}. Please read it with your request and answer soon: "
        "the time to decide runs on.",
    },
    "extension": {
        Language.TH: "สหกรณ์ขยายระยะเวลาพิจารณาคำขอ {reference} ออกไปถึงวันที่ {until} เหตุผลอยู่ในคำขอของท่าน",
        Language.EN: "The time to decide your request {reference} was extended until {until}. The reason stands with your "
        "request.",
    },
    "question_paused": {
        Language.TH: "สหกรณ์มีคำถามเกี่ยวกับคำขอ {reference} โปรดอ่านและตอบ ระยะเวลาพิจารณาหยุดนับจนกว่าจะได้รับคำตอบ",
        Language.EN: "There is a question about your request {reference}. Please read it with your request and answer: the time "
        "to decide stands still until then.",
    },
    "decision": {
        Language.TH: "สหกรณ์พิจารณาคำขอ {reference} แล้ว ผลคือ {outcome} หากไม่เห็นด้วย ท่านมีสิทธิร้องเรียนต่อ"
        "คณะกรรมการผู้เชี่ยวชาญ สำนักงานคณะกรรมการคุ้มครองข้อมูลส่วนบุคคล",
        Language.EN: "Your request {reference} has been decided: {outcome}. If you disagree, you may complain to the expert "
        "committee at the Office of the Personal Data Protection Committee.",
    },
    "lifting": {
        Language.TH: "การระงับการใช้ข้อมูลตามคำขอ {reference} สิ้นสุดลง สหกรณ์จะกลับมาใช้ข้อมูลนั้น เหตุผลอยู่ในคำขอของท่าน",
        Language.EN: "The restriction that your request {reference} was granted ends now, and the data will be used again. "
        "The reason stands with your request.",
    },
    "package": {
        Language.TH: "ชุดข้อมูลตามคำขอ {reference} พร้อมให้ดาวน์โหลดแล้ว จนถึงวันที่ {until} หลังจากนั้นสหกรณ์จะลบชุดข้อมูลนี้",
        Language.EN: "The data that you asked for in {reference} is ready to be fetched until {until}. Then the package is "
        "removed.",
    },
    "transfer": {
        Language.TH: "สหกรณ์ได้โอนข้อมูลตามคำขอ {reference} ไปยังผู้ควบคุมข้อมูลที่ท่านระบุแล้ว และได้รับการยืนยันการรับข้อมูล",
        Language.EN: "The data of your request {reference} has been sent to the controller that you named, which confirmed it.",
    },
    "transfer_impossible": {
        Language.TH: "สหกรณ์ไม่สามารถโอนข้อมูลตามคำขอ {reference} ไปยังผู้ควบคุมข้อมูลที่ท่านระบุได้โดยตรงเพราะสภาพทางเทคนิค "
        "ท่านรับชุดข้อมูลนี้ได้จากสหกรณ์เอง หากไม่เห็นด้วย ท่านมีสิทธิร้องเรียนต่อคณะกรรมการผู้เชี่ยวชาญ "
        "สำนักงานคณะกรรมการคุ้มครองข้อมูลส่วนบุคคล",
        Language.EN: "The data of your request {reference} can't be sent directly to the controller that you named, for technical "
        "reasons. You can fetch it from the cooperative yourself. If you disagree, you may complain to the expert committee at "
        "the Office of the Personal Data Protection Committee.",
    },
    "completion": {
        Language.TH: "สหกรณ์ดำเนินการตามคำขอ {reference} เสร็จสิ้นแล้ว",
        Language.EN: "Everything that your request {reference} asked for and was granted has been carried out.",
    },
}


_DATES = {Language.TH: thai_date, Language.EN: english_date}
_TO_OFFICERS = {
    "due_soon": "คำขอ {reference} ใกล้ครบกำหนด / Request {reference} falls due soon.",
    "overdue": "คำขอ {reference} เกินกำหนดแล้ว / Request {reference} is overdue.",
    "case_due_soon": "กรณีลบข้อมูล {reference} ใกล้ครบกำหนด / Deletion case {reference} falls due soon.",
    "case_overdue": "กรณีลบข้อมูล {reference} เกินกำหนดแล้ว / Deletion case {reference} is overdue.",
    "task_escalated": "งาน {reference} ล้มเหลวซ้ำหรือใกล้ครบกำหนดแต่ยังไม่เสร็จ โปรดตรวจสอบ / "
    "Task {reference} keeps failing, or is nearly due and not done; please look into it.",
    "transfer_failed": "การโอนข้อมูลตามคำขอ {reference} ไม่สำเร็จ / The transfer of request {reference} has failed.",
    "package_failed": "จัดทำชุดข้อมูลตามคำขอ {reference} ไม่สำเร็จ / The package of request {reference} could not be made.",
    "resurrection": "มีระบบส่งข้อมูลที่ลบแล้วกลับมา ({reference}) / A system pushed what was erased ({reference}).",
    "holidays_missing": "ยังไม่มีวันหยุดของปี {reference} / The holidays of {reference} are missing.",
    "endpoint_disabled": "ปลายทางเว็บฮุก {reference} ถูกปิดใช้งาน / The webhook endpoint {reference} was disabled.",
}
"""Kinds of messages to the officers, in both languages: nobody says which of them reads."""


async def tell(work: Work, request: RightsRequest, kind: str, *, until: date | None = None) -> str | None:
    """Queue a message of a kind to a known contact, by e-mail if one leaves; returns how it goes, None if it can't.

    `until`: the last day of what it speaks of. What goes nowhere, for want of a channel, is given up at once.
    """
    contacts = await contacts_of(work, request.subject_ref)
    known = [(via, to) for via, to in ((Via.EMAIL, contacts.email), (Via.SMS, contacts.phone)) if to is not None]
    if not known:
        return None
    via, to = next((way for way in known if work.channels.serves(way[0])), known[0])
    language = Language(request.language)
    outcome = _OUTCOMES[Outcome(request.outcome)][language] if request.outcome else ""
    title = _TITLES[language].format(reference=request.reference)
    last_day = _DATES[language](until) if until else ""
    text = _TEXTS[kind][language].format(reference=request.reference, outcome=outcome, until=last_day)
    await message_delivery.queue(work, request.subject_ref, Draft(kind, via, to, title, text), request.id)
    return via if work.channels.serves(via) else None


async def tell_officer(work: Work, kind: str, reference: str, request: RightsRequest | None = None) -> None:
    """Queue an e-mail to whom the pack names for data protection; `reference`: what it is about, never a person.

    The cooperative's own address stands in where the pack names none, or a telephone; that there is neither is recorded.
    """
    controller = work.pack.controller
    contact = controller.dpo.contact
    to = contact if contact is not None and "@" in contact else controller.contact.email
    if to is None:
        audit.record(work, "officers.not_told", "controller", controller.code, kind=kind)
        return
    await _write(work, to, kind, reference, request)


async def remind_officers(
    work: Work, addressees: Collection[Addressee], kind: str, reference: str, request: RightsRequest | None = None
) -> None:
    """Queue an e-mail to each of the addressees whose address is known: of the assignee, where the name is an address."""
    if Addressee.DPO in addressees:
        await tell_officer(work, kind, reference, request)
    assigned_to = request.assigned_to if request is not None else None
    if Addressee.ASSIGNEE in addressees and assigned_to is not None and ADDRESS.fullmatch(assigned_to):
        await _write(work, assigned_to, kind, reference, request)
    if Addressee.MANAGER in addressees and work.pack.controller.management is not None:
        await _write(work, work.pack.controller.management, kind, reference, request)


async def _write(work: Work, to: str, kind: str, reference: str, request: RightsRequest | None) -> None:
    text = _TO_OFFICERS[kind].format(reference=reference)
    draft = Draft(f"officer_{kind}", Via.EMAIL, to, f"Sitthi: {reference}", text)
    await message_delivery.queue(work, OFFICERS, draft, request.id if request is not None else None)
