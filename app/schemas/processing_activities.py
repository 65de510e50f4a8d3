"""The record of processing activities on the wire."""

from typing import Self

from app.documents.csv_table import csv_table
from app.domain.policy import Bilingual
from app.domain.vocabulary import ConsentNeed, Objectable, Right, Storage
from app.schemas.bilingual import BilingualOut
from app.schemas.catalogue import CategoryOut, LawfulBasisOut, RecipientOut, RightOut
from app.schemas.controller import ControllerOut
from app.schemas.types import OutModel
from app.services.processing_activities import Activity, ProcessingRegister


class KeptOut(OutModel):
    """How long its records, or the proof of it, are kept."""

    rule: str
    clause: str | None
    label: BilingualOut
    trigger: str
    """The event from which the period runs."""
    period: str | None
    """ISO 8601; null where an insurer, the end of a consent or nothing ends it: `/v1/retention-rules` says which."""
    laws: list[str]
    """That demand or allow the keeping."""
    verified: bool


class ActivityOut(OutModel):
    """One purpose of processing, as PDPA s.39 wants it recorded."""

    code: str
    number: int
    clause: str
    label: BilingualOut
    categories: list[CategoryOut]
    sensitive_exception: str | None
    """The provision that spares its sensitive categories explicit consent, where one does."""
    bases: list[LawfulBasisOut]
    requires_consent: ConsentNeed
    objectable: Objectable
    rights: list[Right]
    """Those that reach it; `rights` of the record says how each is exercised."""
    recipients: list[RecipientOut]
    """Whom it may disclose to; `/v1/disclosures` has each disclosure that happened."""
    retention: list[KeptOut]
    proposed: bool
    """Not in the policy: the service itself needs it."""
    verified: bool
    """Whether a lawyer or the DPO has confirmed it."""

    @classmethod
    def of(cls, activity: Activity) -> Self:
        """From the service's view."""
        purpose = activity.purpose
        return cls(
            code=purpose.code,
            number=purpose.number,
            clause=purpose.clause,
            label=BilingualOut.model_validate(purpose.label),
            categories=[CategoryOut.model_validate(category) for category in activity.categories],
            sensitive_exception=purpose.sensitive_exception,
            bases=[LawfulBasisOut.model_validate(basis) for basis in activity.bases],
            requires_consent=purpose.requires_consent,
            objectable=purpose.objectable,
            rights=list(activity.rights),
            recipients=[RecipientOut.model_validate(recipient) for recipient in activity.recipients],
            retention=_kept(activity),
            proposed=purpose.proposed,
            verified=purpose.verified,
        )


def _kept(activity: Activity) -> list[KeptOut]:
    kept = [
        KeptOut(
            rule=rule.code,
            clause=rule.clause,
            label=BilingualOut.model_validate(rule.label),
            trigger=rule.trigger,
            period=str(rule.period) if rule.period else None,
            laws=list(dict.fromkeys([*rule.laws, *(floor.law for floor in rule.floors)])),
            verified=rule.verified,
        )
        for rule in activity.retention
    ]
    if (proof := activity.evidence) is not None:
        label = BilingualOut.model_validate(proof.label)
        period, laws = str(proof.period), [proof.law]
        evidence = KeptOut(
            rule=proof.code,
            clause=None,
            label=label,
            trigger=proof.trigger,
            period=period,
            laws=laws,
            verified=proof.verified,
        )
        kept.append(evidence)
    return kept


class SourceOut(OutModel):
    """Where data comes from."""

    code: str
    clause: str
    label: BilingualOut


class StorageFormOut(OutModel):
    """In which form data lies, and how it is destroyed there."""

    code: Storage
    clause: str
    label: BilingualOut
    destruction_label: BilingualOut
    destruction_clause: str


class SecurityMeasureOut(OutModel):
    """How data is protected (PDPA s.37(1))."""

    code: str
    clause: str
    label: BilingualOut


class ProcessingActivitiesOut(OutModel):
    """The record of processing activities under the policy in force (PDPA s.39(1)-(8))."""

    controller: ControllerOut
    items: list[ActivityOut]
    """By the number of the purpose."""
    rights: list[RightOut]
    sources: list[SourceOut]
    storage_forms: list[StorageFormOut]
    security_measures: list[SecurityMeasureOut]
    """What the policy states; empty where it states none."""
    policy: str
    """The digest of the policy in force."""
    warnings: list[str]
    """What it assumes without confirmation."""

    @classmethod
    def of(cls, register: ProcessingRegister) -> Self:
        """From the service's view."""
        return cls(
            controller=ControllerOut.model_validate(register.controller),
            items=[ActivityOut.of(activity) for activity in register.activities],
            rights=[RightOut.of(view) for view in register.rights],
            sources=[SourceOut.model_validate(source) for source in register.sources],
            storage_forms=[StorageFormOut.model_validate(form) for form in register.storage_forms],
            security_measures=[SecurityMeasureOut.model_validate(measure) for measure in register.security_measures],
            policy=register.pack.sha256,
            warnings=list(register.pack.warnings),
        )


COLUMNS = (
    *("number", "code", "clause", "purpose_th", "purpose_en", "controller_th", "controller_en"),
    *(
        "categories_th",
        "categories_en",
        "sensitive_categories",
        "bases_th",
        "bases_en",
        "requires_consent",
        "objectable",
    ),
    *("rights", "recipients_th", "recipients_en", "retention", "sources_th", "sources_en", "storage_th", "storage_en"),
    *("security_th", "security_en", "proposed", "verified"),
)


def processing_activities_csv(register: ProcessingRegister) -> str:
    """The same as a table, a purpose to a row; what holds for all of them stands in each."""
    return csv_table(COLUMNS, (_row(register, activity) for activity in register.activities))


def _row(register: ProcessingRegister, activity: Activity) -> list[object]:
    purpose = activity.purpose
    return [
        *(purpose.number, purpose.code, purpose.clause, purpose.label.th, purpose.label.en),
        *(register.controller.name.th, register.controller.name.en),
        *_joined([category.label for category in activity.categories]),
        "; ".join(category.code for category in activity.categories if category.sensitive),
        *_joined([basis.label for basis in activity.bases]),
        *(purpose.requires_consent, purpose.objectable, "; ".join(activity.rights)),
        *_joined([recipient.label for recipient in activity.recipients]),
        "; ".join(f"{kept.rule}: {kept.period or 'see the rule'} from {kept.trigger}" for kept in _kept(activity)),
        *_joined([source.label for source in register.sources]),
        *_joined([form.label for form in register.storage_forms]),
        *_joined([measure.label for measure in register.security_measures]),
        *(purpose.proposed, purpose.verified),
    ]


def _joined(labels: list[Bilingual]) -> tuple[str, str]:
    return "; ".join(label.th for label in labels), "; ".join(label.en for label in labels)
