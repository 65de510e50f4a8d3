"""Tasks on the wire."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema

from app.domain.errors import FieldError, InvalidInput
from app.models.rights_request import Task
from app.schemas.pages import PageOut
from app.schemas.types import Code, Duration, Instant, Line, Name, Note, OutModel, SafeText, StrictModel
from app.services.tasks import Proof

LONGEST_LEASE = 3600
GRACE = timedelta(days=1)
Lease = Annotated[str, SafeText(64)]


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


class CompletionIn(StrictModel):
    """Completion of a task under its lease."""

    lease: Lease
    result: dict[str, Any] | None = None
    proof: ProofIn | None = None
    """Required for `erase`, `anonymise` and `destroy_paper`."""


class FailureIn(StrictModel):
    """Why a task could not be done, and when to try again."""

    lease: Lease
    reason: Line
    retry_after: RetryAfter | None = None
    """A duration such as `PT10M`, or seconds; at most six hours, longer counts as six."""


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
