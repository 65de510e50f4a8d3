"""The inventory of held records on the wire."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import Field, Strict

from app.domain.vocabulary import Basis, Storage
from app.schemas.pages import PageOut
from app.schemas.rows import JudgedBy, reference
from app.schemas.types import CalendarDate, Choice, Code, Flag, Name, OutModel, Ref, StrictModel
from app.services.records import BadRow, InventoryRow, Listed

MAX_ROWS = 5_000
MAX_WORDS = 50

Word = Annotated[str, Strict(), Field(min_length=1, max_length=64)]
"""A name that the policy may or may not know."""


class RecordIn(StrictModel):
    """One record that a system holds; upserted by `record_ref`, which is unique for the subject."""

    record_ref: Ref
    kind: Ref
    """Decides the retention rule; a kind that no rule knows stays `unresolved`."""
    events: Annotated[dict[Word, CalendarDate], Field(max_length=MAX_WORDS)] = Field(default_factory=dict)
    """Dated facts that clocks start from; one later than today counts as not yet happened."""
    conditions: Annotated[Choice[tuple[Word, ...]], Field(max_length=MAX_WORDS)] = ()
    """What keeps the record while it lasts."""
    system: Code
    """The system that holds it, and gets the tasks about it."""
    storage: Choice[Storage]
    categories: Annotated[Choice[tuple[Code, ...]], Field(min_length=1, max_length=MAX_WORDS)]
    provided_by_subject: Flag = False
    """Whether the subject gave the data: only then is it portable."""
    lawful_basis: Choice[Basis] | None = None
    purpose: Code | None = None
    source: Ref | None = None
    """Where the data comes from; a code of the policy, or one of the system's own."""
    insurer: Name | None = None

    def row(self, subject_ref: str) -> InventoryRow:
        """As the service takes it."""
        return InventoryRow(
            subject_ref,
            self.record_ref,
            self.kind,
            self.system,
            self.storage,
            self.categories,
            self.provided_by_subject,
            self.lawful_basis,
            self.purpose,
            self.source,
            self.insurer,
            self.events,
            self.conditions,
        )


class SubjectRecordIn(RecordIn):
    """One record, with the subject that it is about."""

    subject_ref: Ref


def _bad(raw: object, code: str) -> BadRow:
    return BadRow(reference(raw, "subject_ref"), reference(raw, "record_ref"), code)


class RecordsIn(StrictModel):
    """Some records of one subject; those not named stay as they are."""

    records: Annotated[list[Annotated[RecordIn | BadRow, JudgedBy(RecordIn, _bad)]], Field(max_length=MAX_ROWS)]

    def rows(self, subject_ref: str) -> list[InventoryRow | BadRow]:
        """As the service takes them."""
        return [row if isinstance(row, BadRow) else row.row(subject_ref) for row in self.records]


class SubjectRecordsIn(StrictModel):
    """Some records of many subjects."""

    records: Annotated[
        list[Annotated[SubjectRecordIn | BadRow, JudgedBy(SubjectRecordIn, _bad)]], Field(max_length=MAX_ROWS)
    ]

    def rows(self) -> list[InventoryRow | BadRow]:
        """As the service takes them."""
        return [row if isinstance(row, BadRow) else row.row(row.subject_ref) for row in self.records]


class RejectedRow(OutModel):
    """A row that was not taken, and why."""

    record_ref: str | None
    """Null where it could not be read."""
    code: str


class PushOut(OutModel):
    """What became of a push; rejected rows in their order."""

    accepted: int
    rejected: list[RejectedRow]


class SubjectRejectedRow(RejectedRow):
    """A row that was not taken, and why, with its subject."""

    subject_ref: str | None
    """Null where it could not be read."""


class SubjectsPushOut(OutModel):
    """What became of a push for many subjects; rejected rows in their order."""

    accepted: int
    rejected: list[SubjectRejectedRow]


class RecordOut(OutModel):
    """A record that a system holds."""

    record_ref: str
    kind: str
    events: dict[str, date]
    conditions: Sequence[str]
    system: str
    storage: Storage
    categories: Sequence[str]
    provided_by_subject: bool
    lawful_basis: Basis | None
    purpose: str | None
    source: str | None
    insurer: str | None
    state: str
    """`held`, `locked` (its erasure was granted), `storage_only`, `erased` or `anonymised`."""
    accuracy_under_check: bool
    """Whether a correction that was asked for, and is not decided yet, says that it is wrong (PDPA s.35)."""
    changed_at: datetime

    @classmethod
    def of(cls, listed: Listed) -> Self:
        """From what the service found."""
        return cls.model_validate({**listed.record.model_dump(), "accuracy_under_check": listed.accuracy_under_check})


class RecordPage(PageOut[RecordOut]):
    """A page of them."""
