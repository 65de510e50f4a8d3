"""Further purposes: may data serve another end than the one it was collected for? (PDPA s.21; policy clause 7, end; LAW T-12)

The policy lets data serve related ends without consent; the Act wants the person told and asked first, unless a law
permits the use. So each such use is assessed and written down. An assessment never permits processing by itself: a
decision still wants a purpose that the pack knows.
"""

from collections.abc import Collection
from dataclasses import dataclass

from app.domain.catalogue import Bilingual
from app.domain.errors import FieldError
from app.domain.policy import PolicyPack, Purpose


@dataclass(frozen=True, slots=True)
class Answers:
    """What speaks for and against: the link between both purposes, the context in which the data was collected, its
    nature, what the use would mean for the people concerned, and what protects them."""

    link: str
    context: str
    nature: str
    consequences: str
    safeguards: str


@dataclass(frozen=True, slots=True)
class FurtherUse:
    """An assessed further purpose. `categories`: what it would use of the data that was collected for `purpose`.

    `sensitive_reason`: why sensitive data may serve it too.
    """

    purpose: str
    further_purpose: str
    label: Bilingual
    categories: tuple[str, ...]
    answers: Answers
    sensitive_reason: str | None
    compatible: bool
    conclusion: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must be there before the further use begins, and the provision that wants it."""

    code: str
    provision: str
    text: Bilingual


NOTICE_VERSION = Requirement(
    "notice_version",
    "PDPA s.21, s.23",
    Bilingual(
        "ประกาศความเป็นส่วนตัวฉบับใหม่ที่แจ้งวัตถุประสงค์นี้ก่อนเริ่มใช้ข้อมูล",
        "A new version of the privacy notice that names this purpose, before the data is used for it",
    ),
)
CONSENT_OR_LAW = Requirement(
    "consent_or_law",
    "PDPA s.21",
    Bilingual(
        "ความยินยอมของเจ้าของข้อมูลสำหรับวัตถุประสงค์นี้ หรือกฎหมายที่ให้ทำได้โดยไม่ต้องขอความยินยอม",
        "The data subject's consent to this purpose, or a law that permits it without consent",
    ),
)
EXPLICIT_CONSENT = Requirement(
    "explicit_consent",
    "PDPA s.26",
    Bilingual(
        "ความยินยอมโดยชัดแจ้งสำหรับข้อมูลอ่อนไหว หรือข้อยกเว้นตามมาตรา 26",
        "Explicit consent to the use of the sensitive data, or an exception of section 26",
    ),
)


def faults(use: FurtherUse, purpose: Purpose, pack: PolicyPack) -> list[FieldError]:
    """What can't stand in an assessment: a purpose that is not another one, data that was not collected for the first,
    or sensitive data found compatible without a word on why."""
    found = [
        FieldError(f"/categories/{at}", "not_allowed")
        for at, code in enumerate(use.categories)
        if code not in purpose.categories
    ]
    if use.further_purpose == purpose.code:
        found.append(FieldError("/further_purpose", "not_allowed"))
    if use.compatible and use.sensitive_reason is None and sensitive_among(use.categories, pack):
        found.append(FieldError("/sensitive_reason", "missing"))
    return found


def sensitive_among(categories: Collection[str], pack: PolicyPack) -> tuple[str, ...]:
    """The sensitive ones of some categories (PDPA s.26), in the pack's order."""
    return tuple(code for code, category in pack.categories.items() if category.sensitive and code in categories)


def requirements(*, compatible: bool, sensitive: bool) -> tuple[Requirement, ...]:
    """What the further use still needs: sensitive data its explicit consent in any case, what is not compatible all else."""
    needed = () if compatible else (NOTICE_VERSION, CONSENT_OR_LAW)
    return (*needed, EXPLICIT_CONSENT) if sensitive else needed
