"""`limit` and `cursor` of a list (API 1)."""

import re
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator, Field

from app.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from app.schemas.types import fault

MAX_CURSOR = 500


def _digits(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch("-?[0-9]{1,20}", value):
        raise fault("wrong_type", "Must be a whole number")
    return value


Limit = Annotated[
    int,
    Field(ge=1, le=MAX_LIMIT),
    BeforeValidator(_digits),
    Query(description=f"How many items at most; {DEFAULT_LIMIT} where left out"),
]
"""`limit: Limit = DEFAULT_LIMIT` in an endpoint's signature."""
Cursor = Annotated[str | None, Query(max_length=MAX_CURSOR, description="`next_cursor` of the page before")]
"""`cursor: Cursor = None` in an endpoint's signature. A service answers `bad_cursor` to one that is not its own."""
