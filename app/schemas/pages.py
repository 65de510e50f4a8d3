"""Pages of lists, on the wire."""

from typing import Generic, TypeVar

from app.schemas.types import OutModel

T = TypeVar("T")


class PageOut(OutModel, Generic[T]):
    """Some items of a list. `next_cursor` leads to those that follow; null on the last page."""

    items: list[T]
    next_cursor: str | None
