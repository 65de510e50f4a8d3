"""Consent on the wire."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.domain.consent import ConsentEventKind, ConsentStatus
from app.domain.vocabulary import Channel, Language
from app.schemas.bilingual import BilingualOut
from app.schemas.pages import PageOut
from app.schemas.types import AllOr, CalendarDate, Choice, Code, Flag, Line, Name, Note, OutModel, Ref, StrictModel
from app.services.consent_confirmations import Confirmation
from app.services.consent_grants import Grant
from app.services.consent_withdrawals import Withdrawal, Withdrawn

MANY = 100
CodeList = Annotated[Choice[tuple[Code, ...]], Field(max_length=MANY)]
ALL = "all"


class ConsentGrant(StrictModel):
    """A consent, as it was given."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject_ref": "M-000123",
                    "purpose": "life_insurance_assessment",
                    "notice_version": "2565-1-life-insurance",
                    "channel": "app",
                    "language": "th",
                    "explicit": True,
                }
            ]
        }
    )

    subject_ref: Ref
    purpose: Code
    notice_version: Name
    """The version that was shown: the current one of the purpose (`notice_version` there)."""
    channel: Choice[Channel]
    language: Choice[Language]
    """The language in which the notice was shown."""
    categories: CodeList | None = None
    """Left out: all ordinary categories of the purpose, and with `explicit` the sensitive ones too."""
    recipients: CodeList | None = None
    """Left out: the recipients of the purpose."""
    explicit: Flag = False
    """Whether the person consented explicitly, as sensitive categories need (PDPA s.26)."""
    given_by: Ref | None = None
    """The representative who gave it; left out: the data subject."""
    subject_agreed: Flag | None = None
    """Whether a minor above ten agreed besides the parent (PDPA s.20)."""
    evidence: Note | None = None
    """What proves it, such as the shelf mark of a signed form; kept sealed."""
    expires_on: CalendarDate | None = None
    """Last day of validity, in Bangkok; left out: until withdrawn."""

    def grant(self) -> Grant:
        """As the service takes it."""
        return Grant(**dict(self))


class ConsentWithdrawal(StrictModel):
    """A withdrawal of one consent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"channel": "app"}]})

    channel: Choice[Channel]
    reason: Line | None = None
    """Never needed; kept sealed."""
    on_behalf_by: Ref | None = None
    """The representative who withdraws; left out: who calls, or the person whose word staff or a system records."""
    categories: Annotated[CodeList, Field(min_length=1)] | None = None
    """Those that are taken back; left out: all. What remains stays in force as a record of its own."""

    def withdrawal(self) -> Withdrawal:
        """As the service takes it."""
        return Withdrawal(**dict(self))


class ConsentConfirmation(StrictModel):
    """A confirmation of a consent in force."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"channel": "app"}]})

    channel: Choice[Channel]
    given_by: Ref | None = None
    """The representative who confirms; left out: who calls, or the person whose word staff or a system records."""
    subject_agreed: Flag | None = None
    """Whether a minor above ten agreed besides the parent (PDPA s.20)."""

    def confirmation(self) -> Confirmation:
        """As the service takes it."""
        return Confirmation(**dict(self))


class ConsentWithdrawals(StrictModel):
    """A withdrawal of what a person has consented to, for some purposes or for all."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"purposes": ALL, "channel": "counter"}]})

    purposes: AllOr[Annotated[CodeList, Field(min_length=1)]]
    """`all` passes over statutory instruments; named, they are refused."""
    channel: Choice[Channel]
    on_behalf_by: Ref | None = None
    """The representative who withdraws; left out: who calls, or the person whose word staff or a system records."""

    def withdrawal(self) -> Withdrawal:
        """As the service takes it."""
        return Withdrawal(self.channel, on_behalf_by=self.on_behalf_by)

    @property
    def named(self) -> tuple[str, ...] | None:
        """The purposes that are named; None for all."""
        return None if self.purposes == ALL else tuple(self.purposes)


EXAMPLE: dict[str, Any] = {
    "id": "019ab2c4-7a10-7c3e-9f52-3d8b6a1e4c70",
    "subject_ref": "M-000123",
    "purpose": "life_insurance_assessment",
    "categories": ["personal_identity", "health", "third_party"],
    "recipients": ["insurer"],
    "explicit": True,
    "status": "active",
    "notice_version": "2565-1-life-insurance",
    "notice_sha256": "3f0a6a2f0c1d7a5e9b8c4d2e1f6a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6",
    "channel": "app",
    "language": "th",
    "given_by": "M-000123",
    "given_as": "self",
    "subject_agreed": None,
    "granted_at": "2026-11-21T03:00:00Z",
    "withdrawn_at": None,
    "expires_on": None,
    "quality": "sound",
    "wording": [],
    "policy": "9f2c0d7a5e9b8c4d2e1f6a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e63f0a6a",
    "consequences": {
        "th": "คำขอทำประกันที่ยังไม่เสร็จจะหยุดลง",
        "en": "An application under way stops.",
    },
    "version": 1,
}


class ConsentOut(OutModel):
    """A consent record."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: UUID
    subject_ref: str
    purpose: str
    categories: list[str]
    recipients: list[str]
    explicit: bool
    status: ConsentStatus
    notice_version: str | None
    notice_sha256: str | None
    """SHA-256 of the notice's text: what the consent is bound to. None for one that was taken over."""
    channel: Channel
    language: Language
    given_by: str
    """The data subject, or the representative who gave it."""
    given_as: str
    """`self`, or the relation in which the representative gave it."""
    subject_agreed: bool | None
    granted_at: datetime
    withdrawn_at: datetime | None
    expires_on: date | None
    quality: str
    """`sound`; `doubtful`: taken over from wording that the Act does not honour, and asked for again; `original_purpose`:
    data from before the Act (s.95)."""
    wording: list[str]
    """What is wrong with the wording of one that was taken over."""
    policy: str
    """SHA-256 of the policy that it was granted under."""
    consequences: BilingualOut | None
    """What its withdrawal brings, or brought."""
    version: int


class WithdrawnOut(ConsentOut):
    """A consent record that was withdrawn, as a whole or in part."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE,
                    "status": "withdrawn",
                    "withdrawn_at": "2026-11-24T02:30:00Z",
                    "version": 2,
                    "remaining": "019aba1c-3f20-7d51-8e07-5a9c4b2d6f18",
                }
            ]
        }
    )

    remaining: UUID | None
    """The record of what stays in force after a withdrawal in part."""

    @classmethod
    def of(cls, withdrawn: Withdrawn) -> "WithdrawnOut":
        """What a withdrawal is answered with."""
        return cls(**dict(ConsentOut.model_validate(withdrawn.consent)), remaining=withdrawn.remaining)


class ConsentPage(PageOut[ConsentOut]):
    """A page of consents, the newest first."""


class ConsentList(OutModel):
    """The consents that were withdrawn."""

    items: list[ConsentOut]


class HistoryEntryOut(OutModel):
    """What happened to a consent."""

    at: datetime
    event: ConsentEventKind
    channel: Channel | None
    actor: str
    """The `sub` of the token; `system` where time alone did it."""


class HistoryPage(PageOut[HistoryEntryOut]):
    """A page of a consent's history, the oldest event first."""
