"""Tables as CSV (RFC 4180) that a spreadsheet opens without running anything that stands in them."""

import csv
import io
from collections.abc import Iterable, Sequence

from app.domain.spreadsheets import safe_cell

BYTE_ORDER_MARK = "\ufeff"
"""Without it the usual spreadsheet does not read Thai."""


def csv_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with its header. None is an empty cell; booleans are `true` and `false`."""
    made = io.StringIO()
    made.write(BYTE_ORDER_MARK)
    writer = csv.writer(made)
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return made.getvalue()


def cell(value: object) -> str:
    """A value as text; an apostrophe before what a spreadsheet might take for a formula, also behind quotes or blanks."""
    if value is None:
        return ""
    return safe_cell(str(value).lower() if isinstance(value, bool) else str(value))
