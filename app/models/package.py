"""What the systems deliver in parts, the packages that are made of it, and the links that hand these out."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlmodel import Field, SQLModel

from app.models.columns import Document, Instant, Sealed, Texts
from app.models.errand import Errand


class TaskPart(SQLModel, table=True):
    """A part of what a task collects, sealed in `chunks` chunks under the subject's profile key.

    `fence`: of the claim under which it was put.
    """

    __tablename__ = "task_part"
    __table_args__ = (UniqueConstraint("task_id", "name", name="uq_task_part_name"),)

    id: UUID = Field(primary_key=True)
    task_id: UUID = Field(foreign_key="task.id")
    name: str
    size: int
    sha256: str
    record_refs: list[str] = Texts()
    chunks: int
    fence: int
    put_at: datetime = Instant()


class TaskPartChunk(SQLModel, table=True):
    """One chunk of a part."""

    __tablename__ = "task_part_chunk"

    part_id: UUID = Field(
        sa_type=Uuid, sa_column_args=[ForeignKey("task_part.id", ondelete="CASCADE")], primary_key=True
    )
    position: int = Field(primary_key=True)
    box: bytes = Sealed()


class DataPackage(Errand, table=True):
    """The package of a request for access or portability: built by a worker, kept for its days, then removed.

    `fence`: once it is ready, that of the claim that built it. `failure`: the code of what went wrong last.
    """

    __tablename__ = "data_package"
    __table_args__ = (
        CheckConstraint("state IN ('building', 'ready', 'removed')", name="state"),
        Index("ix_data_package_building", "not_before", postgresql_where=text("state = 'building'")),
        Index("ix_data_package_ready", "remove_on", "id", postgresql_where=text("state = 'ready'")),
        Index("ix_data_package_subject_ref", "subject_ref"),
    )

    id: UUID = Field(primary_key=True)
    request_id: UUID = Field(foreign_key="rights_request.id", unique=True)
    subject_ref: str = Field(foreign_key="subject.subject_ref")
    state: str = "building"
    failure: str | None = None
    size: int | None = Field(default=None, sa_type=BigInteger)
    chunks: int | None = None
    members: list[dict[str, Any]] = Document()
    created_at: datetime = Instant()
    ready_at: datetime | None = Instant(default=None)
    remove_on: date | None = None
    removed_at: datetime | None = Instant(default=None)


class PackageChunk(SQLModel, table=True):
    """One chunk of a package; `fence`: of the claim that made it."""

    __tablename__ = "package_chunk"

    package_id: UUID = Field(primary_key=True, foreign_key="data_package.id")
    fence: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    box: bytes = Sealed()


class PackageLink(SQLModel, table=True):
    """A link that hands a package out once, to who made it; of its token only the hash is kept."""

    __tablename__ = "package_link"

    id: UUID = Field(primary_key=True)
    package_id: UUID = Field(foreign_key="data_package.id", index=True)
    token_hash: bytes = Sealed(unique=True)
    made_by: str
    maker_ref: str | None = None
    made_at: datetime = Instant()
    expires_at: datetime = Instant()
    used_at: datetime | None = Instant(default=None)
