"""What the process itself keeps: its mode, the policies that were in force, idempotent answers, the sandbox's clock."""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Interval
from sqlmodel import Field, SQLModel

from app.models.columns import Document, Instant, Sealed


class Deployment(SQLModel, table=True):
    """The one row that says what this database is for; the other mode refuses to start on it."""

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(default=1, primary_key=True)
    mode: str
    created_at: datetime = Instant()


class PolicyVersion(SQLModel, table=True):
    """A policy that was in force, whole, so that what was decided under it can be recomputed."""

    __tablename__ = "policy_version"

    sha256: str = Field(primary_key=True)
    name: str
    version: str
    canonical: str
    first_used_at: datetime = Instant()


class KeptAnswer(SQLModel, table=True):
    """The answer to a call with an Idempotency-Key, sealed; kept for 24 hours of the real clock."""

    __tablename__ = "kept_answer"

    caller: str = Field(primary_key=True)
    route: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: bytes = Sealed()
    status: int
    headers: list[list[str]] = Document()
    master_key: str
    body: bytes = Sealed()
    kept_at: datetime = Instant(index=True)
    replayed_at: datetime | None = Instant(default=None)


class Sandbox(SQLModel, table=True):
    """The sandbox's one row: how far its clock is from the real one, and the key that its tokens are signed with.

    `catching_up_to`: the offset that the clock is being moved to, while what falls due on the way comes about.
    """

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(default=1, primary_key=True)
    clock_offset: timedelta = Field(default=timedelta(0), sa_type=Interval)
    catching_up_to: timedelta | None = Field(default=None, sa_type=Interval)
    signing_key: str


class WorkerPulse(SQLModel, table=True):
    """The one row that says when some worker last looked for something to do, by the real clock, give or take a while."""

    __tablename__ = "worker_pulse"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(default=1, primary_key=True)
    at: datetime = Instant()
