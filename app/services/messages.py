"""Short messages to the data subject that something happened, in the language they chose; the letter says what."""

from datetime import date

from app.core.work import Work
from app.domain.calendar import english_date, thai_date
from app.domain.vocabulary import Language, Outcome
from app.models.rights_request import RightsRequest
from app.services import events
from app.services.subjects import contacts_of, mask_email, mask_phone

_OUTCOMES = {
    Outcome.GRANTED: {Language.TH: "อนุมัติ", Language.EN: "granted"},
    Outcome.PARTLY_GRANTED: {Language.TH: "อนุมัติบางส่วน", Language.EN: "partly granted"},
    Outcome.REFUSED: {Language.TH: "ไม่อนุมัติ", Language.EN: "refused"},
}
_TEXTS = {
    "question": {
        Language.TH: "สหกรณ์มีคำถามเกี่ยวกับคำขอ {reference} โปรดอ่านและตอบโดยเร็ว ระหว่างนี้ระยะเวลาพิจารณายังเดินต่อไป",
        Language.EN: "There is a question about your request {reference}. Please read it with your request and answer soon: "
        "the time to decide runs on.",
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
    "completion": {
        Language.TH: "สหกรณ์ดำเนินการตามคำขอ {reference} เสร็จสิ้นแล้ว",
        Language.EN: "Everything that your request {reference} asked for and was granted has been carried out.",
    },
}


_DATES = {Language.TH: thai_date, Language.EN: english_date}


async def tell(work: Work, request: RightsRequest, kind: str, *, until: date | None = None) -> str | None:
    """Queue a message of a kind to a known contact, e-mail first; returns how it goes. Who left none is told nothing.

    `until`: the last day of what it speaks of.
    """
    contacts = await contacts_of(work, request.subject_ref)
    if contacts.phone is None and contacts.email is None:
        return None
    via, to = ("email", mask_email(contacts.email)) if contacts.email else ("sms", mask_phone(contacts.phone))
    language = Language(request.language)
    outcome = _OUTCOMES[Outcome(request.outcome)][language] if request.outcome else ""
    last_day = _DATES[language](until) if until else ""
    text = _TEXTS[kind][language].format(reference=request.reference, outcome=outcome, until=last_day)
    await events.send_message(work, request.subject_ref, via, kind, {"to": str(to), "text": text}, request.id)
    return via
