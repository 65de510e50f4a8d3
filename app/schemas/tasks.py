"""Tasks on the wire."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Strict, Tag, WithJsonSchema

from app.domain.errors import FieldError, InvalidInput
from app.models.rights_request import Task
from app.schemas.pages import PageOut
from app.schemas.types import (
    Choice,
    Code,
    Duration,
    Instant,
    Line,
    Name,
    Note,
    OutModel,
    Ref,
    SafeText,
    StrictModel,
    fault,
)
from app.services.collection import Collected, Delivered, InParts
from app.services.tasks import Proof

LONGEST_LEASE = 3600
GRACE = timedelta(days=1)
MOST_RECORDS = 5000
Lease = Annotated[str, SafeText(64)]
PartName = Annotated[str, Strict(), Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]


def _from_seconds(value: object) -> object:
    return f"PT{value}S" if type(value) is int and 0 <= value < 100_000 else value


RetryAfter = Annotated[
    Duration,
    BeforeValidator(_from_seconds),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "string",
                    "pattern": "^P(?:[0-9]{1,5}D)?(?:T[0-9HMS]{1,18})?$",
                    "minLength": 3,
                    "maxLength": 26,
                },
                {"type": "integer", "format": "int32", "minimum": 0, "maximum": 99_999},
            ]
        }
    ),
]


class ClaimIn(StrictModel):
    """How many tasks of which system, for how long."""

    system: Code
    max: Annotated[int, Field(ge=1, le=100)] = 10
    lease_seconds: Annotated[int, Field(ge=1, le=LONGEST_LEASE)] = 300

    @property
    def lease(self) -> timedelta:
        """The length of the lease."""
        return timedelta(seconds=self.lease_seconds)


class ProofIn(StrictModel):
    """How, when and under which reference it was done."""

    method: Name
    performed_at: Instant
    """Not in the future, and at most a year ago."""
    reference: Name
    note: Note | None = None

    def proof(self, now: datetime) -> Proof:
        """As the service takes it; clocks may differ by a day. Raises `InvalidInput` for what has not happened yet.

        `now`: the later of the sandbox's instant and the real one, for a system there lives by the real clock.
        """
        if self.performed_at > now + GRACE:
            raise InvalidInput([FieldError("/proof/performed_at", "out_of_range")])
        return Proof(self.method, self.performed_at, self.reference, self.note)


def _check_text(value: Any) -> Any:
    """A value as JSON has it, whose text can be written down."""
    if isinstance(value, str) and ("\x00" in value or any("\ud800" <= char <= "\udfff" for char in value)):
        raise fault("unsafe_text", "Text holds characters that are not taken")
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        _check_text(one)
    return value


class CollectedIn(StrictModel):
    """A record as its system holds it."""

    record_ref: Ref
    """One of the task's."""
    fields: Annotated[
        dict[Annotated[str, SafeText(200)], Annotated[Any, AfterValidator(_check_text)]], Field(max_length=1000)
    ]
    """Its content, by field: any JSON."""


class CollectedRecordsIn(StrictModel):
    """What a task to collect asked for."""

    records: Annotated[Choice[tuple[CollectedIn, ...]], Field(max_length=MOST_RECORDS)]


class CollectedPartsIn(StrictModel):
    """The same, put before in parts, by their names."""

    parts: Annotated[Choice[tuple[PartName, ...]], Field(min_length=1, max_length=1000)]


def _form(result: object) -> str:
    return "<parts>" if isinstance(result, dict) and "parts" in result else "<records>"


ResultIn = Annotated[
    Annotated[CollectedRecordsIn, Tag("<records>")] | Annotated[CollectedPartsIn, Tag("<parts>")], Discriminator(_form)
]
"""The result itself, or the names of its parts."""


class CompletionIn(StrictModel):
    """Completion of a task under its lease."""

    lease: Lease
    result: ResultIn | None = None
    """Required for `collect`, and for no other task: the records, or the names of the parts that hold them."""
    proof: ProofIn | None = None
    """Required for `erase`, `anonymise` and `destroy_paper`."""

    @property
    def delivered(self) -> Delivered | None:
        """The result as the service takes it."""
        if isinstance(self.result, CollectedPartsIn):
            return InParts(self.result.parts)
        return None if self.result is None else [Collected(one.record_ref, one.fields) for one in self.result.records]


class FailureIn(StrictModel):
    """Why a task could not be done, and when to try again."""

    lease: Lease
    reason: Line
    retry_after: RetryAfter | None = None
    """A duration such as `PT10M`, or seconds; at most six hours, longer counts as six."""


class PartOut(OutModel):
    """A part as it was kept."""

    name: str
    size: int
    sha256: str


class TaskOut(OutModel):
    """Work for a system that holds data."""

    id: UUID
    kind: str
    system: str
    status: str
    subject_ref: str
    request_id: UUID | None
    record_refs: list[str]
    payload: dict[str, Any]
    attempts: int
    not_before: datetime
    lease_until: datetime | None
    completed_at: datetime | None
    escalated_at: datetime | None
    """When it was found to fail too often, or to be late."""


class ClaimedTask(TaskOut):
    """A task that is the claimer's until `lease_until`."""

    lease: UUID

    @classmethod
    def of(cls, task: Task, payload: dict[str, Any]) -> Self:
        """A task with all that its claimer needs to know."""
        return cls.model_validate({**task.model_dump(), "payload": payload})


class Claimed(OutModel):
    """What was claimed."""

    items: list[ClaimedTask]


class TaskPage(PageOut[TaskOut]):
    """A page of them."""
