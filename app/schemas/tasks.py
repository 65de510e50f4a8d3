"""Tasks on the wire."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.domain.errors import FieldError, InvalidInput
from app.schemas.pages import PageOut
from app.schemas.types import Code, Duration, Id, Instant, Line, Name, Note, OutModel, StrictModel
from app.services.tasks import Proof

LONGEST_LEASE = 3600
LONGEST_AGO = timedelta(days=366)
GRACE = timedelta(days=1)


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
        """As the service takes it; clocks may differ by a day. Raises `InvalidInput` for the future, and for long ago."""
        if not now - LONGEST_AGO <= self.performed_at <= now + GRACE:
            raise InvalidInput([FieldError("/proof/performed_at", "out_of_range")])
        return Proof(self.method, self.performed_at, self.reference, self.note)


class CompletionIn(StrictModel):
    """Completion of a task under its lease."""

    lease: Id
    result: dict[str, Any] | None = None
    proof: ProofIn | None = None
    """Required for `erase`, `anonymise` and `destroy_paper`."""


class FailureIn(StrictModel):
    """Why a task could not be done, and when to try again."""

    lease: Id
    reason: Line
    retry_after: Duration | None = None
    """At most six hours; longer counts as six."""


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


class Claimed(OutModel):
    """What was claimed."""

    items: list[ClaimedTask]


class TaskPage(PageOut[TaskOut]):
    """A page of them."""
