"""Pages of lists that are held in memory."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from app.core.paging import Page, decode_cursor, encode_cursor
from app.core.work import Work
from app.domain.errors import BadCursor

T = TypeVar("T")


def page(
    work: Work, scope: str, rows: Iterable[T], key: Callable[[T], str], *, limit: int, cursor: str | None
) -> Page[T]:
    """The rows after `cursor`, in their own order. Raises `BadCursor`, also where the row that it names is gone."""
    remaining = list(rows)
    if cursor is not None:
        (last,) = decode_cursor(work.ring, scope, cursor)
        keys = [key(row) for row in remaining]
        if last not in keys:
            raise BadCursor
        remaining = remaining[keys.index(last) + 1 :]
    items = remaining[:limit]
    more = len(remaining) > limit
    return Page(items, encode_cursor(work.ring, scope, [key(items[-1])]) if more else None)
