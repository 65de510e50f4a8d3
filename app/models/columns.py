"""Column types that the tables share."""

from typing import Any

from sqlalchemy import ARRAY, DateTime, LargeBinary, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

UUIDS: Any = ARRAY(Uuid)
"""A list of identifiers."""


def Instant(**options: Any) -> Any:  # noqa: N802  (reads as a type where columns are declared; Field returns Any)
    """An instant with time zone, stored in UTC."""
    return Field(sa_type=DateTime(timezone=True), **options)


def Texts(**options: Any) -> Any:  # noqa: N802  (as above)
    """A list of codes or references."""
    return Field(sa_type=ARRAY(String), **options)


def Document(**options: Any) -> Any:  # noqa: N802  (as above)
    """A JSON document of references, codes and dates; never personal data."""
    return Field(sa_type=JSONB, **options)


def Sealed(**options: Any) -> Any:  # noqa: N802  (as above)
    """Personal data, sealed under a key of the subject and bound to its place."""
    return Field(sa_type=LargeBinary, **options)
