"""What the readable part of a package says of its own, in both languages."""

from collections.abc import Mapping
from typing import TypedDict


class Words(TypedDict):
    """A text in both languages, as templates take it."""

    th: str
    en: str


def words(th: str, en: str) -> Words:
    """A text in both languages."""
    return {"th": th, "en": en}


TITLES: Mapping[str, Words] = {
    "access": words("ข้อมูลส่วนบุคคลของท่าน", "Your personal data"),
    "portability": words("ข้อมูลส่วนบุคคลที่ท่านขอรับ", "The personal data that you asked to receive"),
}
INTRODUCTIONS: Mapping[str, list[Words]] = {
    "access": [
        words(
            "เอกสารนี้บอกว่าสหกรณ์เก็บข้อมูลส่วนบุคคลใดของท่าน ได้มาจากที่ใด ใช้เพื่อวัตถุประสงค์ใด เปิดเผยต่อผู้ใดได้ และเก็บนานเท่าใด "
            "(พ.ร.บ.คุ้มครองข้อมูลส่วนบุคคล พ.ศ. 2562 มาตรา 30) ข้อมูลทั้งหมดอยู่ในไฟล์ data.json "
            "ส่วนไฟล์ manifest.json ใช้ตรวจว่าไฟล์ครบถ้วนและไม่ถูกแก้ไข",
            "This document says which personal data of yours the cooperative holds, where it comes from, what it is used for, "
            "whom it may be disclosed to and how long it is kept (PDPA s.30). All of the data is in data.json; with "
            "manifest.json it can be checked that the files are complete and unchanged.",
        )
    ],
    "portability": [
        words(
            "ไฟล์ชุดนี้มีข้อมูลที่ท่านให้ไว้แก่สหกรณ์ตามความยินยอมหรือสัญญา ในรูปแบบที่เครื่องอ่านได้ "
            "(พ.ร.บ.คุ้มครองข้อมูลส่วนบุคคล พ.ศ. 2562 มาตรา 31) ข้อมูลทั้งหมดอยู่ในไฟล์ data.json "
            "ส่วนไฟล์ manifest.json ใช้ตรวจว่าไฟล์ครบถ้วนและไม่ถูกแก้ไข",
            "These files hold the data that you gave the cooperative on consent or for a contract, in a form that machines "
            "read (PDPA s.31). All of it is in data.json; with manifest.json it can be checked that the files are complete "
            "and unchanged.",
        )
    ],
}
HEADINGS: Mapping[str, Words] = {
    "records": words("ข้อมูลที่สหกรณ์เก็บไว้", "What is held"),
    "no_records": words(
        "สหกรณ์ไม่มีข้อมูลอื่นในระบบงานตามคำขอนี้", "Nothing else is held in the systems that the request is about."
    ),
    "values": words("เนื้อหา", "Content"),
    "elsewhere": words("เนื้อหาอยู่ในไฟล์ data.json", "The content is in data.json."),
    "more": words("รายการที่เหลืออยู่ในไฟล์ data.json จำนวน", "Further records, told in data.json"),
    "left_out": words("สิ่งที่ไม่ได้รวมไว้ และเหตุผล", "What is not included, and why"),
    "own": words("ข้อมูลที่ระบบคำขอใช้สิทธิเก็บไว้", "What the system for rights requests holds"),
    "rights": words("สิทธิของท่าน", "Your rights"),
    "complaint": words("การร้องเรียน", "Complaints"),
}
FACTS: Mapping[str, Words] = {
    "categories": words("ประเภทข้อมูล", "Categories"),
    "source": words("แหล่งที่มา", "Source"),
    "purposes": words("วัตถุประสงค์", "Purposes"),
    "recipients": words("ผู้ที่อาจได้รับข้อมูล", "Possible recipients"),
    "retention": words("ระยะเวลาเก็บ", "Retention"),
    "third_persons": words("ข้อมูลของบุคคลอื่น", "Data of others"),
    "missing": words("เนื้อหา", "Content"),
}
BY_YOU = words("ท่านเป็นผู้ให้ข้อมูล", "Given by you")
NOT_RECORDED = words("ไม่มีบันทึกแหล่งที่มา", "Not recorded")
NO_RECIPIENTS = words("ไม่มี", "None")
REDACTED = words("ข้อมูลของบุคคลอื่นในรายการนี้ถูกปกปิดไว้", "What this record says of others is left out.")
NOT_DELIVERED = words(
    "ระบบที่เก็บรายการนี้ไม่ได้ส่งเนื้อหามา โปรดสอบถามสหกรณ์",
    "The system that holds this record has not delivered it: please ask the cooperative.",
)
SECTIONS: Mapping[str, Words] = {
    "person": words("ข้อมูลตัวท่าน", "About you"),
    "consents": words("ความยินยอม", "Consents"),
    "requests": words("คำขอใช้สิทธิ", "Rights requests"),
    "notices_shown": words("ประกาศความเป็นส่วนตัวที่ท่านได้รับแจ้ง", "Privacy notices that you were shown"),
    "representatives": words("ผู้กระทำการแทน", "Representatives"),
    "disclosures": words("การเปิดเผยข้อมูล", "Disclosures"),
}
PERSON: Mapping[str, Words] = {
    "subject_ref": words("เลขอ้างอิง", "Reference"),
    "kind": words("ประเภทบุคคล", "Kind"),
    "born_on": words("วันเกิด", "Date of birth"),
    "legal_capacity": words("ความสามารถตามกฎหมาย", "Legal capacity"),
    "married_on": words("วันสมรส", "Date of marriage"),
    "joined_on": words("วันที่เป็นสมาชิก", "Member since"),
    "membership_ended_on": words("วันที่สมาชิกภาพสิ้นสุด", "Membership ended"),
    "phone": words("โทรศัพท์", "Telephone"),
    "email": words("อีเมล", "E-mail"),
    "national_id": words("เลขประจำตัวประชาชน", "National ID number"),
    "language": words("ภาษา", "Language"),
    "related_to": words("บุคคลที่เกี่ยวข้อง", "Connected persons"),
}
OUTCOMES: Mapping[str, Words] = {
    "granted": words("อนุมัติ", "granted"),
    "partly_granted": words("อนุมัติบางส่วน", "partly granted"),
    "refused": words("ไม่อนุมัติ", "refused"),
}
UNDECIDED = words("ไม่มีผลการพิจารณา", "no decision")
COMPLAINT: list[Words] = [
    words(
        "หากท่านเห็นว่าสหกรณ์ไม่ปฏิบัติตามกฎหมาย ท่านร้องเรียนต่อสหกรณ์ได้ หรือร้องเรียนต่อคณะกรรมการผู้เชี่ยวชาญได้ที่"
        "สำนักงานคณะกรรมการคุ้มครองข้อมูลส่วนบุคคล (พ.ร.บ.คุ้มครองข้อมูลส่วนบุคคล พ.ศ. 2562 มาตรา 73) โดยไม่ต้องร้องเรียนสหกรณ์ก่อน",
        "If you think that the cooperative does not keep to the law, you may complain to it, or to the expert committee at the "
        "Office of the Personal Data Protection Committee (PDPA s.73), without complaining to the cooperative first.",
    )
]
