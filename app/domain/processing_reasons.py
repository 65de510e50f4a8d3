"""Why a decision is yes or no: stable codes, each in words of both languages (API 7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.catalogue import Bilingual
from app.domain.vocabulary import Basis


class ReasonCode(StrEnum):
    """The codes of a decision: those of a no in the order in which the rules are asked, then those of a yes."""

    SUBJECT_UNKNOWN = "subject_unknown"
    RESOURCE_UNKNOWN = "resource_unknown"
    ACTION_UNKNOWN = "action_unknown"
    PURPOSE_UNKNOWN = "purpose_unknown"
    CATEGORY_NOT_IN_PURPOSE = "category_not_in_purpose"
    RECIPIENT_NOT_REGISTERED = "recipient_not_registered"
    CONSENT_MISSING = "consent_missing"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_EXPIRED = "consent_expired"
    CONSENT_SUPERSEDED = "consent_superseded"
    EXPLICIT_CONSENT_MISSING = "explicit_consent_missing"
    REPRESENTATIVE_MISSING = "representative_missing"
    RESTRICTED = "restricted"
    OBJECTED = "objected"
    ERASED = "erased"
    STORAGE_ONLY = "storage_only"
    RELATIONSHIP_ENDED = "relationship_ended"
    RETENTION_ENDED = "retention_ended"
    UNRESOLVED = "unresolved"
    BASIS_CONSENT = "basis_consent"
    BASIS_CONTRACT = "basis_contract"
    BASIS_LEGAL_OBLIGATION = "basis_legal_obligation"
    BASIS_LEGITIMATE_INTEREST = "basis_legitimate_interest"
    BASIS_PUBLIC_TASK = "basis_public_task"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a decision. `category`: the one category that it concerns, None for the question as a whole."""

    code: ReasonCode
    category: str | None = None


OF_BASIS: Mapping[Basis, ReasonCode] = {
    Basis.CONTRACT: ReasonCode.BASIS_CONTRACT,
    Basis.PUBLIC_TASK: ReasonCode.BASIS_PUBLIC_TASK,
    Basis.LEGITIMATE_INTEREST: ReasonCode.BASIS_LEGITIMATE_INTEREST,
    Basis.LEGAL_OBLIGATION: ReasonCode.BASIS_LEGAL_OBLIGATION,
    Basis.CONSENT: ReasonCode.BASIS_CONSENT,
    Basis.EXPLICIT_CONSENT: ReasonCode.BASIS_CONSENT,
}

TEXTS: Mapping[ReasonCode, Bilingual] = {
    ReasonCode.SUBJECT_UNKNOWN: Bilingual("ไม่พบเจ้าของข้อมูลตามรหัสนี้", "No data subject has this reference"),
    ReasonCode.RESOURCE_UNKNOWN: Bilingual(
        "ไม่รู้จักทรัพยากรที่ถามถึง รับเฉพาะ personal_data", "Not a resource that is known: ask about personal_data"
    ),
    ReasonCode.ACTION_UNKNOWN: Bilingual(
        "ไม่รู้จักการกระทำนี้ รับเฉพาะ collect, use, disclose และ store",
        "Not an action that is known: collect, use, disclose or store",
    ),
    ReasonCode.PURPOSE_UNKNOWN: Bilingual(
        "ไม่ได้ระบุวัตถุประสงค์ หรือไม่มีวัตถุประสงค์นี้ในนโยบาย", "No purpose is named, or the policy has none of that name"
    ),
    ReasonCode.CATEGORY_NOT_IN_PURPOSE: Bilingual(
        "ข้อมูลประเภทนี้ไม่อยู่ในวัตถุประสงค์ที่ถาม", "The purpose does not extend to this category of data"
    ),
    ReasonCode.RECIPIENT_NOT_REGISTERED: Bilingual(
        "ไม่ได้ระบุผู้รับ หรือผู้รับนี้ไม่ได้ขึ้นทะเบียนไว้สำหรับวัตถุประสงค์นี้",
        "No recipient is named, or this one is not registered for the purpose",
    ),
    ReasonCode.CONSENT_MISSING: Bilingual("ยังไม่มีความยินยอมที่ครอบคลุมเรื่องนี้", "No consent that covers this was given"),
    ReasonCode.CONSENT_WITHDRAWN: Bilingual("เจ้าของข้อมูลถอนความยินยอมแล้ว", "The consent was withdrawn"),
    ReasonCode.CONSENT_EXPIRED: Bilingual("ความยินยอมหมดอายุแล้ว", "The consent has expired"),
    ReasonCode.CONSENT_SUPERSEDED: Bilingual(
        "ประกาศฉบับใหม่กำหนดให้ขอความยินยอมใหม่", "A newer notice asks for fresh consent"
    ),
    ReasonCode.EXPLICIT_CONSENT_MISSING: Bilingual(
        "ข้อมูลอ่อนไหวต้องมีความยินยอมโดยชัดแจ้ง", "Sensitive data needs explicit consent"
    ),
    ReasonCode.REPRESENTATIVE_MISSING: Bilingual(
        "ขาดความยินยอมของผู้ที่กฎหมายกำหนดให้เป็นผู้ให้ความยินยอม",
        "The consent of the person from whom the law requires it is lacking",
    ),
    ReasonCode.RESTRICTED: Bilingual("มีการระงับการใช้ข้อมูลไว้", "The processing is restricted"),
    ReasonCode.OBJECTED: Bilingual(
        "เจ้าของข้อมูลคัดค้าน ข้อมูลจึงถูกแยกไว้", "The data subject has objected, and the data is set apart"
    ),
    ReasonCode.ERASED: Bilingual("ข้อมูลถูกลบแล้ว หรืออยู่ระหว่างการลบ", "The data was erased, or its erasure is under way"),
    ReasonCode.STORAGE_ONLY: Bilingual(
        "เก็บไว้เพราะยังไม่พ้นระยะเวลาเก็บเท่านั้น ใช้เพื่อการอื่นไม่ได้",
        "Kept for the rest of its period only, and for no other use",
    ),
    ReasonCode.RELATIONSHIP_ENDED: Bilingual(
        "ความสัมพันธ์กับสหกรณ์สิ้นสุดแล้ว", "The relationship with the cooperative has ended"
    ),
    ReasonCode.RETENTION_ENDED: Bilingual("พ้นระยะเวลาเก็บรักษาแล้ว", "The retention period is over"),
    ReasonCode.UNRESOLVED: Bilingual(
        "ยังไม่ทราบระยะเวลาเก็บรักษา จึงเก็บไว้เท่านั้น", "How long the data is kept is not known yet: it may only be stored"
    ),
    ReasonCode.BASIS_CONSENT: Bilingual("อาศัยความยินยอม", "On consent"),
    ReasonCode.BASIS_CONTRACT: Bilingual("อาศัยสัญญา", "On a contract"),
    ReasonCode.BASIS_LEGAL_OBLIGATION: Bilingual("อาศัยหน้าที่ตามกฎหมาย", "On a legal obligation"),
    ReasonCode.BASIS_LEGITIMATE_INTEREST: Bilingual("อาศัยประโยชน์โดยชอบด้วยกฎหมาย", "On a legitimate interest"),
    ReasonCode.BASIS_PUBLIC_TASK: Bilingual("อาศัยภารกิจเพื่อประโยชน์สาธารณะ", "On a task in the public interest"),
}
