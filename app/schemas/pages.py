"""Pages of lists, on the wire."""

from typing import Generic, TypeVar

from pydantic import ConfigDict

from app.schemas.types import OutModel

T = TypeVar("T")


class PageOut(OutModel, Generic[T]):
    """Some items of a list. `next_cursor` leads to those that follow; null on the last page."""

    # No docstrings of attributes here: looking for those of PageOut[X] walks all modules, half a second at each start.
    model_config = ConfigDict(use_attribute_docstrings=False)

    items: list[T]
    next_cursor: str | None
