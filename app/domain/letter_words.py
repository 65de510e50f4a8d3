"""What letters call things: kinds of request, channels, proofs of identity, grounds that a request names, tasks."""

from collections.abc import Mapping

from app.domain.erasure import ErasureGround, ErasureMethod
from app.domain.objection import ObjectionGround
from app.domain.policy import Bilingual
from app.domain.restriction import RestrictionGround
from app.domain.vocabulary import Channel, Outcome, RequestKind, SubjectKind

CHANNELS: Mapping[Channel, Bilingual] = {
    Channel.COUNTER: Bilingual(th="ที่ทำการสหกรณ์", en="at the counter"),
    Channel.APP: Bilingual(th="แอปพลิเคชัน", en="by the mobile app"),
    Channel.WEB: Bilingual(th="เว็บไซต์", en="by the website"),
    Channel.PHONE: Bilingual(th="โทรศัพท์", en="by telephone"),
    Channel.POST: Bilingual(th="ไปรษณีย์", en="by post"),
}
PROOFS: Mapping[str | None, Bilingual] = {
    None: Bilingual(th="ยังไม่ได้ยืนยันตัวตน", en="not proven yet"),
    "token": Bilingual(th="ยืนยันแล้ว ด้วยการเข้าสู่ระบบที่พิสูจน์ตัวตนไว้", en="proven by the sign-in with which it was made"),
    "code": Bilingual(
        th="ยืนยันแล้ว ด้วยรหัสใช้ครั้งเดียวที่ส่งไปยังช่องทางติดต่อที่ลงทะเบียนไว้",
        en="proven by a one-time code sent to a registered contact",
    ),
    "in_person": Bilingual(
        th="ยืนยันแล้ว ด้วยการแสดงตนพร้อมเอกสารต่อเจ้าหน้าที่", en="proven in person, by a document shown to an officer"
    ),
}
MEMBERS: Mapping[SubjectKind, Bilingual] = {
    SubjectKind.MEMBER: Bilingual(th="สมาชิกเลขทะเบียน", en="Member no."),
    SubjectKind.ASSOCIATE_MEMBER: Bilingual(th="สมาชิกสมทบเลขทะเบียน", en="Associate member no."),
}
DATA_SUBJECT = Bilingual(th="เจ้าของข้อมูลส่วนบุคคล เลขอ้างอิง", en="Data subject, reference")
THROUGH = Bilingual(th="ผ่านผู้แทน เลขอ้างอิง", en="through the representative, reference")

GROUNDS: Mapping[RequestKind, Mapping[str, Bilingual]] = {
    RequestKind.OBJECTION: {
        ObjectionGround.PUBLIC_TASK_OR_LEGITIMATE_INTEREST: Bilingual(
            th="การใช้ข้อมูลอาศัยภารกิจเพื่อประโยชน์สาธารณะหรือประโยชน์โดยชอบด้วยกฎหมาย",
            en="the data is used on a public task or a legitimate interest",
        ),
        ObjectionGround.DIRECT_MARKETING: Bilingual(
            th="การใช้ข้อมูลเป็นการตลาดแบบตรง", en="the data is used for direct marketing"
        ),
        ObjectionGround.RESEARCH: Bilingual(
            th="การใช้ข้อมูลเป็นการวิจัยหรือสถิติ", en="the data is used for research or statistics"
        ),
    },
    RequestKind.RESTRICTION: {
        RestrictionGround.ACCURACY_UNDER_CHECK: Bilingual(
            th="อยู่ระหว่างตรวจสอบว่าข้อมูลถูกต้องหรือไม่", en="it is being checked whether the data is accurate"
        ),
        RestrictionGround.UNLAWFUL_BUT_KEEP: Bilingual(
            th="การใช้ข้อมูลไม่ชอบด้วยกฎหมาย แต่ประสงค์ให้เก็บไว้แทนการลบ",
            en="the use is unlawful, and the data is to be kept rather than erased",
        ),
        RestrictionGround.NEEDED_FOR_CLAIMS: Bilingual(
            th="ต้องใช้ข้อมูลเพื่อสิทธิเรียกร้องตามกฎหมาย", en="the data is needed for legal claims"
        ),
        RestrictionGround.OBJECTION_UNDER_CHECK: Bilingual(
            th="อยู่ระหว่างพิจารณาคำคัดค้าน", en="an objection is being considered"
        ),
    },
    RequestKind.ERASURE: {
        ErasureGround.NO_LONGER_NECESSARY: Bilingual(
            th="ข้อมูลหมดความจำเป็นตามวัตถุประสงค์แล้ว", en="the data is no longer needed for its purposes"
        ),
        ErasureGround.CONSENT_WITHDRAWN: Bilingual(th="ถอนความยินยอมแล้ว", en="the consent was withdrawn"),
        ErasureGround.OBJECTED: Bilingual(th="คัดค้านการใช้ข้อมูลแล้ว", en="the use was objected to"),
        ErasureGround.UNLAWFUL: Bilingual(th="การใช้ข้อมูลไม่ชอบด้วยกฎหมาย", en="the data was processed unlawfully"),
    },
}
"""The case of the law that a request relies on."""
METHODS: Mapping[str, Bilingual] = {
    ErasureMethod.ERASE: Bilingual(th="ลบหรือทำลาย", en="erase or destroy"),
    ErasureMethod.ANONYMISE: Bilingual(th="ทำให้ไม่สามารถระบุตัวบุคคลได้", en="make anonymous"),
}
ENDED: Mapping[str, Bilingual] = {
    ErasureMethod.ERASE: Bilingual(th="ลบหรือทำลาย", en="erased or destroyed"),
    ErasureMethod.ANONYMISE: Bilingual(th="ทำให้ไม่สามารถระบุตัวบุคคลได้", en="made anonymous"),
}
FORMATS: Mapping[str, Bilingual] = {
    "json": Bilingual(th="ไฟล์ JSON ที่เครื่องอ่านได้", en="a machine-readable JSON file"),
    "csv": Bilingual(th="ไฟล์ CSV ที่เครื่องอ่านได้", en="a machine-readable CSV file"),
    "pdf": Bilingual(th="เอกสาร PDF", en="a PDF document"),
    "html": Bilingual(th="เอกสาร HTML", en="an HTML document"),
}

OUTCOMES: Mapping[Outcome, Bilingual] = {
    Outcome.GRANTED: Bilingual(th="อนุมัติตามคำขอ", en="Granted"),
    Outcome.PARTLY_GRANTED: Bilingual(th="อนุมัติบางส่วน", en="Granted in part"),
    Outcome.REFUSED: Bilingual(th="ไม่อนุมัติ", en="Refused"),
}
ON_COMPLAINT: Mapping[Outcome, Bilingual] = {
    Outcome.GRANTED: Bilingual(th="เรื่องร้องเรียนมีมูล", en="The complaint is founded"),
    Outcome.PARTLY_GRANTED: Bilingual(th="เรื่องร้องเรียนมีมูลบางส่วน", en="The complaint is founded in part"),
    Outcome.REFUSED: Bilingual(th="สหกรณ์ไม่รับตามที่ร้องเรียน", en="The complaint is not upheld"),
}

DONE: Mapping[str, Bilingual] = {
    "collect": Bilingual(th="รวบรวมข้อมูลเพื่อจัดทำชุดข้อมูล", en="Collected for the package"),
    "correct": Bilingual(th="แก้ไขข้อมูลให้ถูกต้อง", en="Corrected"),
    "erase": Bilingual(th="ลบข้อมูล", en="Erased"),
    "anonymise": Bilingual(th="ทำให้ไม่สามารถระบุตัวบุคคลได้", en="Made anonymous"),
    "restrict": Bilingual(th="ระงับการใช้ข้อมูล", en="Use restricted"),
    "lift_restriction": Bilingual(th="ยกเลิกการระงับการใช้ข้อมูล", en="Restriction lifted"),
    "stop_processing": Bilingual(th="ยุติการใช้ข้อมูล", en="Use stopped"),
    "destroy_paper": Bilingual(th="ทำลายเอกสารกระดาษ", en="Paper destroyed"),
    "notify_recipient": Bilingual(th="แจ้งผู้รับข้อมูล", en="Recipient told"),
    "notify_subject": Bilingual(th="แจ้งเจ้าของข้อมูล", en="Data subject told"),
}
"""What a task of each kind has done."""


def record_count(label: Bilingual, count: int) -> Bilingual:
    """So many records of a kind."""
    return Bilingual(th=f"{label.th} ({count} รายการ)", en=f"{label.en} ({count} record{'s' * (count != 1)})")
