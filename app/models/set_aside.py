"""What failed when it fell due, and is left alone for a while."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from app.models.columns import Instant


class SetAside(SQLModel, table=True):
    """One thing that failed, by its kind and its key. By the database's clock; `reason`: the error's code or type, never its text.

    `kind`: what falls due by itself, by its name; what is claimed under a lease, by its table. `since`: its first failure.
    """

    __tablename__ = "set_aside"

    kind: str = Field(primary_key=True)
    object_id: str = Field(primary_key=True)
    since: datetime = Instant()
    failures: int
    until: datetime = Instant()
    reason: str
