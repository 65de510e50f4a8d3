"""What was told because a day had come, so that nothing of it is told twice."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.models.columns import Instant, Texts


class RequestReminder(SQLModel, table=True):
    """One reminder of a request's deadline, by its mark: days after the date, negative before it. Append-only."""

    __tablename__ = "request_reminder"

    request_id: UUID = Field(primary_key=True, foreign_key="rights_request.id")
    deadline: str = Field(primary_key=True)
    mark: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    due_on: date
    addressees: list[str] = Texts()
    fired_at: datetime = Instant()


class DeletionCaseReminder(SQLModel, table=True):
    """One reminder of a deletion case's deadline, by its mark. Append-only."""

    __tablename__ = "deletion_case_reminder"

    case_id: UUID = Field(primary_key=True, foreign_key="deletion_case.id")
    mark: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    due_on: date
    fired_at: datetime = Instant()


class HolidayWarning(SQLModel, table=True):
    """That it was warned of a year whose list of holidays is missing. Append-only."""

    __tablename__ = "holiday_warning"

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    warned_at: datetime = Instant()
