"""The published catalogue on the wire: rights, purposes and policy."""

from pydantic import ConfigDict

from app.domain.policy import ClauseFlag
from app.domain.vocabulary import Assurance, Basis, ConsentNeed, Objectable, Right
from app.schemas.bilingual import BilingualOut
from app.schemas.pages import PageOut
from app.schemas.types import OutModel
from app.services.catalogue import PurposeView, RightView


class DeadlineOut(OutModel):
    """Days after the day of receipt; 0 is the day itself."""

    decide_within: int
    complete_within: int
    extension_days: int


class DirectMarketingOut(OutModel):
    """Objection to direct marketing, which can't be refused."""

    stop_within: int
    """Days until it stops; 0 is the day itself."""
    assurance: Assurance
    provision: str


class GroundOut(OutModel):
    """A ground on which this right may be refused."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "erase_legal_compliance",
                    "provision": "PDPA s.33 ¶2",
                    "statutory": True,
                    "text": {
                        "th": "ต้องเก็บข้อมูลนี้ไว้เพื่อปฏิบัติตามกฎหมายที่ระบุในผลการพิจารณา",
                        "en": "The data must be kept under the law named in the decision.",
                    },
                    "verified": False,
                }
            ]
        }
    )

    code: str
    provision: str
    statutory: bool
    """Whether the Act itself gives it; the others can be cured by the person."""
    text: BilingualOut
    """What the person is told, in general words where a decision names its law, date, purpose or missing detail."""
    verified: bool
    """Whether the provision was read in a consolidated text."""


class RightOut(OutModel):
    """One of the eight rights: how it is exercised, in what time, and on which grounds alone it may be refused."""

    code: Right
    clause: str
    provision: str
    label: BilingualOut
    how: BilingualOut
    deadline: DeadlineOut
    assurance: Assurance | None
    """How surely identity must be known; null: no more than the consent was given with (withdrawal)."""
    four_eyes: bool
    """Whether two people decide."""
    request_grounds: tuple[str, ...]
    """The grounds of which a request itself names one."""
    direct_marketing: DirectMarketingOut | None
    free_of_charge: bool
    """Whether a request costs nothing; a withdrawal, an objection and a correction never cost anything."""
    grounds: list[GroundOut]

    @classmethod
    def of(cls, view: RightView) -> "RightOut":
        """From the service's view."""
        rule = view.rule
        return cls(
            code=rule.code,
            clause=rule.clause,
            provision=rule.provision,
            label=BilingualOut.model_validate(rule.label),
            how=BilingualOut.model_validate(rule.how),
            deadline=DeadlineOut.model_validate(rule),
            assurance=rule.assurance,
            four_eyes=rule.four_eyes,
            request_grounds=rule.request_grounds,
            direct_marketing=rule.direct_marketing and DirectMarketingOut.model_validate(rule.direct_marketing),
            free_of_charge=view.free_of_charge,
            grounds=[GroundOut.model_validate(ground) for ground in view.grounds],
        )


class RightPage(PageOut[RightOut]):
    """A page of rights."""


class LawfulBasisOut(OutModel):
    """A lawful basis, with the clause and the section of the Act behind it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "explicit_consent",
                    "clause": "3",
                    "provision": "PDPA s.26",
                    "label": {"th": "ความยินยอมโดยชัดแจ้ง", "en": "Explicit consent"},
                }
            ]
        }
    )

    code: Basis
    clause: str
    provision: str
    label: BilingualOut


class CategoryOut(OutModel):
    """A category of personal data; `sensitive` ones need explicit consent (PDPA s.26)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "health",
                    "clause": "3.5",
                    "sensitive": True,
                    "label": {"th": "ข้อมูลสุขภาพ", "en": "Health data"},
                }
            ]
        }
    )

    code: str
    clause: str
    sensitive: bool
    label: BilingualOut


class RecipientOut(OutModel):
    """Who data may be disclosed to; `authority`: an authority of clauses 8.1-8.2."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"code": "insurer", "clause": "4.4", "label": {"th": "บริษัทประกัน", "en": "Insurers"}, "authority": False}
            ]
        }
    )

    code: str
    clause: str
    label: BilingualOut
    authority: bool


class StatutoryInstrumentOut(OutModel):
    """The law that makes the consent to this purpose irrevocable; it is no consent under the PDPA."""

    provision: str
    label: BilingualOut


class CreditBureauDutyOut(OutModel):
    """The law that wants data disclosed to the credit bureau whether anybody consents or not."""

    provision: str


class EvidencePeriodOut(OutModel):
    """How long the service keeps its own evidence for a purpose to which no record belongs."""

    trigger: str
    period: str
    """ISO 8601, such as `P10Y`."""
    law: str
    verified: bool


class PurposeOut(OutModel):
    """A purpose of processing."""

    code: str
    number: int
    clause: str
    label: BilingualOut
    bases: list[LawfulBasisOut]
    """The first one is the primary basis."""
    requires_consent: ConsentNeed
    """`sensitive_only`: for its sensitive categories alone, and explicitly."""
    objectable: Objectable
    categories: list[CategoryOut]
    recipients: list[RecipientOut]
    retention: tuple[str, ...]
    """Codes of the retention rules that its records fall under."""
    evidence: EvidencePeriodOut | None
    consequences: BilingualOut | None
    """What a withdrawal of consent brings."""
    statutory_instrument: StatutoryInstrumentOut | None
    credit_bureau_duty: CreditBureauDutyOut | None
    """Only where the cooperative is a member of the bureau; a withdrawal then stops what rests on consent alone."""
    clause_flags: tuple[ClauseFlag, ...]
    """What the wording of the policy claims and the Act does not honour: such a consent can be withdrawn like any other."""
    sensitive_exception: str | None
    """The provision that spares its sensitive categories explicit consent, where one does."""
    notice_version: str | None
    """The notice to show today before asking for consent; null where none is asked."""
    proposed: bool
    """Not in the policy: the service itself needs it."""
    verified: bool
    """Whether a lawyer or the DPO has confirmed bases, categories and retention."""

    @classmethod
    def of(cls, view: PurposeView) -> "PurposeOut":
        """From the service's view."""
        purpose, evidence = view.purpose, view.evidence
        instrument, duty = purpose.statutory_instrument, purpose.credit_bureau_duty
        return cls(
            code=purpose.code,
            number=purpose.number,
            clause=purpose.clause,
            label=BilingualOut.model_validate(purpose.label),
            bases=[LawfulBasisOut.model_validate(basis) for basis in view.bases],
            requires_consent=purpose.requires_consent,
            objectable=purpose.objectable,
            categories=[CategoryOut.model_validate(category) for category in view.categories],
            recipients=[RecipientOut.model_validate(recipient) for recipient in view.recipients],
            retention=purpose.retention,
            evidence=evidence
            and EvidencePeriodOut(
                trigger=evidence.trigger, period=str(evidence.period), law=evidence.law, verified=evidence.verified
            ),
            consequences=purpose.consequences and BilingualOut.model_validate(purpose.consequences),
            statutory_instrument=instrument and StatutoryInstrumentOut.model_validate(instrument),
            credit_bureau_duty=duty and CreditBureauDutyOut.model_validate(duty),
            clause_flags=purpose.clause_flags,
            sensitive_exception=purpose.sensitive_exception,
            notice_version=view.notice_version,
            proposed=purpose.proposed,
            verified=purpose.verified,
        )


class PurposePage(PageOut[PurposeOut]):
    """A page of purposes."""


class PolicyOut(OutModel):
    """The policy in force. Every consent, request and decision names the one that it was made under."""

    name: str
    version: str
    sha256: str
    """Over the canonical form of the pack and of what was published on top of it while the service runs."""
    overlay_entries: int
    """How many publications lie on top of the pack."""
    warnings: tuple[str, ...]
    """What the pack assumes without confirmation by a lawyer, the DPO, an insurer or the Registrar."""
