"""The inventory of held records on the wire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from app.domain.vocabulary import Basis, Storage
from app.schemas.pages import PageOut
from app.schemas.types import CalendarDate, Choice, Code, Flag, Name, OutModel, Ref, StrictModel
from app.services.records import BadRow, GoodRow, Row

MAX_ROWS = 5_000
MAX_EVENTS = 50


class RecordIn(StrictModel):
    """One record that a system holds; upserted by `record_ref`, which is unique for the subject."""

    record_ref: Ref
    kind: Code
    """Decides the retention rule; a kind that no rule knows stays `unresolved`."""
    events: Annotated[dict[Code, CalendarDate], Field(max_length=MAX_EVENTS)] = Field(default_factory=dict)
    """Dated facts that clocks start from; one later than today counts as not yet happened."""
    conditions: Annotated[Choice[tuple[Code, ...]], Field(max_length=MAX_EVENTS)] = ()
    """What keeps the record while it lasts."""
    system: Code
    """The system that holds it, and gets the tasks about it."""
    storage: Choice[Storage]
    categories: Annotated[Choice[tuple[Code, ...]], Field(max_length=50)] = ()
    provided_by_subject: Flag = False
    """Whether the subject gave the data: only then is it portable."""
    lawful_basis: Choice[Basis] | None = None
    purpose: Code | None = None
    source: Code | None = None
    insurer: Name | None = None


class SubjectRecordIn(RecordIn):
    """One record, with the subject that it is about."""

    subject_ref: Ref


_ROW = TypeAdapter(RecordIn)
_SUBJECT_ROW = TypeAdapter(SubjectRecordIn)
_REF = TypeAdapter(Ref)


@dataclass(frozen=True, slots=True)
class RowsOf:
    """Rows that are judged one by one after the body; the document shows the model that each is judged by."""

    model: type[RecordIn]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.list_schema(core_schema.any_schema(), max_length=MAX_ROWS)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(core_schema.list_schema(self.model.__pydantic_core_schema__, max_length=MAX_ROWS))


class RecordsIn(StrictModel):
    """Some records of one subject; those not named stay as they are."""

    records: Annotated[list[Any], RowsOf(RecordIn)]

    def rows(self, subject_ref: str) -> list[Row]:
        """Each row judged by itself."""
        return [_judge(_ROW, raw, subject_ref) for raw in self.records]


class SubjectRecordsIn(StrictModel):
    """Some records of many subjects."""

    records: Annotated[list[Any], RowsOf(SubjectRecordIn)]

    def rows(self) -> list[Row]:
        """Each row judged by itself."""
        return [_judge(_SUBJECT_ROW, raw, None) for raw in self.records]


def _judge(adapter: TypeAdapter[Any], raw: object, subject_ref: str | None) -> Row:
    try:
        row: RecordIn = adapter.validate_python(raw)
    except ValidationError as error:
        codes = {fault["type"] for fault in error.errors(include_url=False, include_input=False, include_context=False)}
        return BadRow(_ref(raw), "buddhist_era_year" if "buddhist_era_year" in codes else "invalid_row")
    owner = subject_ref if subject_ref is not None else getattr(row, "subject_ref", "")
    return GoodRow(
        subject_ref=owner,
        record_ref=row.record_ref,
        kind=row.kind,
        events=row.events,
        conditions=row.conditions,
        system=row.system,
        storage=row.storage,
        categories=row.categories,
        provided_by_subject=row.provided_by_subject,
        lawful_basis=row.lawful_basis,
        purpose=row.purpose,
        source=row.source,
        insurer=row.insurer,
    )


def _ref(raw: object) -> str | None:
    """The reference of a bad row, if that at least can be read."""
    if not isinstance(raw, Mapping):
        return None
    try:
        ref: str = _REF.validate_python(raw.get("record_ref"))
    except ValidationError:
        return None
    return ref


class RejectedRow(OutModel):
    """A row that was not taken, and why."""

    record_ref: str | None
    """Null where it could not be read."""
    code: str


class PushOut(OutModel):
    """What became of a push."""

    accepted: int
    rejected: list[RejectedRow]


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
    changed_at: datetime


class RecordPage(PageOut[RecordOut]):
    """A page of them."""
