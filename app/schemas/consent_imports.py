"""Consents that are taken over, on the wire."""

from typing import Annotated

from pydantic import ConfigDict, Field

from app.domain.catalogue import ClauseFlag
from app.domain.consent_imports import FormerConsent, ImportFault
from app.domain.vocabulary import Channel, Language
from app.schemas.consents import CodeList
from app.schemas.rows import JudgedBy, reference
from app.schemas.types import CalendarDate, Choice, Code, Flag, Note, OutModel, Ref, StrictModel
from app.services.consent_imports import BadRow

MAX_ROWS = 5_000


class FormerConsentIn(StrictModel):
    """A consent that the person gave on a paper form or in an older system; no notice is known that it was given under."""

    subject_ref: Ref
    purpose: Code
    granted_on: CalendarDate
    """The day in Bangkok; not in the future."""
    channel: Choice[Channel]
    language: Choice[Language] = Language.TH
    categories: CodeList | None = None
    """Left out: the ordinary categories of the purpose; where only sensitive ones need consent, all."""
    recipients: CodeList | None = None
    """Left out: the recipients of the purpose."""
    wording: Annotated[Choice[tuple[Choice[ClauseFlag], ...]], Field(max_length=len(ClauseFlag))] = ()
    """What is wrong with the text that was agreed to."""
    before_act: Flag = False
    """Whether the data was collected before 1 June 2022 and serves the purpose that it was collected for (PDPA s.95)."""
    evidence: Note | None = None
    """What proves it, such as the shelf mark of a signed form; kept sealed."""

    def former(self) -> FormerConsent:
        """As the service takes it."""
        told = dict(self)
        return FormerConsent(**{**told, "wording": tuple(dict.fromkeys(told["wording"]))})


def _bad(raw: object, code: str) -> BadRow:
    return BadRow(0, reference(raw, "subject_ref"), reference(raw, "purpose"), ImportFault(code))


class ConsentImport(StrictModel):
    """Consents to take over, each judged by itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "consents": [
                        {
                            "subject_ref": "M-000123",
                            "purpose": "life_insurance_assessment",
                            "granted_on": "2024-03-15",
                            "channel": "counter",
                            "wording": ["bundled_consent"],
                            "evidence": "แฟ้มใบสมัคร 2567/123",
                        }
                    ]
                }
            ]
        }
    )

    consents: Annotated[
        list[Annotated[FormerConsentIn | BadRow, JudgedBy(FormerConsentIn, _bad)]], Field(max_length=MAX_ROWS)
    ]

    def rows(self) -> list[FormerConsent | BadRow]:
        """As the service takes them: those that are bad know their places."""
        return [
            BadRow(index, row.subject_ref, row.purpose, row.code) if isinstance(row, BadRow) else row.former()
            for index, row in enumerate(self.consents)
        ]


class RejectedConsent(OutModel):
    """A row that was not taken, and why."""

    index: int
    """Its place in the call, from 0."""
    subject_ref: str | None
    """Null where it could not be read."""
    purpose: str | None
    """Null where it could not be read."""
    code: ImportFault


class ConsentImportOut(OutModel):
    """What became of an import; rejected rows in their order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "accepted": 1,
                    "rejected": [
                        {
                            "index": 1,
                            "subject_ref": "M-000124",
                            "purpose": "life_insurance_assessment",
                            "code": "already_granted",
                        }
                    ],
                }
            ]
        }
    )

    accepted: int
    rejected: list[RejectedConsent]
